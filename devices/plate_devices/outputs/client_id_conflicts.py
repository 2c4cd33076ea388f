"""Recognises another device or service that uses the same MQTT client id, or the same topic."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable

SHORT = 30.0
"""Seconds within which a broker that disconnects again counts as one that does so at once."""

MOST_SHORT = 3
FIRST_WAIT, LONGEST_WAIT = 60.0, 900.0
STEADY = 3600.0
"""Seconds of connection after which all is well again."""

_SAY_EVERY = 60.0
_TELL_EVERY = 3600.0


class Rivals:
    """Watches connections and the topic of the status. Thread-safe.

    A broker disconnects a client when another one comes with its client id: MQTT 5 says so, of 3.1.1 it shows in
    connections that end at once, again and again. Another device with the same topic says "online" there.
    """

    def __init__(self, client_id: str, topic: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._client_id, self._topic, self._clock = client_id, topic, clock
        self._lock = threading.Lock()
        self._notices: list[str] = []
        self._told: dict[str, float] = {}
        self._began: float | None = None
        self._short = self._taken = 0
        self._said: Counter[str] = Counter()
        self._heard: Counter[str] = Counter()
        self._said_at = float("-inf")
        self._should_say = False

    def connected(self) -> None:
        """A connection begins."""
        with self._lock:
            self._began = self._clock()
            self._said.clear()
            self._heard.clear()
            self._should_say = False

    def ended(self, taken_over: bool) -> None:
        """The broker has ended the connection; `taken_over` says that another client has this client id."""
        with self._lock:
            if self._began is None:
                return
            lasted, self._began = self._clock() - self._began, None
            if lasted >= STEADY:
                self._taken = 0
            self._short = self._short + 1 if lasted < SHORT else 0
            if taken_over:
                self._taken += 1
                self._tell(
                    f"another device or service uses the MQTT client id {self._client_id} and took the connection "
                    "over; set device of one of them to another name"
                )
            elif self._short >= MOST_SHORT:
                self._taken += 1
                self._tell(
                    "the broker disconnects again and again, at once: another device or service may use the client id "
                    f"{self._client_id}, or the user may not write to {self._topic}"
                )

    @property
    def wait(self) -> float:
        """Seconds to stay away after a connection was taken over; 0 where none was."""
        with self._lock:
            if self._began is not None and self._clock() - self._began >= STEADY:
                self._taken = self._short = 0
            return min(LONGEST_WAIT, FIRST_WAIT * 2 ** (min(self._taken, 10) - 1)) if self._taken else 0.0

    def say(self, status: str) -> None:
        """This client says its status."""
        with self._lock:
            self._said[status] += 1
            self._said_at = self._clock()
            self._should_say = False

    def heard(self, status: str) -> None:
        """A status arrives under the topic; what this client says itself arrives, too."""
        with self._lock:
            self._heard[status] += 1
            if self._heard[status] <= self._said[status]:
                return
            self._heard[status] = self._said[status]
            self._should_say = True  # so that the status is right again, and that the other one notices, too
            if status == "online":
                self._tell(
                    f"another device or service also publishes under {self._topic}; "
                    "set topic or device of one of them to another name"
                )

    def should_say(self) -> bool:
        """Whether to say "online" again; at most once a minute."""
        with self._lock:
            return self._should_say and self._clock() - self._said_at >= _SAY_EVERY

    def notices(self) -> list[str]:
        """Return what is new, each sentence at most once an hour."""
        with self._lock:
            found, self._notices = self._notices, []
            return found

    def _tell(self, sentence: str) -> None:
        now = self._clock()
        if now - self._told.get(sentence, float("-inf")) >= _TELL_EVERY:
            self._told[sentence] = now
            self._notices.append(sentence)
