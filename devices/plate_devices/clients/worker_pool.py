"""Threads that process requests. The next request is that of the client that has used least CPU time."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Hashable
from contextlib import suppress
from typing import TYPE_CHECKING

from plate_devices.clients.limits import Response
from plate_devices.threads import THREADS, BackgroundThread

if TYPE_CHECKING:
    from plate_devices.clients.client_connection import ClientConnection
    from plate_devices.clients.limits import Service

_HALVED_AFTER = 10.0
"""Seconds after which used CPU time counts half."""

_MOST_GROUPS = 1024
_REPORT_EVERY = 60.0
_NAME = "responses to clients"
_NONE = Response(b"", stays_open=False)


class WorkerPool:
    """Processes complete requests, `count` at the same time; `done` gets each response, in a worker's thread."""

    def __init__(self, service: Service, count: int, done: Callable[[ClientConnection, Response], None]) -> None:
        self._service, self._count, self._done = service, count, done
        self._changed = threading.Condition()
        self._waiting: list[ClientConnection] = []
        self._used = _UsedTime()
        self._threads: list[BackgroundThread] = []
        self._free = 0
        self._stopped = False
        self._reported = float("-inf")

    def add(self, connection: ClientConnection) -> None:
        """Queue a connection with a complete request."""
        with self._changed:
            self._waiting.append(connection)
            if self._free < len(self._waiting) and len(self._threads) < self._count:
                thread = BackgroundThread(self._run, _NAME)
                self._threads.append(thread)
                thread.start()
            self._changed.notify()

    def drop(self, connection: ClientConnection) -> None:
        """Remove a waiting request; one that is being processed goes on."""
        with self._changed, suppress(ValueError):
            self._waiting.remove(connection)

    def excess(self, group: Hashable, fraction: float) -> float:
        """Return the seconds to delay a group, so that it uses at most a fraction of one core."""
        with self._changed:
            return max(0.0, self._used.of(group) / fraction - _HALVED_AFTER / math.log(2))

    def report(self, error: Exception) -> None:
        """Report an internal error that disconnected a client, at most once a minute."""
        with self._changed:
            if time.monotonic() - self._reported < _REPORT_EVERY:
                return
            self._reported = time.monotonic()
        THREADS.failed(_NAME, error, "one client was disconnected")

    def close(self) -> None:
        """Stop the threads after their current request."""
        with self._changed:
            self._stopped = True
            self._waiting.clear()
            self._changed.notify_all()

    def _run(self) -> None:
        while (connection := self._next()) is not None:
            began = time.thread_time()
            try:
                response = (
                    _NONE if connection.has_hung_up() else self._service.answer(connection.request, connection.peer)
                )
            except Exception as error:  # an error with one request must not affect the others
                response = _NONE
                self.report(error)
            spent = time.thread_time() - began
            with self._changed:
                connection.used += spent
                self._used.add(connection.peer.group, spent)
            self._done(connection, response)

    def _next(self) -> ClientConnection | None:
        with self._changed:
            self._free += 1
            try:
                while not self._stopped:
                    if self._waiting:
                        return self._pick()
                    self._changed.wait()
                return None
            finally:
                self._free -= 1

    def _pick(self) -> ClientConnection:
        first = min(self._waiting, key=lambda one: (self._used.of(one.peer.group), one.used, one.last_useful))
        self._waiting.remove(first)
        return first


class _UsedTime:
    """CPU seconds by group, with exponential decay."""

    def __init__(self) -> None:
        self._used: dict[Hashable, tuple[float, float]] = {}

    def of(self, group: Hashable) -> float:
        used, when = self._used.get(group, (0.0, 0.0))
        return used * math.exp2((when - time.monotonic()) / _HALVED_AFTER)

    def add(self, group: Hashable, seconds: float) -> None:
        if len(self._used) >= _MOST_GROUPS:
            self._used.pop(next(iter(self._used)))
        total = self.of(group) + seconds
        self._used.pop(group, None)  # the newest stands last
        self._used[group] = (total, time.monotonic())
