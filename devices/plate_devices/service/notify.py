"""What systemd is told: ready, alive, reloading, stopping (the protocol of sd_notify(3), a datagram to a socket)."""

from __future__ import annotations

import os
import socket
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_STATUS_EVERY = 5.0


class Notifier:
    """Talks to the socket in NOTIFY_SOCKET; without one, or where nobody listens any more, says nothing."""

    def __init__(self, environment: Mapping[str, str] | None = None, watchdog: bool = True) -> None:
        """Take the environment, by default this process's; without `watchdog` no sign of life is sent."""
        found = os.environ if environment is None else environment
        self._address = found.get("NOTIFY_SOCKET", "")
        self._interval = _watchdog_seconds(found) / 2 if watchdog else 0.0
        self._alive_at = self._status_at = float("-inf")

    @property
    def listened_to(self) -> bool:
        """Whether somebody started this process as a service and waits to hear from it."""
        return self._address.startswith(("/", "@"))

    def ready(self, status: str) -> None:
        """It works: what it was started for has begun, or goes on after a reload."""
        self._send("READY=1", f"STATUS={_line(status)}")

    def alive(self, status: Callable[[], str] | None = None) -> None:
        """The loop has come round; said twice in the time that the watchdog waits, however often it is called.

        `status` is asked for a line about how things are, every few seconds.
        """
        now = time.monotonic()
        if self._interval and now - self._alive_at >= self._interval:
            self._alive_at = now
            self._send("WATCHDOG=1", patience=0.0)
        if status is not None and self.listened_to and now - self._status_at >= _STATUS_EVERY:
            self._status_at = now
            self._send(f"STATUS={_line(status())}", patience=0.0)

    def reloading(self) -> None:
        """Settings are read again; `ready` follows."""
        self._send("RELOADING=1", f"MONOTONIC_USEC={time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000}")

    def stopping(self) -> None:
        """The end has begun."""
        self._send("STOPPING=1")

    def _send(self, *lines: str, patience: float = 1.0) -> None:
        """Send, waiting so many seconds for a listener that is behind: signs of life must not hold up the loop."""
        if not self.listened_to:
            return
        address = f"\0{self._address[1:]}" if self._address[0] == "@" else self._address
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sender:
            sender.settimeout(patience)
            try:
                sender.sendto("\n".join(lines).encode(), address)
            except OSError:
                return  # who looks after us is gone, which is no reason to stop reading


def _watchdog_seconds(found: Mapping[str, str]) -> float:
    """Return how long the watchdog waits; 0 where there is none, or it waits for another process."""
    microseconds, process = found.get("WATCHDOG_USEC", ""), found.get("WATCHDOG_PID", "")
    if not microseconds.isdecimal() or (process and process != str(os.getpid())):
        return 0.0
    return int(microseconds) / 1e6


def _line(text: str) -> str:
    return " ".join(text.split())
