"""Limits which frames a live source decodes: at most so many a second, and few that will not be read."""

from __future__ import annotations

import time

_SHARE = 0.75
"""Part of the time between two turns of a camera that passes before the frame for its next turn is decoded."""

_GAIN = 0.2
"""How fast the pause follows the waits of the frames."""

_LONGEST_PAUSE = 1.0
_OLD_AFTER = 0.25
"""Seconds after which a decoded frame that still waits is replaced by a newer one."""

_ASK_EVERY = 0.005


class FrameRateLimit:
    """Decides for each frame of a source whether it is decoded. It lasts when a source is opened again.

    There are two limits: a rate in frames a second, and the demand. When frames wait to be read because the processor
    is busy, the next frame is not decoded before most of that time has passed. So frames that a newer one would
    replace are not decoded, and the one that is read is new. While no frame waits, every frame is decoded.

    One thread decodes and calls `is_due` and `keep`; another one calls `take`.
    """

    def __init__(self, fps: float | None = None) -> None:
        """Take frames a second, None for no limit."""
        self._shortest = self._interval = 1.0 / fps if fps else 0.0
        self._due = self._asked = self._wanted = self._pause = 0.0
        self._came: float | None = None
        self._kept = 0.0
        self._between = 0.0

    @property
    def is_limited(self) -> bool:
        """Whether there is a limit of the rate."""
        return self._interval > 0

    @property
    def follows_demand(self) -> bool:
        """Whether some frames are not decoded because they would not be read."""
        return self._pause > self._between > 0

    def slow_to(self, fps: float | None) -> None:
        """Allow at most `fps` frames a second from now on, and never more than at first; None restores that limit."""
        self._interval = max(self._shortest, 1.0 / fps if fps else 0.0)
        self._due = min(self._due, time.monotonic() + self._interval)

    def due_in(self) -> float:
        """Return the seconds until the rate allows a frame, 0 for now."""
        return max(0.0, self._due - time.monotonic())

    def is_due(self) -> bool:
        """Return whether the current frame is to be decoded; called once for each frame."""
        now = time.monotonic()
        self._between, self._asked = now - self._asked, now
        if now < self._due or not self._is_wanted(now):
            return False
        # Counting from the due time keeps the rate. After a pause it counts from now, so that no burst follows.
        self._due = (self._due if now - self._due < self._interval else now) + self._interval
        return True

    def keep(self) -> None:
        """Note that a decoded frame waits to be read; it may replace another one."""
        self._kept = time.monotonic()
        if self._came is None:
            self._came = self._kept

    def take(self) -> None:
        """Note that the frame that waits is taken to be read."""
        now, came = time.monotonic(), self._came
        if came is not None:
            wanted = _SHARE / (1 - _SHARE) * (now - came)
            self._pause = min(_LONGEST_PAUSE, self._pause + _GAIN * (wanted - self._pause))
        self._wanted, self._came = now + self._pause, None

    def wait(self) -> None:
        """Sleep until the next frame is due, for sources that are asked for each frame."""
        while not self.is_due():
            time.sleep(max(self.due_in(), _ASK_EVERY))

    def _is_wanted(self, now: float) -> bool:
        if self._came is not None:
            return now - self._kept >= _OLD_AFTER
        # The frame after this one would come too late.
        return now + self._between > self._wanted
