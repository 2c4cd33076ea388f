"""MJPEG over HTTP: the base install reads it, no OpenCV needed."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from plate_devices.sources.base import Frame, Region
from plate_devices.sources.connection import SILENT_AFTER, Answer, Connection
from plate_devices.sources.login import answer
from plate_devices.sources.multipart import Chunks, FormatError, Parts, boundary_of
from plate_devices.sources.pace import Pace
from plate_devices.sources.reopening import LoginError
from plate_runtime.errors import DeviceError, InputError
from plate_runtime.image import CAMERA, CAMERA_PNG, open_picture

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plate_devices.sources.address import Address

_DAMAGED = 5
"""So many damaged pictures in a row are no accident: the connection is made anew."""

_AT_ONCE = 8 * 1024 * 1024
"""Most bytes that are taken before a picture is decoded; who sends faster than that is not waited for."""


class MjpegStream:
    """A camera, or a program, that sends one JPEG after the other in an answer without an end.

    Attributes:
        dropped: pictures that came while an earlier one was being decoded, damaged ones, and what `pace` leaves out.
    """

    still = False
    state = ""
    default_roi: Region | None = None

    def __init__(self, address: Address, pace: Pace | None = None) -> None:
        """Take where it is, and how often a picture is wanted; nothing is opened yet."""
        self.name = address.shown
        self.dropped = 0
        self._address = address
        self._pace = pace or Pace()
        self._connection: Connection | None = None

    def frames(self) -> Iterator[Frame]:
        """Yield the newest picture each time. Raises DeviceError, or LoginError, when there is none, or no more."""
        number = damaged = 0
        for picture, kind, passed in self._pictures():
            number += passed
            if not self._pace.takes():
                self.dropped += 1
                number += 1
                continue
            try:
                limits = CAMERA_PNG if kind == "image/png" else CAMERA
                rgb = open_picture(picture, name="one of them", limits=limits).rgb
            except InputError as error:
                damaged += 1
                self.dropped += 1
                if damaged >= _DAMAGED:
                    raise DeviceError(f"{self.name} sends pictures that cannot be read; {error}") from error
            else:
                damaged = 0
                yield Frame(rgb, number, datetime.now(UTC))
            number += 1

    def close(self) -> None:
        """Hang up."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _pictures(self) -> Iterator[tuple[bytes, str, int]]:
        """Yield the newest whole picture that is there, as a file, its Content-Type, and how many were passed over."""
        parts, chunks = self._open()
        whole = time.monotonic()
        while not (chunks and chunks.ended):
            newest, kind, passed = None, "", 0
            for content in self._receive(whole + SILENT_AFTER):
                for part in self._cut(parts, chunks.feed(content) if chunks else content):
                    passed += newest is not None
                    newest, kind = part, parts.kind
            if newest is not None:
                self.dropped += passed
                yield newest, kind, passed
                whole = time.monotonic()
        raise DeviceError(f"{self.name} has ended")

    def _receive(self, within: float) -> Iterator[bytes]:
        """Wait for bytes, and yield them with all that came meanwhile."""
        assert self._connection is not None
        taken = 0
        while not taken or (self._connection.more() and taken < _AT_ONCE):
            content = self._connection.receive(within)
            if not content:
                raise DeviceError(f"{self.name} has ended")
            taken += len(content)
            yield content

    def _cut(self, parts: Parts, content: bytes) -> Iterator[bytes]:
        try:
            yield from parts.feed(content)
        except FormatError as error:
            raise DeviceError(f"{self.name} {error}") from error

    def _open(self) -> tuple[Parts, Chunks | None]:
        """Ask for the stream, a second time with the login if need be, and see that it is one."""
        found = self._ask("")
        if found.status == 401:
            login = self._login(found)
            self.close()
            found = self._ask(f"Authorization: {login}\r\n")
        self._check(found)
        boundary = boundary_of(found.first("content-type"))
        return Parts(boundary), Chunks() if found.first("transfer-encoding").lower() == "chunked" else None

    def _ask(self, login: str) -> Answer:
        self._connection = Connection(self._address)
        rows = f"Host: {self._address.host_and_port}\r\nAccept: */*\r\nUser-Agent: plate-edge\r\n{login}"
        return self._connection.ask(f"GET {self._address.target} HTTP/1.0\r\n{rows}\r\n")

    def _login(self, found: Answer) -> str:
        address = self._address
        if not address.user:
            raise LoginError(
                f"{self.name} asks for user and password: {address.scheme}://USER:PASSWORD@{address.host}/..."
            )
        login = answer(found.all("www-authenticate"), address.user, address.password, "GET", address.target)
        if login is None:
            raise LoginError(f"{self.name} asks for a login of an unknown kind; basic and digest are known")
        return login

    def _check(self, found: Answer) -> None:
        """Raise DeviceError where the answer is no stream. Its own words may hold secrets."""
        if found.status in (401, 403):
            raise LoginError(f"{self.name} refuses user or password ({found.status})")
        if found.status != 200:
            raise DeviceError(f"{self.name} answers {found.status}, not a stream; {found.hint}")
        kind = found.first("content-type").partition(";")[0].strip().lower()
        if not kind.startswith("multipart/") or not boundary_of(found.first("content-type")):
            said = kind if re.fullmatch(r"[\w/+.-]{1,40}", kind) else "something else"
            raise DeviceError(f"{self.name} gives {said}, no MJPEG stream (multipart/x-mixed-replace)")
