"""Detect another device or service with the same MQTT client id or topic."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable

from plate_devices.backoff import doubled

SHORT = 30.0
"""A connection of fewer seconds is short: the broker may have disconnected it because of a conflict."""

MOST_SHORT = 3
FIRST_WAIT, LONGEST_WAIT = 60.0, 900.0
STEADY = 3600.0
"""Seconds of connection after which the conflict counts as solved."""

_ANNOUNCE_EVERY = 60.0
_NOTICE_EVERY = 3600.0


class ConflictDetector:
    """Detects conflicts from connections and from the status topic. Thread-safe.

    A broker disconnects a client when another one connects with its client id. MQTT 5 gives that as the reason; in
    3.1.1 it shows as repeated short connections. Another device with the same topic publishes "online" there.
    """

    def __init__(self, client_id: str, topic: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._client_id, self._topic, self._clock = client_id, topic, clock
        self._lock = threading.Lock()
        self._notices: list[str] = []
        self._noticed_at: dict[str, float] = {}
        self._began: float | None = None
        self._short = self._taken = 0
        self._published: Counter[str] = Counter()
        self._received: Counter[str] = Counter()
        self._published_at = float("-inf")
        self._republish = False

    def connected(self) -> None:
        """Note that a connection was accepted."""
        with self._lock:
            self._began = self._clock()
            self._published.clear()
            self._received.clear()
            self._republish = False

    def ended(self, taken_over: bool) -> None:
        """Note that the broker has ended the connection; `taken_over`: because another client has this client id."""
        with self._lock:
            if self._began is None:
                return
            lasted, self._began = self._clock() - self._began, None
            if lasted >= STEADY:
                self._taken = 0
            self._short = self._short + 1 if lasted < SHORT else 0
            if taken_over:
                self._taken += 1
                self._notice(
                    f"another device or service uses the MQTT client id {self._client_id} and took the connection "
                    "over; set device of one of them to another name"
                )
            elif self._short >= MOST_SHORT:
                self._taken += 1
                self._notice(
                    "the broker disconnects at once, repeatedly: another device or service may use the client id "
                    f"{self._client_id}, or the user may not write to {self._topic}"
                )

    @property
    def wait(self) -> float:
        """Seconds to wait before connecting again after a conflict, 0 without one."""
        with self._lock:
            if self._began is not None and self._clock() - self._began >= STEADY:
                self._taken = self._short = 0
            return doubled(FIRST_WAIT, self._taken - 1, LONGEST_WAIT) if self._taken else 0.0

    def published(self, status: str) -> None:
        """Note that this client publishes its status."""
        with self._lock:
            self._published[status] += 1
            self._published_at = self._clock()
            self._republish = False

    def received(self, status: str) -> None:
        """Note a status that arrives under the topic; those of this client arrive, too."""
        with self._lock:
            self._received[status] += 1
            if self._received[status] <= self._published[status]:
                return
            self._received[status] = self._published[status]
            self._republish = True  # restores the status, and shows the conflict to the other one
            if status == "online":
                self._notice(
                    f"another device or service also publishes under {self._topic}; "
                    "set topic or device of one of them to another name"
                )

    def should_republish(self) -> bool:
        """Whether to publish "online" again; at most once a minute."""
        with self._lock:
            return self._republish and self._clock() - self._published_at >= _ANNOUNCE_EVERY

    def notices(self) -> list[str]:
        """Return new sentences for the operator, each at most once an hour."""
        with self._lock:
            found, self._notices = self._notices, []
            return found

    def _notice(self, sentence: str) -> None:
        now = self._clock()
        if now - self._noticed_at.get(sentence, float("-inf")) >= _NOTICE_EVERY:
            self._noticed_at[sentence] = now
            self._notices.append(sentence)
