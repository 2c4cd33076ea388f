"""Seconds since the start of a video, from time stamps that may be wrong."""

from __future__ import annotations

DEFAULT_RATE = 15.0
"""Frames a second of a video that does not state its rate."""

LONGEST_GAP = 7 * 86400.0
"""Longest gap between two frames in seconds, as in a recording of motion only. A longer one is a damaged time stamp."""

_BACK = 1.0
# A time stamp that is earlier by more seconds than this means that the clock was set; less is a wrong order of frames.

_LEAST_RATE, _MOST_RATE = 0.01, 1000.0
_LEAST_STEP = 0.5 / _MOST_RATE

_ROUNDING = 0.002
# Containers round time stamps to milliseconds.


class VideoClock:
    """Converts time stamps of frames into increasing seconds since the first frame.

    Time stamps that are missing, repeated or too early count as the duration of one frame. After a clock that was set,
    counting goes on from there.
    """

    def __init__(self, rate: float | None) -> None:
        """Take the frames a second that the file states, None for none."""
        valid = rate is not None and _LEAST_RATE <= rate <= _MOST_RATE
        self._duration = 1.0 / (rate if rate is not None and valid else DEFAULT_RATE)
        self._last: float | None = None
        self._shift = 0.0

    def seconds(self, stamp: float | None) -> float:
        """Take the time stamp of the next frame in seconds, None for none; return its seconds since the first frame."""
        if self._last is None:
            self._last, self._shift = 0.0, -(stamp or 0.0)
            return 0.0
        now = self._last + self._duration
        if stamp is not None:
            passed = stamp + self._shift - self._last
            if _LEAST_STEP <= passed <= LONGEST_GAP:
                now = self._last + passed
            elif not -_BACK <= passed < _LEAST_STEP:
                self._shift = now - stamp
        self._last = now
        return now


class FrameSampler:
    """Selects at most so many frames of each second of a video."""

    def __init__(self, fps: float | None) -> None:
        """Take frames a second, None for all."""
        self._interval = 1.0 / fps if fps else 0.0
        self._due = 0.0

    def selects(self, seconds: float) -> bool:
        """Return whether the frame at this time is read; called once for each frame, in order."""
        late = seconds + _ROUNDING - self._due
        if late < 0:
            return False
        self._due = (self._due if late < self._interval else seconds) + self._interval
        return True
