"""The protocol of an output: a destination of events that acknowledges what it has stored."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, Protocol

from plate_runtime.errors import DeviceError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from pathlib import Path

    from plate_devices.outputs.output_settings import OutputSettings

Event = dict[str, Any]
"""A record that leaves the device, as in `events/records.py`. Its `id` identifies it everywhere."""


Report = Callable[[str, str], None]
"""Called from any thread with a name for programs, such as "output_lost", and one sentence for the operator."""


def event_time(event: Event) -> str | None:
    """Return the time of an event in UTC, or None."""
    moment = event.get("last_time") or event.get("time")
    return None if moment is None else str(moment)


class OutputError(DeviceError):
    """An output is not available; its events wait.

    Attributes:
        wait: seconds that the output asks for before the next try.
    """

    def __init__(self, message: str, wait: float = 0.0) -> None:
        super().__init__(message)
        self.wait = wait


class EventRefusedError(OutputError):
    """An output is available and will never accept one event.

    Attributes:
        acknowledged: how many events before the refused one it has.
    """

    def __init__(self, message: str, acknowledged: int) -> None:
        super().__init__(message)
        self.acknowledged = acknowledged


class Output(Protocol):
    """A destination of events, used by one thread. Every call ends within a minute, whatever the other side does.

    Outputs inherit from it: `notices` and `delete_before` have defaults.
    """

    Settings: ClassVar[type[OutputSettings]]
    """The class of its section of the settings file; an output is made with such settings and its name."""

    name: str
    """Name in the settings and in messages. Events wait under this name, also after a restart. It holds no secret."""

    cameras: Sequence[str] = ()
    """Names of the cameras whose events it gets; set by another thread while it is open. Empty for an unnamed one."""

    lists: Sequence[str] = ()
    """Names of the watch lists; set like `cameras`."""

    pictures: Path | None = None
    """Folder of the pictures that events name; set like `cameras`. None if there are none."""

    lost: Collection[str] = frozenset()
    """Names of the cameras that send no pictures now; set by another thread while it is open."""

    def open(self) -> None:
        """Connect, or create the file. Raises OutputError if that is not possible now."""
        ...

    def send(self, events: Sequence[Event]) -> int:
        """Send events and return how many of them, from the first, are stored for good.

        Without events, check whether the output is still available. After a failure an event may be sent again, with
        the same `id`.

        Raises:
            OutputError: it is not available; it will be closed and opened again.
            EventRefusedError: it will never accept an event.
        """
        ...

    def check(self) -> None:
        """Raise OutputError if it could not accept events now. Another process may be using it."""
        ...

    def close(self) -> None:
        """Disconnect, or close the file, also after an error. May be called twice."""
        ...

    def notices(self) -> Sequence[str]:
        """Return new sentences for the operator other than failures, such as a conflict with another device."""
        return ()

    def delete_before(self, before: datetime, note: Callable[[str], None]) -> int:  # noqa: ARG002
        """Delete stored events that are older, from any thread; return how many.

        Args:
            before: in UTC.
            note: is called with a sentence about damaged events.

        Raises:
            OutputError: some could not be deleted.
        """
        return 0


class OutputState(NamedTuple):
    """The state of an output.

    Attributes:
        name: of the output.
        waiting: events that it lacks.
        delivered, dropped: how many it has, and how many it will never have because the queue was full or it refused
            them; since the queue was created.
        last_error: why it is not available, "" while it works.
        since: seconds since it became unavailable, or since it works.
    """

    name: str
    waiting: int
    delivered: int
    dropped: int
    last_error: str
    since: float
