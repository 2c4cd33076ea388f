"""A service that answers lines, its limits, and a client of it: for the tests of the event loop."""

from __future__ import annotations

import select
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from plate_devices.clients.limits import ConnectionLimits, Peer, RefusedError, Response

LIMITS = ConnectionLimits(connections=8, held_bytes=1 << 20, workers=1, request_within=60.0, response_within=60.0)
HASTY = replace(LIMITS, request_within=0.6, response_within=0.6)


class Lines:
    """Finds lines."""

    def end(self, received: bytearray, at_end: bool) -> int | None:
        if received.startswith(b"bad"):
            raise RefusedError(b"refused\n")
        return received.find(b"\n") + 1 or None


class Echo:
    """Answers a line with itself; "work S" takes S seconds, "much N" gives N bytes, "late S" is held back.

    Attributes:
        asked: the lines. goes_on: what "hold" waits for. waiting: how many requests wait for a worker.
    """

    too_late, too_many = b"too late\n", b"too many\n"

    def __init__(self) -> None:
        self.asked: list[bytes] = []
        self.goes_on = threading.Event()
        self.waiting: Callable[[], int]

    def framer(self) -> Lines:
        return Lines()

    def answer(self, request: bytearray, _peer: Peer) -> Response:
        self.asked.append(bytes(request))
        words = request.split()
        if words[0] == b"hold":
            assert self.goes_on.wait(60)
        if words[0] == b"work":
            ends = time.thread_time() + float(words[1])
            while time.thread_time() < ends:
                continue
        if words[0] == b"fail":
            raise RuntimeError("a mistake")
        if words[0] == b"much":
            return Response(b"x" * int(words[1]) + b"\n")
        return Response(
            bytes(request), stays_open=words[0] != b"end", delay=float(words[1]) if words[0] == b"late" else 0.0
        )


Start = Callable[..., tuple[Echo, Callable[[], "Client"]]]


class Client:
    """One connection."""

    def __init__(self, path: Path) -> None:
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(20)
        self.socket.connect(str(path))
        self.stream = self.socket.makefile("rb")

    def send(self, words: bytes) -> None:
        self.socket.sendall(words)

    def ask(self, words: bytes) -> bytes:
        self.send(words + b"\n")
        return self.stream.readline()

    def close(self) -> None:
        self.stream.close()
        self.socket.close()


def is_hung_up(client: Client) -> bool:
    """Whether the other side has closed the connection; nothing is read."""
    poll = select.poll()
    poll.register(client.socket, 0)
    return bool(poll.poll(0))


def is_cut_off(client: Client, within: float = 30.0) -> bool:
    """Whether the connection ends; what still comes is read."""
    client.socket.settimeout(within)
    try:
        while client.socket.recv(1 << 16):
            continue
    except ConnectionError:
        return True
    except TimeoutError:
        return False
    return True
