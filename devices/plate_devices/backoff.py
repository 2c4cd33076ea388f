"""Waiting times between tries: longer after each failure, up to a limit."""

from __future__ import annotations

import random

SETTLED_AFTER = 10.0
"""Seconds of success after which an outage counts as over. A failure before that belongs to the same outage."""

_FIRST, _LONGEST = 0.5, 10.0
_JITTER = 0.25


def doubled(first: float, failures: int, longest: float) -> float:
    """Return `first` doubled once per failure, in seconds, at most `longest`."""
    return min(first * 2.0 ** min(failures, 16), longest)


class BackOff:
    """Exponential backoff with jitter.

    Attributes:
        tries: failures since the start, or since the last `reset`.
    """

    def __init__(self, longest: float = _LONGEST, first: float = _FIRST, jitter: float = _JITTER) -> None:
        """Take the longest and the first wait in seconds; `jitter` is the random change of each wait, as a fraction."""
        self._longest, self._first, self._jitter = longest, first, jitter
        self.tries = 0

    def next(self, at_least: float = 0.0) -> float:
        """Count one failure and return the seconds to wait; `at_least` is for failures that quick tries make worse."""
        wait = doubled(self._first, self.tries, self._longest)
        self.tries += 1
        return max(wait, at_least) * random.uniform(1 - self._jitter, 1 + self._jitter)

    def reset(self) -> None:
        """Start again with the first wait, after a success."""
        self.tries = 0
