"""An action for trials and tests: it only counts."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

from plate_devices.actions.action import Action, ActionError
from plate_devices.actions.action_settings import ActionSettings

if TYPE_CHECKING:
    from plate_devices.actions.action import Occasion


@dataclass(frozen=True, kw_only=True)
class FakeSettings(ActionSettings):
    """type = "fake": nothing is done, for trials.

    Attributes:
        failures: how many calls fail first; -1 for all.
        seconds: how long a call lasts.
    """

    type: Literal["fake"] = "fake"
    failures: int = 0
    seconds: float = 0.0


class FakeAction(Action):
    """Keeps its occasions in `fired`."""

    Settings: ClassVar[type[ActionSettings]] = FakeSettings

    def __init__(self, settings: FakeSettings) -> None:
        """Begin without occasions."""
        self._failures, self._seconds = settings.failures, settings.seconds
        self._stopped = threading.Event()
        self.fired: list[Occasion] = []
        self.is_open = False

    @property
    def simulated(self) -> bool:
        return True

    def open(self) -> None:
        self.is_open = True

    def fire(self, occasion: Occasion) -> str:
        self.fired.append(occasion)
        self._stopped.wait(self._seconds)
        if self._failures:
            self._failures -= 1
            raise ActionError("it was set to fail")
        return ""

    def interrupt(self) -> None:
        self._stopped.set()

    def close(self) -> None:
        self.is_open = False
