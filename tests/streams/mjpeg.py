"""A small MJPEG server over HTTP, and all that such servers do wrong."""

from __future__ import annotations

import socket
import time
import zlib
from collections.abc import Callable

from streams.pictures import jpeg
from streams.serving import Server, read_request

QUIRKS = (
    "", "no length", "chunked", "quoted", "dashes", "none", "other boundary", "bare", "no headers", "octets", "motion",
    "no kind", "short", "long", "huge", "zero", "json", "line feeds", "gzip", "deflate", "closes", "continue",
)  # fmt: skip


class MjpegServer(Server):
    """Serves `http://127.0.0.1:port/video?channel=1`.

    Faults: "mute" says nothing, "missing" answers 404, "moved" 302 with a secret, "other" another protocol; "page",
    "picture" are other kinds of content; "headers" and "part headers" never end; "slow headers" come a byte at a time;
    "endless" sends a picture without an end; "said png" calls its pictures PNG; "damaged" sends half pictures, "text"
    no pictures; "stall" sends none, "ends" ends, "brotli" names another compression,
    "only json" sends what is no picture. `QUIRKS` are no faults.
    """

    def __init__(self, pictures: Callable[[int], bytes] = jpeg, **options: object) -> None:
        """Serve what `pictures` gives for 0, 1, ..., `rate` a second; each client begins where the time is."""
        super().__init__(**options)  # type: ignore[arg-type]
        self.pictures = pictures
        self._began = time.monotonic()

    @property
    def url(self) -> str:
        """Where to read it, with user and password where it asks for them."""
        login = f"{self.user}:{self.password}@" if self.user else ""
        return f"http://{login}127.0.0.1:{self.port}/video?channel=1"

    def serve(self, client: socket.socket) -> None:
        """Answer one request with a stream, or with what the fault says."""
        request = read_request(client.makefile("rb"))
        if request is None:
            return
        method, _, headers = request
        early = {
            "missing": "HTTP/1.0 404 Not Found\r\n\r\n",
            "moved": "HTTP/1.0 302 Found\r\nLocation: http://joe:hidden@elsewhere/\r\n\r\n",
            "other": "SSH-2.0-dropbear\r\n\r\n",
            "page": "HTTP/1.0 200 OK\r\nContent-Type: text/html\r\n\r\n<p>",
            "picture": "HTTP/1.0 200 OK\r\nContent-Type: image/jpeg\r\n\r\n",
        }
        if self.fault == "mute":
            self.stopping.wait()
        elif self.fault in ("headers", "slow headers"):
            self._send_headers(client)
        elif not self.authorised(method, headers):
            client.sendall(f"HTTP/1.0 401 Unauthorized\r\n{self.challenge()}\r\n\r\n".encode())
        elif self.fault in early:
            client.sendall(early[self.fault].encode())
        else:
            self._stream(client)

    def _send_headers(self, client: socket.socket) -> None:
        client.sendall(b"HTTP/1.0 200 OK\r\n")
        while not self.stopping.is_set():
            client.sendall(b"X" if self.fault == "slow headers" else b"X-More: and more\r\n" * 100)
            self.stopping.wait(0.05 if self.fault == "slow headers" else 0.0)

    def _stream(self, client: socket.socket) -> None:
        boundary = {"quoted": '; boundary="next picture"', "dashes": "; boundary=--next picture", "none": ""}.get(
            self.fault, "; boundary=another" if self.fault == "other boundary" else "; boundary=next picture"
        )
        encoding = {
            "chunked": "Transfer-Encoding: chunked\r\n",
            "gzip": "Content-Encoding: gzip\r\n",
            "deflate": "Content-Encoding: deflate\r\n",
            "brotli": "Content-Encoding: br\r\n",
        }.get(self.fault, "")
        coder = (
            zlib.compressobj(wbits=31 if self.fault == "gzip" else 15) if self.fault in ("gzip", "deflate") else None
        )
        kind = {"octets": "application/octet-stream", "motion": "video/x-motion-jpeg"}.get(
            self.fault, f"multipart/x-mixed-replace{boundary}"
        )
        kind = "" if self.fault == "no kind" else f"Content-Type: {kind}\r\n"
        head = f"HTTP/1.1 200 OK\r\n{kind}{encoding}\r\n"
        if self.fault == "continue":
            client.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        client.sendall((head.replace("\r\n", "\n") if self.fault == "line feeds" else head).encode())
        while not self.stopping.is_set():
            number = int((time.monotonic() - self._began) * self.rate)
            if self.fault == "ends":
                return
            if self.fault != "stall":
                part = self._part(number)
                self._send(client, coder.compress(part) + coder.flush(zlib.Z_SYNC_FLUSH) if coder else part)
            if self.fault == "closes":
                return
            due = self._began + (number + 1) / self.rate
            self.stopping.wait(max(0.0, due - time.monotonic()))

    def _part(self, number: int) -> bytes:
        picture = self.pictures(number)
        if self.fault == "damaged":
            picture = picture[: len(picture) // 2]
        if self.fault == "text":
            picture = b"busy, please wait"
        kind = b"Image/PNG" if self.fault == "said png" else b"image/jpeg"
        head = b"--next picture\r\nContent-Type: " + kind + b"\r\n"
        if self.fault == "only json":
            return head.replace(b"image/jpeg", b"application/json") + b"\r\n{}\r\n"
        if self.fault == "endless":
            return head + b"\r\n" + bytes(3 << 20)
        if self.fault == "part headers":
            return head + b"X-More: and more\r\n" * 1000
        if self.fault in ("bare", "motion"):
            return picture
        if self.fault == "no headers":
            return b"--next picture\r\n" + picture
        if self.fault in ("no length", "none"):
            return head + b"\r\n" + picture + b"\r\n"
        said = {"short": 100, "long": len(picture) + 500, "huge": 10**9, "zero": 0}.get(self.fault, len(picture))
        part = head + f"Content-Length: {said}\r\n\r\n".encode() + picture + b"\r\n"
        if self.fault == "json":
            part += (
                b'--next picture\r\nContent-Type: application/json\r\nContent-Length: 16\r\n\r\n{"motion":false}\r\n'
            )
        return part.replace(b"\r\n", b"\n") if self.fault == "line feeds" else part

    def _send(self, client: socket.socket, content: bytes) -> None:
        if self.fault != "chunked":
            client.sendall(content)
            return
        for start in range(0, len(content), 500):
            piece = content[start : start + 500]
            client.sendall(f"{len(piece):x};note=1\r\n".encode() + piece + b"\r\n")
