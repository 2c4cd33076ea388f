"""What people are told of a source that comes and goes: once that it is lost, once that it is back."""

from __future__ import annotations

import random
import threading
import time
from collections import deque

SETTLED_AFTER = 10.0
"""Seconds of pictures after which a source counts as back; one that fails before is still the same outage."""

_FIRST, _GROWTH, _LONGEST = 0.5, 2.0, 10.0
_JITTER = 0.25


class BackOff:
    """How long to wait before the next try: longer each time, up to a limit, and never quite the same."""

    def __init__(self, longest: float = _LONGEST) -> None:
        """Wait at most `longest` seconds."""
        self._longest = longest
        self.tries = 0

    def next(self, at_least: float = 0.0) -> float:
        """Count one failure and return the seconds to wait; `at_least` is for failures that haste makes worse."""
        wait = min(_FIRST * _GROWTH ** min(self.tries, 16), self._longest)
        self.tries += 1
        return max(wait, at_least) * random.uniform(1 - _JITTER, 1 + _JITTER)

    def reset(self) -> None:
        """Begin anew: it works again."""
        self.tries = 0


class Outages:
    """The state of one source, told from the thread that reads it and asked for from any other."""

    def __init__(self, name: str, settled_after: float = SETTLED_AFTER) -> None:
        """Take the source's name for the messages."""
        self._name = name
        self._settled_after = settled_after
        self._lock = threading.Lock()
        self._news: deque[str] = deque(maxlen=16)
        self._lost_at: float | None = None
        self._first_picture: float | None = None
        self._now = ""

    @property
    def state(self) -> str:
        """What is wrong at the moment, in a few words; "" while pictures come."""
        return self._now

    def lost(self, reason: str, now: str) -> None:
        """No pictures come, for `reason`, a sentence; `now` is the state. Told once until the source has settled."""
        with self._lock:
            if self._lost_at is None:
                self._lost_at = time.monotonic()
                self._news.append(f"{reason} (trying again until it is back)")
            self._first_picture = None
            self._now = now

    def trying(self, now: str) -> None:
        """What is being done about it, for the state."""
        with self._lock:
            if self._lost_at is not None:
                self._now = now

    def picture(self) -> bool:
        """A picture came. Returns whether pictures have come for long enough to call the source well."""
        moment = time.monotonic()
        with self._lock:
            self._now = ""
            if self._first_picture is None:
                self._first_picture = moment
            well = moment - self._first_picture >= self._settled_after
            if well and self._lost_at is not None:
                gone = self._first_picture - self._lost_at
                self._news.append(f"{self._name} gives pictures again, after {_duration(gone)}")
                self._lost_at = None
        return well

    def take_news(self) -> str | None:
        """Return the oldest message that nobody has taken yet, or None."""
        with self._lock:
            return self._news.popleft() if self._news else None


def _duration(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"
