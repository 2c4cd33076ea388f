"""Seconds into a film, from time stamps that may be anything."""

from __future__ import annotations

USUAL_RATE = 15.0
"""Frames a second of a film that does not say it."""

LONGEST_GAP = 7 * 86400.0
"""Seconds between two frames, of a recorder that keeps only motion, beyond which a time stamp is taken for damaged."""

_BACK = 1.0
# A time stamp so many seconds back is a clock that was set, not two frames in the wrong order.

_LEAST_RATE, _MOST_RATE = 0.01, 1000.0
_LEAST_STEP = 0.5 / _MOST_RATE


class FilmClock:
    """Turns a frame's time stamp into seconds since the first frame, which always grow.

    Stamps that are missing, repeat or run back count as one frame's duration; the stamps after a clock that was set are
    counted on from there.
    """

    def __init__(self, rate: float | None) -> None:
        """Take frames a second as the file says them, None where it does not."""
        sound = rate is not None and _LEAST_RATE <= rate <= _MOST_RATE
        self._duration = 1.0 / (rate if rate is not None and sound else USUAL_RATE)
        self._last: float | None = None
        self._shift = 0.0

    def seconds(self, stamp: float | None) -> float:
        """Take the next frame's time stamp in seconds, None for none; return its seconds into the film."""
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


class FilmPace:
    """Chooses frames of a film by their seconds, at most so many of each second."""

    def __init__(self, fps: float | None) -> None:
        """Take frames a second, None for all."""
        self._interval = 1.0 / fps if fps else 0.0
        self._due = 0.0

    def takes(self, seconds: float) -> bool:
        """Whether the frame of this moment is wanted; asked once for each, in order."""
        late = seconds + _ROUNDING - self._due
        if late < 0:
            return False
        self._due = (self._due if late < self._interval else seconds) + self._interval
        return True


_ROUNDING = 0.002
# Containers round time stamps to milliseconds.
