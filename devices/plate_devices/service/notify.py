"""Notify systemd: ready, alive, reloading, stopping (sd_notify(3): datagrams to a socket)."""

from __future__ import annotations

import os
import socket
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_STATUS_EVERY = 5.0


class Notifier:
    """Sends to the socket in NOTIFY_SOCKET; does nothing without one."""

    def __init__(self, environment: Mapping[str, str] | None = None, watchdog: bool = True) -> None:
        """Use an environment, by default that of this process; without `watchdog`, no keep-alive is sent."""
        found = os.environ if environment is None else environment
        self._address = found.get("NOTIFY_SOCKET", "")
        self._interval = _watchdog_seconds(found) / 2 if watchdog else 0.0
        self._alive_at = self._status_at = float("-inf")

    @property
    def is_service(self) -> bool:
        """Whether a service manager has started this process and expects notifications."""
        return self._address.startswith(("/", "@"))

    def ready(self, status: str) -> None:
        """Notify that the program works, at the start or after a reload."""
        self._send("READY=1", f"STATUS={_line(status)}")

    def alive(self, status: Callable[[], str] | None = None) -> None:
        """Notify that the loop runs, twice within the watchdog's time, however often it is called.

        Every few seconds `status` is called for a line about the state.
        """
        now = time.monotonic()
        if self._interval and now - self._alive_at >= self._interval:
            self._alive_at = now
            self._send("WATCHDOG=1", patience=0.0)
        if status is not None and self.is_service and now - self._status_at >= _STATUS_EVERY:
            self._status_at = now
            self._send(f"STATUS={_line(status())}", patience=0.0)

    def reloading(self) -> None:
        """Notify that the settings are reloaded; `ready` follows."""
        self._send("RELOADING=1", f"MONOTONIC_USEC={time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000}")

    def stopping(self) -> None:
        """Notify that the program is stopping."""
        self._send("STOPPING=1")

    def _send(self, *lines: str, patience: float = 1.0) -> None:
        """Send; wait at most so many seconds for a slow receiver, because notifications must not delay the loop."""
        if not self.is_service:
            return
        address = f"\0{self._address[1:]}" if self._address[0] == "@" else self._address
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sender:
            sender.settimeout(patience)
            try:
                sender.sendto("\n".join(lines).encode(), address)
            except OSError:
                return  # the service manager is gone; reading goes on


def _watchdog_seconds(found: Mapping[str, str]) -> float:
    """Return the seconds of the watchdog, 0 without one or if it belongs to another process."""
    microseconds, process = found.get("WATCHDOG_USEC", ""), found.get("WATCHDOG_PID", "")
    if not microseconds.isdecimal() or (process and process != str(os.getpid())):
        return 0.0
    return int(microseconds) / 1e6


def _line(text: str) -> str:
    return " ".join(text.split())
