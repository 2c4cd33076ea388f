"""Limits how many frames a second a live source decodes. Frames that are not read need no decoding."""

from __future__ import annotations

import time


class FrameRateLimit:
    """A limit in frames a second. It lasts when a source is opened again."""

    def __init__(self, fps: float | None = None) -> None:
        """Take frames a second, None for no limit."""
        self._shortest = self._interval = 1.0 / fps if fps else 0.0
        self._due = 0.0

    @property
    def is_limited(self) -> bool:
        """Whether there is a limit."""
        return self._interval > 0

    def slow_to(self, fps: float | None) -> None:
        """Allow at most `fps` frames a second from now on, and never more than at first; None restores that limit."""
        self._interval = max(self._shortest, 1.0 / fps if fps else 0.0)
        self._due = min(self._due, time.monotonic() + self._interval)

    def due_in(self) -> float:
        """Return the seconds until a frame is due, 0 for now."""
        return max(0.0, self._due - time.monotonic())

    def is_due(self) -> bool:
        """Return whether the current frame is to be decoded; called once for each frame."""
        now = time.monotonic()
        if now < self._due:
            return False
        # Counting from the due time keeps the rate. After a pause it counts from now, so that no burst follows.
        self._due = (self._due if now - self._due < self._interval else now) + self._interval
        return True

    def wait(self) -> None:
        """Sleep until the next frame is due, for sources that are asked for each frame."""
        while not self.is_due():
            time.sleep(self.due_in())
