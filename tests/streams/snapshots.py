"""A camera on loopback that gives one picture an answer, and that sends on to where it is reported."""

from __future__ import annotations

import gzip
import io
import socket
from collections.abc import Callable

from streams.pictures import draw, jpeg
from streams.serving import Server, read_request


def png(number: int) -> bytes:
    """Picture `number` as PNG."""
    stream = io.BytesIO()
    draw(number).save(stream, "PNG")
    return stream.getvalue()


class SnapshotServer(Server):
    """Serves `/picture`; its number grows with each answer, unless `still`.

    Faults: "no length" hangs up after each picture, "chunked" sends chunks, "closes" hangs up without a word, "long"
    and "short" name a wrong length, "etag" answers 304 to who has the picture, "png" sends PNG, "gzip"
    compresses it, "bomb" compresses too much, "html" a page.

    Attributes:
        moves: path -> where it sends on to. requests: each path with its headers.
    """

    def __init__(self, still: bool = False, **options: object) -> None:
        super().__init__(**options)  # type: ignore[arg-type]
        self.still = still
        self.moves: dict[str, str] = {}
        self.requests: list[tuple[str, dict[str, str]]] = []
        self.answered = 0
        self.pictures: Callable[[int], bytes] = jpeg

    @property
    def url(self) -> str:
        """Where a picture is, with user and password where it asks for them."""
        login = f"{self.user}:{self.password}@" if self.user else ""
        return f"http://{login}127.0.0.1:{self.port}/picture"

    def serve(self, client: socket.socket) -> None:
        """Answer requests, one after the other."""
        stream = client.makefile("rb")
        while request := read_request(stream):
            method, target, headers = request
            self.requests.append((target, headers))
            if target in self.moves:
                answer = f"HTTP/1.1 302 Found\r\nLocation: {self.moves[target]}\r\nContent-Length: 0\r\n\r\n".encode()
            elif not self.authorised(method, headers):
                answer = f"HTTP/1.1 401 Unauthorized\r\n{self.challenge()}\r\nContent-Length: 0\r\n\r\n".encode()
            else:
                answer = self._picture(headers)
            client.sendall(answer)
            if self.fault in ("no length", "closes", "short") or headers.get("connection") == "close":
                return

    def _picture(self, headers: dict[str, str]) -> bytes:
        number = 0 if self.still else self.answered
        self.answered += 1
        content = png(number) if self.fault == "png" else self.pictures(number)
        if self.fault in ("gzip", "bomb"):
            content = gzip.compress(content if self.fault == "gzip" else bytes(64 << 20))
        kind = {"png": "image/png", "html": "text/html"}.get(self.fault, "image/jpeg")
        rows = f"Content-Type: {kind}\r\n"
        if self.fault in ("gzip", "bomb"):
            rows += "Content-Encoding: gzip\r\n"
        if self.fault == "etag":
            rows += f'ETag: "{number}"\r\n'
            if headers.get("if-none-match") == f'"{number}"':
                return f'HTTP/1.1 304 Not Modified\r\nETag: "{number}"\r\n\r\n'.encode()
        if self.fault == "chunked":
            body = b"".join(b"%x\r\n%s\r\n" % (len(content[at : at + 300]), content[at : at + 300])
                            for at in range(0, len(content), 300)) + b"0\r\n\r\n"  # fmt: skip
            return f"HTTP/1.1 200 OK\r\n{rows}Transfer-Encoding: chunked\r\n\r\n".encode() + body
        if self.fault == "no length":
            return f"HTTP/1.1 200 OK\r\n{rows}\r\n".encode() + content
        length = len(content) + {"long": 500, "short": -40}.get(self.fault, 0)
        return f"HTTP/1.1 200 OK\r\n{rows}Content-Length: {length}\r\n\r\n".encode() + content
