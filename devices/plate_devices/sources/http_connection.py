"""A connection to a network camera, with limits on time and size for slow and endless responses."""

from __future__ import annotations

import re
import socket
import time
from typing import TYPE_CHECKING

from plate_devices.sources.camera_address import ENCRYPTED
from plate_runtime.errors import DeviceError

if TYPE_CHECKING:
    from collections.abc import Callable

    from plate_devices.sources.camera_address import CameraAddress

CONNECT_WITHIN = 5.0
"""Seconds to connect: name lookup, handshake, request and response headers."""

SILENT_AFTER = 5.0
"""Seconds without data after which a stream counts as stalled."""

LONGEST_HEAD = 32 * 1024
"""Most bytes of status line and headers."""

_END_OF_HEAD = re.compile(rb"\r?\n\r?\n")


class ResponseHead:
    """Status line and headers of a response: protocol version, status, and values by lower-case name."""

    def __init__(self, version: str, status: int, headers: dict[str, list[str]]) -> None:
        self.version, self.status, self._headers = version, status, headers

    @property
    def hint(self) -> str:
        """The likely reason where there is no stream."""
        return "it may be busy or broken" if self.status // 100 == 5 else "is the path right?"

    @property
    def kind(self) -> str:
        """The header Content-Type without its parameters, in lower case."""
        return self.first("content-type").partition(";")[0].strip().lower()

    @property
    def length(self) -> int | None:
        """The header Content-Length; None where it is missing or not valid."""
        value = self.first("content-length")
        return int(value) if value.isdecimal() and value.isascii() and len(value) < 13 else None

    @property
    def is_chunked(self) -> bool:
        """Whether the content is sent in chunks, each with its size."""
        return self.first("transfer-encoding").lower() == "chunked"

    @property
    def keeps_alive(self) -> bool:
        """Whether the connection can be used again after the content."""
        value = self.first("connection").lower()
        return "keep-alive" in value if self.version == "HTTP/1.0" else "close" not in value

    def request_headers(self, names: dict[str, str]) -> str:
        """Return header lines for the next request; `names` maps response headers to request headers."""
        values = ((to, self.first(name.lower())) for name, to in names.items())
        return "".join(f"{to}: {value}\r\n" for to, value in values if value and value.isprintable())

    def all(self, name: str) -> list[str]:
        """Return all values of a header."""
        return self._headers.get(name, [])

    def first(self, name: str) -> str:
        """Return the first value of a header, or ""."""
        return next(iter(self.all(name)), "")


class CameraConnection:
    """A connection with bounded waits, used as a context. Errors name the address without its secrets."""

    def __init__(self, address: CameraAddress) -> None:
        """Connect. Raises DeviceError with the reason."""
        self._address = address
        self._deadline = time.monotonic() + CONNECT_WITHIN
        self._kept = bytearray()
        self._decrypted: Callable[[], int] = lambda: 0
        try:
            self._socket = socket.create_connection((address.host, address.port), CONNECT_WITHIN)
        except OSError as error:
            raise DeviceError(f"{address.shown} cannot be reached: {_reason(error)}") from error
        if address.scheme in ENCRYPTED:
            self._socket = self._encrypt(self._socket)

    def __enter__(self) -> CameraConnection:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection."""
        self._socket.close()

    def ask(self, request: str) -> ResponseHead:
        """Send a request and return status and headers of the response; `receive` returns the content."""
        self._deadline = time.monotonic() + CONNECT_WITHIN
        try:
            self._socket.sendall(request.encode("utf-8", "surrogateescape"))
        except OSError as error:
            raise DeviceError(f"{self._address.shown} closed the connection: {_reason(error)}") from error
        try:
            while (found := _parse(self._head())).status // 100 == 1:
                pass  # a note that the response follows
            return found
        except (ValueError, IndexError) as error:
            scheme = self._address.scheme.upper().removesuffix("S")
            raise DeviceError(f"{self._address.shown} does not respond in {scheme}; is the port right?") from error

    def receive(self, deadline: float | None = None) -> bytes:
        """Return the bytes that have come, at least one; b"" at the end.

        Args:
            deadline: in seconds of `time.monotonic`; a stream that sends nothing is given up earlier.
        """
        if self._kept:
            content, self._kept = bytes(self._kept), bytearray()
            return content
        now = time.monotonic()
        timeout = SILENT_AFTER if deadline is None else min(SILENT_AFTER, deadline - now)
        try:
            self._socket.settimeout(max(0.001, timeout))
            return self._socket.recv(1 << 18)
        except TimeoutError as error:
            raise DeviceError(f"{self._address.shown} has sent nothing complete for {SILENT_AFTER:g} s") from error
        except OSError as error:
            raise DeviceError(f"{self._address.shown} closed the connection: {_reason(error)}") from error

    def skip(self, count: int) -> None:
        """Drop `count` bytes of content, or all up to the end."""
        while count > 0 and (content := self.receive(self._deadline)):
            self._kept = bytearray(content[count:])
            count -= len(content)

    def more(self) -> bool:
        """Return whether `receive` would return at once."""
        import select

        return bool(self._kept or self._decrypted() or select.select([self._socket], [], [], 0)[0])

    def _head(self) -> str:
        head = bytearray()
        while (end := _END_OF_HEAD.search(head)) is None:
            if len(head) > LONGEST_HEAD or time.monotonic() > self._deadline:
                raise DeviceError(f"{self._address.shown} sends endless headers")
            piece = self.receive(self._deadline)
            if not piece:
                raise DeviceError(f"{self._address.shown} closed the connection without a response")
            head += piece
        self._kept = head[end.end() :]
        return head[: end.start()].decode("latin-1")

    def _encrypt(self, plain: socket.socket) -> socket.socket:
        import ssl

        # Certificates of cameras are self-signed. The variable SSL_CERT_FILE names a file with them, for OpenSSL.
        context = ssl.create_default_context()
        try:
            encrypted = context.wrap_socket(plain, server_hostname=self._address.host)
        except (OSError, ValueError) as error:
            plain.close()
            hint = "name a file with its certificate in the variable SSL_CERT_FILE"
            raise DeviceError(f"{self._address.shown} cannot be trusted: {_reason(error)}; {hint}") from error
        self._decrypted = encrypted.pending
        return encrypted


def _parse(head: str) -> ResponseHead:
    first, *rows = [row.removesuffix("\r") for row in head.split("\n")]
    version, status, *_ = first.split(" ", 2)
    if not version.startswith(("HTTP/", "RTSP/", "ICY")):
        raise ValueError(version)
    headers: dict[str, list[str]] = {}
    for row in rows:
        name, _, value = row.partition(":")
        headers.setdefault(name.strip().lower(), []).append(value.strip())
    return ResponseHead(version, int(status), headers)


def _reason(error: Exception) -> str:
    """Return the reason of an error without the address."""
    if isinstance(error, TimeoutError):
        return f"no response within {CONNECT_WITHIN:g} s"
    verify = getattr(error, "verify_message", "")  # of ssl.SSLCertVerificationError; importing ssl takes time
    return str(verify or getattr(error, "strerror", None) or type(error).__name__)
