"""One thread that receives and sends for all clients of a listening socket, so that slow clients need no threads.

Workers process complete requests only. Every state of a connection has a deadline.
"""

from __future__ import annotations

import contextlib
import selectors
import socket
import threading
import time
from collections import Counter, deque
from typing import TYPE_CHECKING

from plate_devices.clients.client_connection import NEVER, PIECE, ClientConnection, State, peer_of
from plate_devices.clients.limits import RefusedError, Response
from plate_devices.clients.worker_pool import WorkerPool

if TYPE_CHECKING:
    from plate_devices.clients.limits import ConnectionLimits, Service

_CHECK_EVERY = 0.1
_LINGER = 1.0
_LONGEST_DELAY = 2.0
_CLOSED_WITHIN = 5.0
_MOST_ACCEPTED = 64


class EventLoop:
    """Serves a listening socket within limits.

    One connection too many replaces another one: that with the oldest last request, of the process or address with
    most connections. A connection whose request is being processed is not replaced.
    """

    def __init__(self, listener: socket.socket, service: Service, limits: ConnectionLimits) -> None:
        """Take a listening socket, which `close` closes."""
        self._listener, self._service, self._limits = listener, service, limits
        listener.setblocking(False)
        self._selector = selectors.DefaultSelector()
        self._selector.register(listener, selectors.EVENT_READ)
        self._connections: set[ClientConnection] = set()
        self._groups: Counter[object] = Counter()
        self._held_bytes = 0
        self._workers = WorkerPool(service, limits.workers, self._queue_response)
        self._responses: deque[tuple[ClientConnection, Response]] = deque()
        self._woken, self._wake = socket.socketpair()
        self._woken.setblocking(False)
        self._wake.setblocking(False)
        self._selector.register(self._woken, selectors.EVENT_READ)
        self._closing = threading.Event()
        self._serving = threading.Lock()
        self._ended = False
        self._checked = self._accept_after = 0.0

    def serve_forever(self) -> None:
        """Serve until `close` is called."""
        with self._serving:
            while not self._closing.is_set():
                self._run_once()
            self._end()

    def close(self) -> None:
        """Stop listening and disconnect all clients; requests that are being processed get no response."""
        self._closing.set()
        self._workers.close()
        self._wake_up()
        if self._serving.acquire(timeout=_CLOSED_WITHIN):
            try:
                self._end()
            finally:
                self._serving.release()

    def _run_once(self) -> None:
        pause = _CHECK_EVERY if self._connections or self._accept_after else None
        for key, _ in self._selector.select(pause):
            if key.fileobj is self._listener:
                self._accept()
            elif key.fileobj is self._woken:
                with contextlib.suppress(BlockingIOError):
                    self._woken.recv(PIECE)
            elif (connection := key.data) in self._connections:
                self._serve(connection)
        while self._responses:
            self._take_response(*self._responses.popleft())
        now = time.monotonic()
        if now - self._checked >= _CHECK_EVERY:
            self._checked = now
            self._check_deadlines(now)

    def _accept(self) -> None:
        for _ in range(_MOST_ACCEPTED):
            try:
                client, _ = self._listener.accept()
            except BlockingIOError:
                return
            except OSError:  # the limit of open files is reached; try again soon
                self._selector.unregister(self._listener)
                self._accept_after = time.monotonic() + _CHECK_EVERY
                return
            try:
                client.setblocking(False)
                self._welcome(client)
            except OSError:  # it has disconnected
                client.close()

    def _welcome(self, client: socket.socket) -> None:
        peer = peer_of(client)
        if client.family != socket.AF_UNIX:
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if not self._has_room(peer.is_local, peer.group):
            with contextlib.suppress(OSError):
                client.send(self._service.too_many)
            client.close()
            return
        connection = ClientConnection(client, peer, self._service.framer(), self._limits.idle_within)
        self._connections.add(connection)
        self._groups[peer.group] += 1
        self._selector.register(client, selectors.EVENT_READ, connection)

    def _has_room(self, is_local: bool, group: object) -> bool:
        """Return whether there is room, after dropping a connection if needed. Reserved ones are for this machine."""
        others = [one for one in self._connections if is_local or not one.peer.is_local]
        if len(others) < self._limits.connections - (0 if is_local else self._limits.reserved):
            return True
        most = max(self._groups[one.peer.group] for one in others)
        candidates = [one for one in others if one.state is not State.WORKING and self._groups[one.peer.group] == most]
        if not candidates or self._groups[group] > most:
            return False
        self._drop(min(candidates, key=lambda one: one.last_useful), self._service.too_many)
        return True

    def _serve(self, connection: ClientConnection) -> None:
        try:
            if connection.state is State.SENDING:
                self._send(connection)
            else:
                self._receive(connection)
        except BlockingIOError:
            return
        except OSError:
            self._drop(connection)
        except Exception as error:  # an error with one client must not affect the others
            self._drop(connection)
            self._workers.report(error)

    def _receive(self, connection: ClientConnection) -> None:
        piece = connection.socket.recv(PIECE)
        if connection.state is State.LINGERING:
            if not piece:
                self._drop(connection)
            return
        if not connection.received and piece:
            connection.deadline = time.monotonic() + self._limits.request_within
        before = connection.held
        connection.received += piece
        self._count(connection, before)
        if connection in self._connections:
            self._find_request(connection, at_end=not piece)

    def _find_request(self, connection: ClientConnection, at_end: bool = False) -> None:
        try:
            length = connection.framer.end(connection.received, at_end) if connection.received else None
        except RefusedError as refused:
            if self._take_outgoing(connection, Response(refused.content, stays_open=False)):
                self._start_sending(connection)
            return
        if length is None:
            if at_end:
                self._drop(connection)
            return
        connection.take_request(length)
        connection.state, connection.deadline = State.WORKING, NEVER
        self._selector.unregister(connection.socket)
        self._workers.add(connection)

    def _queue_response(self, connection: ClientConnection, response: Response) -> None:
        """Queue a response; called in a worker's thread."""
        self._responses.append((connection, response))
        self._wake_up()

    def _take_response(self, connection: ClientConnection, response: Response) -> None:
        if connection not in self._connections or not self._take_outgoing(connection, response):
            return
        delay = response.delay
        if not connection.peer.is_local:
            delay = max(delay, min(_LONGEST_DELAY, self._workers.excess(connection.peer.group, self._limits.fraction)))
        if delay > 0:
            connection.state, connection.deadline = State.HELD, time.monotonic() + delay
        else:
            self._start_sending(connection)

    def _take_outgoing(self, connection: ClientConnection, response: Response) -> bool:
        """Put a response in the place of the request; return whether the client is still connected."""
        before = connection.held
        connection.request = bytearray()
        connection.outgoing, connection.stays_open = memoryview(response.content), response.stays_open
        self._count(connection, before)
        return connection in self._connections

    def _start_sending(self, connection: ClientConnection) -> None:
        connection.state = State.SENDING
        connection.deadline = time.monotonic() + self._limits.response_within
        self._watch(connection, selectors.EVENT_WRITE)
        self._serve(connection)

    def _send(self, connection: ClientConnection) -> None:
        sent = connection.socket.send(connection.outgoing[:PIECE]) if connection.outgoing else 0
        before = connection.held
        connection.outgoing = connection.outgoing[sent:]
        self._count(connection, before)
        if connection.outgoing:
            return
        if not connection.stays_open:
            connection.socket.shutdown(socket.SHUT_WR)
            connection.state, connection.deadline = State.LINGERING, time.monotonic() + _LINGER
            before = connection.held
            connection.received = bytearray()
            self._count(connection, before)
            self._watch(connection, selectors.EVENT_READ)
            return
        limits = self._limits
        within = limits.request_within if connection.received else limits.idle_within
        connection.state, connection.deadline = State.READING, time.monotonic() + within
        self._watch(connection, selectors.EVENT_READ)
        self._find_request(connection)

    def _watch(self, connection: ClientConnection, events: int) -> None:
        try:
            self._selector.modify(connection.socket, events, connection)
        except KeyError:
            self._selector.register(connection.socket, events, connection)

    def _count(self, connection: ClientConnection, before: int) -> None:
        """Update the bytes that are held; above the limit, drop the connection that holds most."""
        self._held_bytes += connection.held - before
        if self._held_bytes <= self._limits.held_bytes:
            return
        candidates = [one for one in self._connections if one.state is not State.WORKING]
        if candidates:
            self._drop(max(candidates, key=lambda one: one.held), self._service.too_many)

    def _check_deadlines(self, now: float) -> None:
        """Close connections after their deadline, and send delayed responses."""
        for connection in [one for one in self._connections if one.deadline <= now]:
            if connection.state is State.HELD:
                connection.state, connection.deadline = State.SENDING, now + self._limits.response_within
                self._watch(connection, selectors.EVENT_WRITE)
            else:
                reading = connection.state is State.READING and connection.received
                self._drop(connection, self._service.too_late if reading else b"")
        if self._accept_after and now >= self._accept_after:
            self._accept_after = 0.0
            self._selector.register(self._listener, selectors.EVENT_READ)

    def _drop(self, connection: ClientConnection, message: bytes = b"") -> None:
        """Disconnect a client; `message` is sent first if it has received no part of a response."""
        if connection not in self._connections:
            return
        self._connections.discard(connection)
        self._groups[connection.peer.group] -= 1
        if not self._groups[connection.peer.group]:
            del self._groups[connection.peer.group]
        self._held_bytes -= connection.held
        self._workers.drop(connection)
        with contextlib.suppress(KeyError, ValueError):
            self._selector.unregister(connection.socket)
        if message and connection.state is State.READING:
            with contextlib.suppress(OSError):
                connection.socket.send(message)
        connection.socket.close()

    def _wake_up(self) -> None:
        with contextlib.suppress(OSError):
            self._wake.send(b"\0")

    def _end(self) -> None:
        if self._ended:
            return
        self._ended = True
        self._workers.close()
        for connection in list(self._connections):
            self._drop(connection)
        self._selector.close()
        for one in (self._listener, self._woken, self._wake):
            one.close()
