"""Progress of long commands where standard error is no terminal: a line at intervals instead of a bar."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import TextIO

_FIRST, _EVERY = 2.0, 10.0
_FRACTION = 0.05


class Pace:
    """When the next line is due: first after two seconds, then every ten, in long runs after 5 % of the time passed.

    That makes about 130 lines in twelve hours.
    """

    def __init__(self) -> None:
        self._started = time.monotonic()
        self._next = _FIRST

    @property
    def elapsed(self) -> float:
        """Seconds since the start."""
        return time.monotonic() - self._started

    def due(self) -> bool:
        """Return whether a line is due; if so, the next one is not for a while."""
        elapsed = self.elapsed
        if elapsed < self._next:
            return False
        self._next = elapsed + max(_EVERY, _FRACTION * elapsed)
        return True


class ProgressLines:
    """Prints "TITLE: 12 of 36 steps, 20 s left" at a `Pace`; with `rate` also how many were done in a second.

    Attributes:
        total: of the steps, 0 while unknown.
    """

    def __init__(
        self,
        title: str,
        total: int,
        unit: str = "step",
        done: int = 0,
        stream: TextIO | None = None,
        *,
        rate: bool = False,
    ) -> None:
        self.total = total
        self._title, self._unit, self._done, self._first = title, unit, done, done
        self._stream = stream or sys.stderr
        self._pace = Pace()
        self._rate = rate

    def update(self, count: int = 1) -> None:
        """Count steps as done, and print a line if one is due."""
        self._done += count
        if self._pace.due():
            of = f" of {self.total}" if self.total else ""
            unit = self._unit if (self.total or self._done) == 1 else f"{self._unit}s"
            print(
                f"{self._title}: {self._done}{of} {unit}{self._speed()}{self._left()}",
                file=self._stream,
                flush=True,
            )

    def _speed(self) -> str:
        new = self._done - self._first
        if not self._rate or new <= 0:
            return ""
        rate = new / self._pace.elapsed
        return f", {rate:,.0f} a second" if rate >= 10 else f", {rate:.2g} a second"

    def _left(self) -> str:
        new = self._done - self._first
        if not self.total or new <= 0:
            return ""
        return f", {duration(self._pace.elapsed / new * (self.total - self._done))} left"


def duration(seconds: float) -> str:
    """Return a span of time in words: "20 s", "3 min" or "2 h 10 min"."""
    if seconds < 100:
        return f"{max(0, round(seconds))} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 100 else f"{minutes // 60} h {minutes % 60} min"
