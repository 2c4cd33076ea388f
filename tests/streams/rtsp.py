"""A small RTSP server: one JPEG stream (RFC 2435) interleaved in the RTSP connection (RFC 2326)."""

from __future__ import annotations

import select
import socket
import struct
import time
from collections.abc import Callable
from typing import Any

from streams.pictures import jpeg
from streams.serving import Server, read_request

_CLOCK = 90_000
_PIECE = 1200


class RtspServer(Server):
    """Serves `rtsp://127.0.0.1:port/drawn`, or sends on to `moved`; `logins` has the login of each request, or "".

    Faults: "mute" takes connections and says nothing, "stall" plays without sending pictures (also in the midst of a
    stream), "garbage" sends damaged pictures, "missing" answers 404, "other" answers in another protocol.
    """

    def __init__(self, pictures: Callable[[int], bytes] = jpeg, **options: object) -> None:
        """Serve what `pictures` gives for 0, 1, ..., `rate` a second; JPEGs as `pictures.jpeg` makes
        them, up to 2040x2040, both a multiple of 16."""
        super().__init__(**options)  # type: ignore[arg-type]
        self._pictures = pictures
        self.moved = ""
        self.logins: list[str] = []

    @property
    def url(self) -> str:
        """Where to read it, with user and password where it asks for them."""
        login = f"{self.user}:{self.password}@" if self.user else ""
        return f"rtsp://{login}127.0.0.1:{self.port}/drawn"

    def serve(self, client: socket.socket) -> None:
        """Answer requests until PLAY, then send pictures and go on answering."""
        stream = client.makefile("rb")
        while not self.stopping.is_set() and (request := read_request(stream)):
            if self.fault == "mute":
                self.stopping.wait()
                return
            if self.fault == "other":
                client.sendall(b"HELO 1.0 what\r\n\r\n")
                return
            method, _, headers = request
            self._answer(client, method, headers)
            if method == "PLAY":
                self._play(client, stream)
                return
            if method == "TEARDOWN":
                return

    def _answer(self, client: socket.socket, method: str, headers: dict[str, str]) -> None:
        rows = [f"CSeq: {headers.get('cseq', '0')}"]
        body, status = "", "200 OK"
        self.logins.append(headers.get("authorization", ""))
        if method == "OPTIONS":
            rows.append("Public: OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN, GET_PARAMETER")
        elif not self.authorised(method, headers):
            status, rows = "401 Unauthorized", [*rows, self.challenge()]
        elif self.moved:
            status, rows = "302 Found", [*rows, f"Location: {self.moved}"]
        elif self.fault == "missing":
            status = "404 Not Found"
        elif method == "DESCRIBE":
            body = _SDP.replace("\n", "\r\n")
            rows += ["Content-Type: application/sdp", f"Content-Length: {len(body)}"]
        elif method == "SETUP":
            if "TCP" not in headers.get("transport", ""):
                status = "461 Unsupported Transport"
            rows += ["Transport: RTP/AVP/TCP;unicast;interleaved=0-1", "Session: 1234;timeout=60"]
        elif method == "PLAY":
            rows.append("Session: 1234")
        client.sendall("\r\n".join([f"RTSP/1.0 {status}", *rows, "", body]).encode())

    def _play(self, client: socket.socket, stream: Any) -> None:
        sequence = number = 0
        started = time.monotonic()
        while not self.stopping.is_set():
            if select.select([client], [], [], 0)[0]:
                asked = client.recv(4096)
                if not asked or asked.startswith(b"TEARDOWN"):
                    return
            if self.fault != "stall":
                content = self._pictures(number % 65536)
                if self.fault == "garbage":
                    content = content[:700] + bytes(len(content) - 700)
                for packet in _packets(content, sequence, int(number * _CLOCK / self.rate)):
                    client.sendall(b"$\0" + struct.pack(">H", len(packet)) + packet)
                    sequence += 1
            number += 1
            self.stopping.wait(max(0.0, started + number / self.rate - time.monotonic()))


_SDP = """v=0
o=- 1 1 IN IP4 127.0.0.1
s=drawn
c=IN IP4 0.0.0.0
t=0 0
a=control:*
m=video 0 RTP/AVP 26
a=control:track1
"""


def _packets(content: bytes, sequence: int, timestamp: int) -> list[bytes]:
    """One JPEG as RTP packets; its quantisation tables go with the first, its Huffman tables are the standard ones."""
    tables, (height, width), scan = _take_apart(content)
    packets = []
    for offset in range(0, len(scan), _PIECE):
        piece = scan[offset : offset + _PIECE]
        last = offset + _PIECE >= len(scan)
        count = (sequence + len(packets)) & 0xFFFF
        head = struct.pack(">BBHII", 0x80, 26 | 0x80 * last, count, timestamp & 0xFFFFFFFF, 7)
        picture = struct.pack(">IBBBB", offset, 1, 255, width // 8, height // 8)
        quantisation = b"" if offset else struct.pack(">BBH", 0, 0, len(tables)) + tables
        packets.append(head + picture + quantisation + piece)
    return packets


def _take_apart(content: bytes) -> tuple[bytes, tuple[int, int], bytes]:
    """Return a JPEG's quantisation tables, its height and width, and its entropy-coded data."""
    tables, size = b"", (0, 0)
    at = 2
    while True:
        marker, length = content[at + 1], struct.unpack(">H", content[at + 2 : at + 4])[0]
        segment = content[at + 4 : at + 2 + length]
        at += 2 + length
        if marker == 0xDB:
            while segment:
                tables, segment = tables + segment[1:65], segment[65:]
        if marker == 0xC0:
            size = struct.unpack(">HH", segment[1:5])
        if marker == 0xDA:
            return tables, size, content[at:-2]
