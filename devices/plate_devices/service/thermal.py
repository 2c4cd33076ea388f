"""Fewer frames a second while the processor is too hot: slower is better than switched off."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

    from plate_devices.config.sections import HeatSettings

COOLER = 5.0
"""Degrees below the limit at which more frames are tried again."""

_LESS, _MORE = 0.7, 1.25


class Thermometer(Protocol):
    """What tells how hot it is."""

    @property
    def temperature(self) -> float | None:
        """Degrees Celsius, None where nobody knows."""
        ...


class Heat:
    """Looks at the thermometer now and then, and says how many frames a second may be read.

    Attributes:
        frames: the limit; None while there is none. temperature: what was last measured.
    """

    def __init__(self, settings: HeatSettings, board: Thermometer, tell: Callable[[str, str], None]) -> None:
        """Take the limits, the thermometer, and who is told, with an event's name and a sentence."""
        self.frames: float | None = None
        self.temperature: float | None = None
        self._settings, self._board, self._tell = settings, board, tell
        self._usual = 0.0
        self._next = float("-inf")

    def look(self, rate: float, now: float | None = None) -> float | None:
        """Return the limit in frames a second, or None; `rate` is how many are read now, `now` in seconds."""
        now = time.monotonic() if now is None else now
        if now >= self._next:
            self._next = now + self._settings.every
            self.temperature = self._board.temperature
            if self.temperature is not None and self._settings.limit:
                self._weigh(self.temperature, rate)
        return self.frames

    def _weigh(self, degrees: float, rate: float) -> None:
        limit = self._settings.limit
        if degrees > limit:
            if self.frames is None:
                self._usual = max(rate, self._settings.slowest)
                self.frames = self._usual
                cool = f"until it is below {limit - COOLER:.0f}"
                self._tell("hot", f"the processor has {degrees:.0f} °C; fewer frames are read {cool}")
            self.frames = max(self._settings.slowest, self.frames * _LESS)
        elif degrees < limit - COOLER and self.frames is not None:
            self.frames *= _MORE
            if self.frames >= self._usual:
                self.frames = None
                self._tell("cool", f"the processor has {degrees:.0f} °C; all frames are read again")
