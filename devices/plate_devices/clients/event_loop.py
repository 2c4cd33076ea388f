"""One thread that receives and sends for all clients of a listening socket, so that a slow client costs no thread.

A worker is taken only for a whole request. Every state of a connection has a deadline.
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

_LOOK_EVERY = 0.1
_LINGER = 1.0
_LONGEST_REST = 2.0
_CLOSED_WITHIN = 5.0
_MOST_ACCEPTED = 64


class EventLoop:
    """Serves a listening socket within limits.

    A connection that is one too many replaces another one: of the process or address that has the most, the one with
    the oldest last request, unless it is being answered.
    """

    def __init__(self, listener: socket.socket, service: Service, limits: ConnectionLimits) -> None:
        """Take a socket that listens; it is closed with the front."""
        self._listener, self._service, self._limits = listener, service, limits
        listener.setblocking(False)
        self._selector = selectors.DefaultSelector()
        self._selector.register(listener, selectors.EVENT_READ)
        self._connections: set[ClientConnection] = set()
        self._groups: Counter[object] = Counter()
        self._held = 0
        self._workers = WorkerPool(service, limits.workers, self._answered)
        self._answers: deque[tuple[ClientConnection, Response]] = deque()
        self._woken, self._wake = socket.socketpair()
        self._woken.setblocking(False)
        self._wake.setblocking(False)
        self._selector.register(self._woken, selectors.EVENT_READ)
        self._closing = threading.Event()
        self._serving = threading.Lock()
        self._ended = False
        self._looked = self._accept_after = 0.0

    def serve_forever(self) -> None:
        """Serve until `close` is called."""
        with self._serving:
            while not self._closing.is_set():
                self._turn()
            self._end()

    def close(self) -> None:
        """Stop listening and disconnect everyone; requests that are being answered get no answer."""
        self._closing.set()
        self._workers.close()
        self._wake_up()
        if self._serving.acquire(timeout=_CLOSED_WITHIN):
            try:
                self._end()
            finally:
                self._serving.release()

    def _turn(self) -> None:
        pause = _LOOK_EVERY if self._connections or self._accept_after else None
        for key, _ in self._selector.select(pause):
            if key.fileobj is self._listener:
                self._accept()
            elif key.fileobj is self._woken:
                with contextlib.suppress(BlockingIOError):
                    self._woken.recv(PIECE)
            elif (connection := key.data) in self._connections:
                self._serve(connection)
        while self._answers:
            self._take_answer(*self._answers.popleft())
        now = time.monotonic()
        if now - self._looked >= _LOOK_EVERY:
            self._looked = now
            self._look(now)

    def _accept(self) -> None:
        for _ in range(_MOST_ACCEPTED):
            try:
                client, _ = self._listener.accept()
            except BlockingIOError:
                return
            except OSError:  # no file is free for one more client; soon there will be
                self._selector.unregister(self._listener)
                self._accept_after = time.monotonic() + _LOOK_EVERY
                return
            try:
                client.setblocking(False)
                self._welcome(client)
            except OSError:  # it has gone again
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
        """Make room where there is none; other machines leave the reserved places free."""
        others = [one for one in self._connections if is_local or not one.peer.is_local]
        if len(others) < self._limits.connections - (0 if is_local else self._limits.reserved):
            return True
        most = max(self._groups[one.peer.group] for one in others)
        candidates = [one for one in others if one.state is not State.WORKING and self._groups[one.peer.group] == most]
        if not candidates or self._groups[group] > most:
            return False
        self._drop(min(candidates, key=lambda one: one.useful), self._service.too_many)
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
        except Exception as error:  # a mistake with one client must not end the others
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
            self._look_for_request(connection, at_end=not piece)

    def _look_for_request(self, connection: ClientConnection, at_end: bool = False) -> None:
        try:
            length = connection.framer.end(connection.received, at_end) if connection.received else None
        except RefusedError as refused:
            self._start_sending(connection, Response(refused.content, goes_on=False))
            return
        if length is None:
            if at_end:
                self._drop(connection)
            return
        connection.take_request(length)
        connection.state, connection.deadline = State.WORKING, NEVER
        self._selector.unregister(connection.socket)
        self._workers.add(connection)

    def _answered(self, connection: ClientConnection, answer: Response) -> None:
        """Take an answer from a worker's thread."""
        self._answers.append((connection, answer))
        self._wake_up()

    def _take_answer(self, connection: ClientConnection, answer: Response) -> None:
        if connection not in self._connections:
            return
        before = connection.held
        connection.request = bytearray()
        connection.outgoing, connection.goes_on = memoryview(answer.content), answer.goes_on
        self._count(connection, before)
        if connection not in self._connections:
            return
        delay = answer.delay
        if not connection.peer.is_local:
            delay = max(delay, min(_LONGEST_REST, self._workers.excess(connection.peer.group, self._limits.share)))
        if delay > 0:
            connection.state, connection.deadline = State.HELD, time.monotonic() + delay
        else:
            self._start_sending(connection, answer)

    def _start_sending(self, connection: ClientConnection, answer: Response) -> None:
        before = connection.held
        connection.outgoing, connection.goes_on = memoryview(answer.content), answer.goes_on
        self._count(connection, before)
        if connection not in self._connections:
            return
        connection.state = State.SENDING
        connection.deadline = time.monotonic() + self._limits.answer_within
        self._watch(connection, selectors.EVENT_WRITE)
        self._serve(connection)

    def _send(self, connection: ClientConnection) -> None:
        sent = connection.socket.send(connection.outgoing[:PIECE]) if connection.outgoing else 0
        before = connection.held
        connection.outgoing = connection.outgoing[sent:]
        self._count(connection, before)
        if connection.outgoing:
            return
        if not connection.goes_on:
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
        self._look_for_request(connection)

    def _watch(self, connection: ClientConnection, events: int) -> None:
        try:
            self._selector.modify(connection.socket, events, connection)
        except KeyError:
            self._selector.register(connection.socket, events, connection)

    def _count(self, connection: ClientConnection, before: int) -> None:
        """Note that a connection holds more or less than before; who holds the most goes where it is too much."""
        self._held += connection.held - before
        if self._held <= self._limits.held_bytes:
            return
        candidates = [one for one in self._connections if one.state is not State.WORKING]
        if candidates:
            self._drop(max(candidates, key=lambda one: one.held), self._service.too_many)

    def _look(self, now: float) -> None:
        """End what has had its time, and go on with what was held back."""
        for connection in [one for one in self._connections if one.deadline <= now]:
            if connection.state is State.HELD:
                connection.state, connection.deadline = State.SENDING, now + self._limits.answer_within
                self._watch(connection, selectors.EVENT_WRITE)
            else:
                reading = connection.state is State.READING and connection.received
                self._drop(connection, self._service.too_late if reading else b"")
        if self._accept_after and now >= self._accept_after:
            self._accept_after = 0.0
            self._selector.register(self._listener, selectors.EVENT_READ)

    def _drop(self, connection: ClientConnection, words: bytes = b"") -> None:
        """Disconnect a client; `words` are sent where it has none of an answer yet, and as far as it takes them."""
        if connection not in self._connections:
            return
        self._connections.discard(connection)
        self._groups[connection.peer.group] -= 1
        if not self._groups[connection.peer.group]:
            del self._groups[connection.peer.group]
        self._held -= connection.held
        self._workers.drop(connection)
        with contextlib.suppress(KeyError, ValueError):
            self._selector.unregister(connection.socket)
        if words and connection.state is State.READING:
            with contextlib.suppress(OSError):
                connection.socket.send(words)
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
