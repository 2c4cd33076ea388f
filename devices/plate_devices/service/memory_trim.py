"""Free memory back to the system, now and then: the C library keeps it in the gaps between what stays."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

TRIM_EVERY = 60.0
"""Seconds between two times. Done for each frame, the next one would be made of fresh pages again."""


class Trimming:
    """Gives back what the C library holds and nobody uses. Half a millisecond, and nothing where it is not GNU's."""

    def __init__(self, trim: Callable[[], object] | None = None) -> None:
        """Take what gives memory back, by default `malloc_trim`."""
        self._trim = trim or malloc_trim
        self._next = float("-inf")

    def look(self, now: float | None = None) -> None:
        """Do it where it is time; `now` is in seconds."""
        now = time.monotonic() if now is None else now
        if now >= self._next:
            self._next = now + TRIM_EVERY
            self._trim()


def malloc_trim() -> bool:
    """Call malloc_trim(3): whole pages that are free, at the end of the heap and within. Returns whether any were."""
    import ctypes

    try:
        trim = ctypes.CDLL(None).malloc_trim
    except (AttributeError, OSError, TypeError):  # musl, macOS, Windows
        return False
    return bool(trim(ctypes.c_size_t(0)))
