"""A connection to a network camera that takes bounded time: no answer, however slow or long, holds it up."""

from __future__ import annotations

import re
import socket
import time
from typing import TYPE_CHECKING

from plate_devices.sources.camera_address import ENCRYPTED
from plate_runtime.errors import DeviceError

if TYPE_CHECKING:
    from plate_devices.sources.camera_address import Address

CONNECT_WITHIN = 5.0
"""Seconds for all of a connection's beginning: name, handshake, request and headers."""

SILENT_AFTER = 5.0
"""Seconds without a byte after which a stream counts as stalled."""

LONGEST_HEAD = 32 * 1024
"""Most bytes of an answer's status line and headers."""


_END_OF_HEAD = re.compile(rb"\r?\n\r?\n")


class Answer:
    """The head of an answer: `version` of the protocol, `status`, headers by lower-case name, each a list of values."""

    def __init__(self, version: str, status: int, headers: dict[str, list[str]]) -> None:
        self.version, self.status, self._headers = version, status, headers

    @property
    def hint(self) -> str:
        """What may be wrong where there is no stream."""
        return "it may be busy or broken" if self.status // 100 == 5 else "is the path right?"

    @property
    def kind(self) -> str:
        """The header Content-Type without its parameters, in small letters."""
        return self.first("content-type").partition(";")[0].strip().lower()

    @property
    def length(self) -> int | None:
        """The header Content-Length, None where it says nothing that could be."""
        said = self.first("content-length")
        return int(said) if said.isdecimal() and said.isascii() and len(said) < 13 else None

    @property
    def is_chunked(self) -> bool:
        """Whether the content comes in chunks, each with its size."""
        return self.first("transfer-encoding").lower() == "chunked"

    @property
    def keeps_alive(self) -> bool:
        """Whether the connection may be used again once the content has been read."""
        said = self.first("connection").lower()
        return "keep-alive" in said if self.version == "HTTP/1.0" else "close" not in said

    def rows(self, names: dict[str, str]) -> str:
        """Return values of headers as rows of a request, under the names that they have there."""
        values = ((to, self.first(name.lower())) for name, to in names.items())
        return "".join(f"{to}: {value}\r\n" for to, value in values if value and value.isprintable())

    def all(self, name: str) -> list[str]:
        """All values of a header."""
        return self._headers.get(name, [])

    def first(self, name: str) -> str:
        """The first value of a header, or ""."""
        return next(iter(self.all(name)), "")


class Connection:
    """Bytes from a camera, each wait bounded. Use it as a context; errors are one sentence with the shown address."""

    def __init__(self, address: Address) -> None:
        """Connect. Raises DeviceError with the reason, as the network gives it."""
        self._address = address
        self._deadline = time.monotonic() + CONNECT_WITHIN
        self._kept = bytearray()
        try:
            self._socket = socket.create_connection((address.host, address.port), CONNECT_WITHIN)
        except OSError as error:
            raise DeviceError(f"{address.shown} cannot be reached: {_reason(error)}") from error
        if address.scheme in ENCRYPTED:
            self._socket = self._encrypt(self._socket)

    def __enter__(self) -> Connection:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Hang up."""
        self._socket.close()

    def ask(self, request: str) -> Answer:
        """Send a request and return the head of its answer; what follows is read with `receive`."""
        self._deadline = time.monotonic() + CONNECT_WITHIN
        try:
            self._socket.sendall(request.encode("utf-8", "surrogateescape"))
        except OSError as error:
            raise DeviceError(f"{self._address.shown} hangs up: {_reason(error)}") from error
        head = self._head()
        try:
            return _parse(head)
        except (ValueError, IndexError) as error:
            scheme = self._address.scheme.upper().removesuffix("S")
            raise DeviceError(f"{self._address.shown} does not answer in {scheme}; is the port right?") from error

    def receive(self, within: float | None = None) -> bytes:
        """Return what has come, at least a byte; b"" at the end.

        Args:
            within: the moment, of `time.monotonic`, at which all patience ends; a stream that sends nothing ends it
                sooner.
        """
        if self._kept:
            content, self._kept = bytes(self._kept), bytearray()
            return content
        now = time.monotonic()
        patience = SILENT_AFTER if within is None else min(SILENT_AFTER, within - now)
        try:
            self._socket.settimeout(max(0.001, patience))
            return self._socket.recv(1 << 18)
        except TimeoutError as error:
            raise DeviceError(f"{self._address.shown} has sent nothing whole for {SILENT_AFTER:g} s") from error
        except OSError as error:
            raise DeviceError(f"{self._address.shown} hangs up: {_reason(error)}") from error

    def skip(self, count: int) -> None:
        """Drop so many bytes, of content that is not wanted, or all there are until the end."""
        while count > 0 and (content := self.receive(self._deadline)):
            self._kept = bytearray(content[count:])
            count -= len(content)

    def more(self) -> bool:
        """Whether bytes are there already, so that `receive` would not wait."""
        import select

        waiting = getattr(self._socket, "pending", lambda: 0)()
        return bool(self._kept or waiting or select.select([self._socket], [], [], 0)[0])

    def _head(self) -> str:
        head = bytearray()
        while (end := _END_OF_HEAD.search(head)) is None:
            if len(head) > LONGEST_HEAD or time.monotonic() > self._deadline:
                raise DeviceError(f"{self._address.shown} sends headers without an end")
            piece = self.receive(self._deadline)
            if not piece:
                raise DeviceError(f"{self._address.shown} hangs up without an answer")
            head += piece
        self._kept = head[end.end() :]
        return head[: end.start()].decode("latin-1")

    def _encrypt(self, plain: socket.socket) -> socket.socket:
        import ssl

        # Cameras sign their own certificates. Who wants theirs checked gives OpenSSL a file with SSL_CERT_FILE.
        context = ssl.create_default_context()
        try:
            return context.wrap_socket(plain, server_hostname=self._address.host)
        except (OSError, ValueError) as error:
            plain.close()
            hint = "name a file with its certificate in the variable SSL_CERT_FILE"
            raise DeviceError(f"{self._address.shown} cannot be trusted: {_reason(error)}; {hint}") from error


def _parse(head: str) -> Answer:
    first, *rows = [row.removesuffix("\r") for row in head.split("\n")]
    version, status, *_ = first.split(" ", 2)
    if not version.startswith(("HTTP/", "RTSP/", "ICY")):
        raise ValueError(version)
    headers: dict[str, list[str]] = {}
    for row in rows:
        name, _, value = row.partition(":")
        headers.setdefault(name.strip().lower(), []).append(value.strip())
    return Answer(version, int(status), headers)


def _reason(error: Exception) -> str:
    """Why it failed, in words that hold no address."""
    if isinstance(error, TimeoutError):
        return f"no answer within {CONNECT_WITHIN:g} s"
    verify = getattr(error, "verify_message", "")
    return str(verify or getattr(error, "strerror", None) or type(error).__name__)
