"""An output for tests: it keeps events in memory, and fails as often as it is set to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

from plate_devices.outputs.output import Event, Output, OutputError
from plate_devices.outputs.output_settings import OutputSettings

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, kw_only=True)
class FakeSettings(OutputSettings):
    """type = "fake": keeps events in memory, for trials.

    Attributes:
        failures: how many calls fail first; -1 for all.
    """

    type: Literal["fake"] = "fake"
    failures: int = 0


class FakeOutput(Output):
    """Keeps events in `events`.

    Attributes:
        failures: how many calls fail from now on, -1 for all.
        takes: at most so many events are acknowledged in one call.
    """

    Settings: ClassVar[type[OutputSettings]] = FakeSettings

    def __init__(self, settings: FakeSettings | None = None, name: str = "fake") -> None:
        """Begin without events."""
        self.name = name
        self.failures = settings.failures if settings else 0
        self.takes = 1 << 30
        self.events: list[Event] = []
        self.is_open = False

    def open(self) -> None:
        self._fail()
        self.is_open = True

    def send(self, events: Sequence[Event]) -> int:
        self._fail()
        self.events += events[: self.takes]
        return min(len(events), self.takes)

    def check(self) -> None:
        self._fail()

    def close(self) -> None:
        self.is_open = False

    def _fail(self) -> None:
        if self.failures:
            self.failures -= 1
            raise OutputError("it was set to fail")
