"""State and messages of a source that is lost and comes back."""

from __future__ import annotations

import threading
import time
from collections import deque

from plate_devices.backoff import SETTLED_AFTER


class OutageTracker:
    """State of one source. It is set by the thread that reads the source, and read from any thread."""

    def __init__(self, name: str) -> None:
        """Take the source's name for the messages."""
        self._name = name
        self._lock = threading.Lock()
        self._messages: deque[str] = deque(maxlen=16)
        self._lost_at: float | None = None
        self._first_picture: float | None = None
        self._state = ""

    @property
    def state(self) -> str:
        """What is wrong at the moment, in a few words; "" while pictures come."""
        return self._state

    def lost(self, reason: str, state: str) -> None:
        """Note that no pictures come. `reason` is a sentence, reported once per outage; `state` is the new state."""
        with self._lock:
            if self._lost_at is None:
                self._lost_at = time.monotonic()
                self._messages.append(f"{reason} (trying again until it is back)")
            self._first_picture = None
            self._state = state

    def trying(self, state: str) -> None:
        """Set the state during an outage."""
        with self._lock:
            if self._lost_at is not None:
                self._state = state

    def picture(self) -> bool:
        """Note that a picture came; return whether pictures have come for long enough to end the outage."""
        now = time.monotonic()
        with self._lock:
            self._state = ""
            if self._first_picture is None:
                self._first_picture = now
            settled = now - self._first_picture >= SETTLED_AFTER
            if settled and self._lost_at is not None:
                duration = self._first_picture - self._lost_at
                self._messages.append(f"{self._name} sends pictures again, after {_text(duration)}")
                self._lost_at = None
        return settled

    def take_message(self) -> str | None:
        """Remove and return the oldest message, None where there is none."""
        with self._lock:
            return self._messages.popleft() if self._messages else None


def _text(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"
