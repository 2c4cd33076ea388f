"""Return free memory to the system: the C library keeps it between blocks in use."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

TRIM_EVERY = 60.0
"""Seconds between two calls. A call for each frame would make the next frame allocate new pages."""


_ARENA_MAX = -8
"""The option M_ARENA_MAX of mallopt(3)."""


class MemoryTrimmer:
    """Returns unused memory of the C library to the system: half a millisecond with glibc, without effect elsewhere."""

    def __init__(self, trim: Callable[[], object] | None = None) -> None:
        """Call `trim`, by default `malloc_trim`."""
        self._trim = trim or malloc_trim
        self._next = float("-inf")

    def trim_if_due(self, now: float | None = None) -> None:
        """Trim once every `TRIM_EVERY` seconds; `now` is in seconds."""
        now = time.monotonic() if now is None else now
        if now >= self._next:
            self._next = now + TRIM_EVERY
            self._trim()


def share_heaps() -> bool:
    """Let threads share two heaps of the C library; return whether that is possible.

    By default each thread has one, which keeps its largest size: with eight cameras of 1280x720 30 MB more.
    """
    import ctypes

    try:
        set_option = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):  # musl, macOS, Windows
        return False
    return bool(set_option(_ARENA_MAX, 2))


def malloc_trim() -> bool:
    """Call malloc_trim(3), which returns free pages of the heap; return whether there were any."""
    import ctypes

    try:
        trim = ctypes.CDLL(None).malloc_trim
    except (AttributeError, OSError, TypeError):  # musl, macOS, Windows
        return False
    return bool(trim(ctypes.c_size_t(0)))
