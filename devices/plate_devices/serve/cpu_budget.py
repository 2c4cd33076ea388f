"""How much of the processor the page may take: little, and less where the loop has to wait for it."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

SHARE = 0.06
"""Of the time of one core that the loop could have, at most."""

_LEAST_FREE = 0.02
_LONGEST_REST = 5.0


class CpuBudget:
    """Adds up what threads of the page have used, and says how long to rest for it."""

    def __init__(self, loop: Callable[[], int | None], waited: Callable[[int], float | None] | None = None) -> None:
        """Take what gives the loop's thread, as the kernel numbers it, or None.

        `waited` says of a thread how long it has waited for a processor so far, in seconds.
        """
        self._loop, self._waited = loop, waited or waited_for_processor
        self._lock = threading.Lock()
        self._used = 0.0
        self._known: tuple[float, float] | None = None

    def charge(self, seconds: float) -> None:
        """Note CPU seconds that were used for the page."""
        with self._lock:
            self._used += seconds

    def rest(self) -> float:
        """Return for how many seconds to use no more, for all that was noted since the last call."""
        with self._lock:
            used, self._used = self._used, 0.0
        return min(_LONGEST_REST, used / (SHARE * self._free()))

    def _free(self) -> float:
        """The share of time since the last call in which the loop did not wait for a processor, 0.02 to 1.

        Where other programs leave the loop a tenth of a core, the page takes six hundredths of that tenth.
        """
        loop = self._loop()
        now, waited = time.monotonic(), None if loop is None else self._waited(loop)
        before, self._known = self._known, None if waited is None else (now, waited)
        if before is None or waited is None or now <= before[0]:
            return 1.0
        return max(_LEAST_FREE, 1.0 - (waited - before[1]) / (now - before[0]))


def waited_for_processor(thread: int) -> float | None:
    """Seconds that a thread has been ready to run and not running, as Linux counts them; None where it does not."""
    try:
        return int(Path(f"/proc/self/task/{thread}/schedstat").read_text("ascii").split()[1]) / 1e9
    except (OSError, ValueError, IndexError):
        return None
