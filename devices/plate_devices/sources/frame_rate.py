"""How often a live source's frames are wanted, known where they are decoded: what nobody reads need not be."""

from __future__ import annotations

import time


class Pace:
    """At most so many frames a second, over all lives of a source."""

    def __init__(self, fps: float | None = None) -> None:
        """Take frames a second, None for all there are."""
        self._wanted = self._interval = 1.0 / fps if fps else 0.0
        self._due = 0.0

    @property
    def limited(self) -> bool:
        """Whether fewer frames are wanted than there are."""
        return self._interval > 0

    def limit(self, fps: float | None) -> None:
        """Want at most so many a second from now on, beside what was asked for at first; None takes the limit away."""
        self._interval = max(self._wanted, 1.0 / fps if fps else 0.0)
        self._due = min(self._due, time.monotonic() + self._interval)

    def takes(self) -> bool:
        """Whether the frame that is there now is wanted; asked once for each."""
        now = time.monotonic()
        if now < self._due:
            return False
        # From when it was due, so that the rate is kept; from now after a pause, so that nothing is made up for.
        self._due = (self._due if now - self._due < self._interval else now) + self._interval
        return True

    def wait(self) -> None:
        """Sleep until a frame is wanted, for sources that are asked and do not come by themselves."""
        while not self.takes():
            time.sleep(max(0.0, self._due - time.monotonic()))
