"""What a hostile client does with one connection. Each attack ends by itself within half a minute."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Callable

Attack = Callable[[socket.socket], None]

HOLD = 15.0
"""Seconds for which a connection is held, at most; a server should end it sooner."""

_HEAD = b"GET /state HTTP/1.1\r\nHost: localhost\r\n"


def _hold(peer: socket.socket) -> None:
    """Connect, say nothing, and wait for the end."""
    _wait(peer)


def _trickle(words: bytes) -> Attack:
    """Send the beginning of a request, then a byte every half second."""

    def attack(peer: socket.socket) -> None:
        peer.sendall(words)
        ends = time.monotonic() + HOLD
        while time.monotonic() < ends:
            peer.sendall(b"x")
            time.sleep(0.5)

    return attack


def _deaf(words: bytes) -> Attack:
    """Ask again and again, and read nothing."""

    def attack(peer: socket.socket) -> None:
        peer.settimeout(0.5)
        ends = time.monotonic() + HOLD
        while time.monotonic() < ends:
            try:
                peer.sendall(words)
            except TimeoutError:
                continue
            time.sleep(0.05)

    return attack


def _send(words: Callable[[], bytes], pause: float = 0.2) -> Attack:
    """Send it, read what comes, and hang up."""

    def attack(peer: socket.socket) -> None:
        peer.sendall(words())
        _wait(peer, 2.0)
        time.sleep(pause)

    return attack


def _ask(words: bytes, pause: float) -> Attack:
    """Ask and read, over and over."""

    def attack(peer: socket.socket) -> None:
        peer.settimeout(5.0)
        ends = time.monotonic() + HOLD
        while time.monotonic() < ends:
            peer.sendall(words)
            if not peer.recv(1 << 16):
                return
            time.sleep(pause)

    return attack


def _vanish(words: bytes) -> Attack:
    """Ask and hang up at once."""

    def attack(peer: socket.socket) -> None:
        peer.sendall(words)
        time.sleep(0.1)

    return attack


ON_PAGE: dict[str, Attack] = {
    "says nothing": _hold,
    "sends a head by bytes": _trickle(_HEAD + b"X: "),
    "sends a body by bytes": _trickle(b"POST /login HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4000\r\n\r\n"),
    "reads nothing": _deaf((_HEAD + b"\r\n").replace(b"/state", b"/page.js") * 50),
    "sends endless headers": _send(lambda: _HEAD + b"X: y\r\n" * 100_000),
    "sends a large body": _send(lambda: b"POST /roi HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000000\r\n\r\n"),
    "speaks TLS": _send(lambda: b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(500)),
    "guesses tokens": _ask(b"POST /login HTTP/1.1\r\nHost: localhost\r\nContent-Length: 7\r\n\r\ntoken=x", 0.2),
    "waits for pictures": _ask(_HEAD.replace(b"/state", b"/frame?after=99999999") + b"\r\n", 0.2),
    "asks and is gone": _vanish(_HEAD + b"\r\n"),
}

ON_SOCKET: dict[str, Attack] = {
    "says nothing": _hold,
    "sends a line by bytes": _trickle(b'{"path": "'),
    "sends a picture by bytes": _trickle(b'{"bytes": 67108864}\n'),
    "reads nothing": _deaf(b'{"id": "' + b"x" * 30_000 + b'", "path": "none"}\n'),
    "nests 60 MB": _send(lambda: b'{"id": [' + b"[]," * 20_000_000 + b"[]]}\n", pause=3.0),
    "sends a line without end": _send(lambda: b"x" * (70 << 20), pause=3.0),
    "sends 60 MB of pixels": _send(lambda: b'{"bytes": 60000000}\n' + bytes(60_000_000), pause=3.0),
    "names what is no file": _ask(b'{"path": "/dev/zero"}\n', 0.1),
    "names a file of the system": _ask(b'{"path": "/proc/kmsg"}\n', 0.1),
    "asks for NaN": _ask(b'{"id": NaN, "path": "x"}\n', 0.1),
    "nests deep": _send(lambda: b'{"id": ' + b"[" * 100_000 + b"}\n"),
    "asks and is gone": _vanish(json.dumps({"image": "A" * 40_000}).encode() + b"\n"),
}


def _wait(peer: socket.socket, seconds: float = HOLD) -> None:
    peer.settimeout(seconds)
    while peer.recv(1 << 16):
        continue
