"""A broker with a part of MQTT 3.1.1 and 5, on loopback, which misbehaves if a test says so."""

from __future__ import annotations

import socket
import struct
import threading
from contextlib import suppress
from typing import NamedTuple

V311, V5 = 4, 5
_ACCEPTED, _UNSUPPORTED_5, _TAKEN_OVER = 0x00, 0x84, 0x8E


class Said(NamedTuple):
    """A published message: client id, topic and payload."""

    client: str
    topic: str
    payload: bytes


class SmallBroker:
    """Takes connections, disconnects a client when another comes with its id, and hands messages on.

    Attributes:
        versions: that it speaks. hangs_up: whether it disconnects right after it has accepted.
        forbids: whether it disconnects who subscribes.
        clients: the ids of all that were accepted, in order. said: what was published.
        instead: bytes that are sent in place of the answer to CONNECT.
    """

    def __init__(self, versions: tuple[int, ...] = (V311, V5)) -> None:
        self.versions, self.hangs_up, self.forbids, self.instead = versions, False, False, b""
        self.clients: list[str] = []
        self.said: list[Said] = []
        self._lock = threading.RLock()
        self._open: dict[str, _Session] = {}
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._accepting = threading.Thread(target=self._accept, daemon=True)
        self._accepting.start()

    def close(self) -> None:
        """Disconnect all clients."""
        # A thread that still waits at a closed socket may take the connections of the next one with its number.
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._accepting.join(30.0)
        self._listener.close()
        with self._lock:
            for session in list(self._open.values()):
                session.end()

    def disconnect(self) -> None:
        """Disconnect all clients, and go on listening."""
        with self._lock:
            for session in list(self._open.values()):
                session.end()
            self._open.clear()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(_Session(client),), daemon=True).start()

    def _serve(self, session: _Session) -> None:
        with suppress(OSError, ValueError, IndexError, struct.error):
            if self._welcome(session):
                while True:
                    self._take(session, *session.packet())
        session.end()
        session.socket.close()
        with self._lock:
            if self._open.get(session.client_id) is session:
                del self._open[session.client_id]

    def _welcome(self, session: _Session) -> bool:
        _, body = session.packet()
        session.version = body[6]
        properties = b"\0" if session.version == V5 else b""
        if session.version not in self.versions:
            # A broker that knows 3.1.1 alone answers in its own words.
            session.send(0x20, b"\0\x01" if V5 not in self.versions else bytes((0, _UNSUPPORTED_5)) + properties)
            return False
        start = 10 + (1 + body[10] if session.version == V5 else 0)
        size = struct.unpack_from("!H", body, start)[0]
        session.client_id = body[start + 2 : start + 2 + size].decode()
        with self._lock:
            self.clients.append(session.client_id)
            if former := self._open.pop(session.client_id, None):
                former.end(_TAKEN_OVER)
            self._open[session.client_id] = session
        if self.instead:
            session.socket.sendall(self.instead)
            return True
        session.send(0x20, bytes((0, _ACCEPTED)) + properties)
        return not self.hangs_up

    def _take(self, session: _Session, kind: int, body: bytes) -> None:
        rest = b"\0" if session.version == V5 else b""
        if kind >> 4 == 3:
            size = struct.unpack_from("!H", body)[0]
            topic, after = body[2 : 2 + size], 2 + size
            number = body[after : after + 2] if kind & 6 else b""
            payload = body[after + len(number) + len(rest) :]
            with self._lock:
                self.said.append(Said(session.client_id, topic.decode(), payload))
                if number:
                    session.send(0x40, number)
                for other in self._open.values():
                    if topic.decode() in other.topics:
                        extra = b"\0" if other.version == V5 else b""
                        other.send(0x30, body[: 2 + size] + extra + payload)
        elif kind >> 4 == 8:
            if self.forbids:
                raise OSError
            start = 2 + len(rest)
            size = struct.unpack_from("!H", body, start)[0]
            session.topics.add(body[start + 2 : start + 2 + size].decode())
            session.send(0x90, body[:2] + rest + b"\0")
        elif kind >> 4 == 12:
            session.send(0xD0, b"")
        elif kind >> 4 == 14:
            raise OSError


class _Session:
    def __init__(self, client: socket.socket) -> None:
        self.socket, self.version, self.client_id = client, V311, ""
        self.topics: set[str] = set()
        self._lock = threading.Lock()

    def packet(self) -> tuple[int, bytes]:
        kind, size, shift = self._read(1)[0], 0, 0
        while True:
            byte = self._read(1)[0]
            size |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return kind, self._read(size)

    def send(self, kind: int, body: bytes) -> None:
        size, head = len(body), bytearray((kind,))
        while True:
            head.append(size & 0x7F | (0x80 if size > 0x7F else 0))
            size >>= 7
            if not size:
                break
        with self._lock, suppress(OSError):
            self.socket.sendall(bytes(head) + body)

    def end(self, reason: int | None = None) -> None:
        """Disconnect; the thread that receives closes the socket."""
        if reason is not None and self.version == V5:
            self.send(0xE0, bytes((reason, 0)))
        with suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)

    def _read(self, size: int) -> bytes:
        found = b""
        while len(found) < size:
            piece = self.socket.recv(size - len(found))
            if not piece:
                raise OSError
            found += piece
        return found
