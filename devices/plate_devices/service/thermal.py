"""Thermal throttling: fewer frames per second while the processor is too hot."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

    from plate_devices.config.sections import HeatSettings

COOLER = 5.0
"""Degrees below the limit at which the frame rate rises again."""

_SLOW_DOWN, _SPEED_UP = 0.7, 1.25


class Thermometer(Protocol):
    """Measures the temperature of the processor."""

    @property
    def temperature(self) -> float | None:
        """Degrees Celsius, None if unknown."""
        ...


class ThermalThrottle:
    """Measures the temperature regularly, and limits the frames per second.

    Attributes:
        frames: the limit, None without a limit.
        temperature: the last measurement, None if unknown.
    """

    def __init__(self, settings: HeatSettings, board: Thermometer, report: Callable[[str, str], None]) -> None:
        """Use a thermometer; `report` is called with an event's name and a sentence."""
        self.frames: float | None = None
        self.temperature: float | None = None
        self._settings, self._board, self._report = settings, board, report
        self._usual = 0.0
        self._next = float("-inf")

    def limit(self, rate: float, now: float | None = None) -> float | None:
        """Return the limit in frames per second, or None; `rate` is the current rate, `now` in seconds."""
        now = time.monotonic() if now is None else now
        if now >= self._next:
            self._next = now + self._settings.every
            self.temperature = self._board.temperature
            if self.temperature is not None and self._settings.limit:
                self._adjust(self.temperature, rate)
        return self.frames

    def _adjust(self, degrees: float, rate: float) -> None:
        limit = self._settings.limit
        if degrees > limit:
            if self.frames is None:
                self._usual = max(rate, self._settings.slowest)
                self.frames = self._usual
                cool = f"until it is below {limit - COOLER:.0f}"
                self._report("hot", f"the processor is at {degrees:.0f} °C; fewer frames are read {cool}")
            self.frames = max(self._settings.slowest, self.frames * _SLOW_DOWN)
        elif degrees < limit - COOLER and self.frames is not None:
            self.frames *= _SPEED_UP
            if self.frames >= self._usual:
                self.frames = None
                self._report("cool", f"the processor is at {degrees:.0f} °C; all frames are read again")
