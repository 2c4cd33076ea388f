"""The protocol of an action, and the vehicle that it is done for."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, NamedTuple, Protocol

from plate_runtime.errors import DeviceError

if TYPE_CHECKING:
    from plate_devices.actions.action_settings import ActionSettings
    from plate_devices.events.records import Record


class ActionError(DeviceError):
    """An action failed, or is not available. It is reported and never repeated."""


class ListMatch(NamedTuple):
    """A watch list with the vehicle, and how it matches: "exact", "pattern" or "fuzzy"."""

    name: str
    kind: str


class Occasion(NamedTuple):
    """A vehicle in view that enough frames agree on.

    Attributes:
        vehicle_id: the id of its later record.
        record: of type `seen`, as privacy allows it to leave the device.
        camera: "" for the only camera, if the settings do not name it.
        matches: of the watch lists.
        frames: that read exactly this text.
        confidence: probability, 0..1, that the text is right.
        direction: as in records, None if it is not clear.
        began: seconds from the first frame of the camera to the first one with this vehicle.
        continues: it belongs to a passing that is known under another id.
    """

    vehicle_id: str
    record: Record
    camera: str
    matches: tuple[ListMatch, ...]
    frames: int
    confidence: float
    direction: str | None
    began: float
    continues: bool = False

    @property
    def text(self) -> str:
        """The text, "" if privacy hides it."""
        return str(self.record["plates"][0]["text"])


def occasion_of(
    record: Record, concealed: Record, vehicle_id: str, began: float = 0.0, continues: bool = False
) -> Occasion:
    """Return a vehicle for the actions, given its record and what privacy leaves of it."""
    matches = tuple(ListMatch(one["name"], one["match"]) for one in record.get("watchlists", ()))
    return Occasion(
        vehicle_id, concealed, record.get("camera", ""), matches, record["frames"], record["plates"][0]["confidence"],
        record["direction"], began, continues,
    )  # fmt: skip


class Action(Protocol):
    """What is done. One thread uses it; `active` and `simulated` are read by others.

    Actions inherit from it: `check`, `active` and `simulated` have defaults.
    """

    Settings: ClassVar[type[ActionSettings]]
    """The class of its section of the settings file; an action is made with such settings."""

    LATEST: ClassVar[float] = 5.0
    """Seconds after the decision until which it may begin. A gate that opens later opens for another vehicle."""

    @property
    def simulated(self) -> bool:
        """Whether it only pretends."""
        return False

    @property
    def active(self) -> bool | None:
        """Whether its pin is active now; None for actions without a pin."""
        return None

    def open(self) -> None:
        """Prepare, such as connect or set a pin inactive. Raises ActionError; it is tried again later."""
        ...

    def fire(self, occasion: Occasion) -> str:
        """Do it once, within a minute; return a few words about the result, "" for none.

        Raises:
            ActionError: it failed.
        """
        ...

    def interrupt(self) -> None:
        """End `fire` soon, from another thread; it will not be called any more."""

    def check(self) -> None:
        """Raise ActionError if it could not be done now. Nothing is done. Another process may be using it."""

    def close(self) -> None:
        """Release everything; a pin becomes inactive. May be called twice, and before `open`."""
        ...


class ActionState(NamedTuple):
    """The state of an action.

    Attributes:
        name, type: of its settings.
        simulated, dry_run: nothing real is done.
        active: whether its pin is active now; None for actions without a pin.
        done, failed, refused: counts since the start; refused are vehicles that met the conditions, when the action was
            busy for too long.
        last_error: why it failed the last time, "" if it did not.
        last: what it did last, "" for nothing.
    """

    name: str
    type: str
    simulated: bool
    dry_run: bool
    active: bool | None
    done: int
    failed: int
    refused: int
    last_error: str
    last: str
