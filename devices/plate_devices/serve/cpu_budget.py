"""CPU budgets of the page: a small fraction, and less while the loop has to wait for the processor."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

FRACTION = 0.06
"""Most CPU time of the page without explanations, as a fraction of what is available to the loop."""

_LEAST_AVAILABLE = 0.02
_LONGEST_PAUSE = 5.0


class CpuBudget:
    """Adds up the CPU time of the page's threads, and computes the pause for it."""

    def __init__(self, loop: Callable[[], int | None], fraction: float = FRACTION) -> None:
        """Take a function that returns the native id of the loop's thread, or None, and the most CPU time."""
        self._loop, self._fraction = loop, fraction
        self._lock = threading.Lock()
        self._used = 0.0
        self._known: tuple[float, float] | None = None

    def charge(self, seconds: float) -> None:
        """Add CPU seconds that were used for the page."""
        with self._lock:
            self._used += seconds

    def pause(self) -> float:
        """Return the seconds to pause for the CPU time that was added since the last call."""
        with self._lock:
            used, self._used = self._used, 0.0
        return min(_LONGEST_PAUSE, used / (self._fraction * self._available()))

    def _available(self) -> float:
        """Return the fraction of time since the last call in which the loop did not wait for a processor, 0.02 to 1."""
        loop = self._loop()
        now, waited = time.monotonic(), None if loop is None else waited_for_processor(loop)
        before, self._known = self._known, None if waited is None else (now, waited)
        if before is None or waited is None or now <= before[0]:
            return 1.0
        return max(_LEAST_AVAILABLE, 1.0 - (waited - before[1]) / (now - before[0]))


def waited_for_processor(thread: int) -> float | None:
    """Return the seconds that a thread was runnable but not running, by Linux; None on other systems."""
    try:
        return int(Path(f"/proc/self/task/{thread}/schedstat").read_text("ascii").split()[1]) / 1e9
    except (OSError, ValueError, IndexError):
        return None
