"""Cameras over HTTP, MJPEG streams and addresses of single pictures: the base install reads them, no OpenCV needed."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

from plate_devices.sources.frame_rate import Pace
from plate_devices.sources.http_connection import SILENT_AFTER, Answer
from plate_devices.sources.http_requests import Requests
from plate_devices.sources.multipart import Chunks, FormatError, Parts
from plate_devices.sources.source import Frame, Roi
from plate_runtime.errors import DeviceError, InputError
from plate_runtime.pictures.open_picture import CAMERA, CAMERA_PNG, open_picture

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np
    from numpy.typing import NDArray

    from plate_devices.sources.camera_address import Address

_DAMAGED = 5
"""So many damaged pictures in a row are no accident: the connection is made again."""

_AT_ONCE = 8 * 1024 * 1024
"""Most bytes that are taken before a picture is decoded; who sends faster than that is not waited for."""

SNAPSHOT_RATE = 2.0
"""Pictures a second that are asked for at an address that gives one at a time, unless --fps says otherwise."""

# What cameras call their streams, beside multipart/x-mixed-replace.
_STREAMS = re.compile(r"multipart/.*|video/(?:x-)?(?:motion-?)?m?jpe?g|application/octet-stream|image/.*|")
_PICTURES = ("image/jpeg", "image/jpg", "image/pjpeg", "image/png")


class _Sent(NamedTuple):
    """A picture as it came: the file, its Content-Type, how many were passed over since the one before.

    `content` is None where the picture is the same as before.
    """

    content: bytes | None
    kind: str
    passed: int = 0


class MjpegStream:
    """A camera, or a program, that sends one JPEG after the other in an answer without an end, or one an answer.

    Attributes:
        dropped: pictures that came while an earlier one was being decoded, damaged ones, and what `pace` leaves out.
    """

    still = False
    state = ""
    default_roi: Roi | None = None

    def __init__(self, address: Address, pace: Pace | None = None, redirect: str | None = None) -> None:
        """Take where it is, how often a picture is wanted, and the one other host that it may send on to.

        Nothing is opened yet.
        """
        self.name = address.shown
        self.dropped = 0
        self._pace = pace or Pace()
        self._camera = Requests(address, redirect)

    def frames(self) -> Iterator[Frame]:
        """Yield the newest picture each time. Raises DeviceError, or LoginError, when there is none, or no more."""
        number = damaged = 0
        last: NDArray[np.uint8] | InputError = InputError("")
        for sent in self._sent():
            number += sent.passed
            if sent.content is not None:
                last = _decoded(sent.content, sent.kind)
            if isinstance(last, InputError):
                damaged += 1
                self.dropped += 1
                if damaged >= _DAMAGED:
                    raise DeviceError(f"{self.name} sends pictures that cannot be read; {last}") from last
            else:
                damaged = 0
                yield Frame(last, number, datetime.now(UTC))
            number += 1

    def close(self) -> None:
        """Hang up."""
        self._camera.close()

    def _sent(self) -> Iterator[_Sent]:
        """Yield what is wanted of what the camera sends, each the newest whole picture that is there."""
        found = self._camera.get()
        kind = found.kind
        if not _STREAMS.fullmatch(kind):
            said = kind if re.fullmatch(r"[\w/+.-]{1,40}", kind) else "something else"
            raise DeviceError(f"{self.name} gives {said}, no MJPEG stream (multipart/x-mixed-replace) and no picture")
        if kind in _PICTURES:
            yield from self._snapshots(found)
        skipped = 0
        for sent in self._stream(found):
            if self._pace.takes():
                yield sent._replace(passed=sent.passed + skipped)
                skipped = 0
            else:
                self.dropped += 1
                skipped += 1 + sent.passed

    def _snapshots(self, found: Answer) -> Iterator[_Sent]:
        """Yield one picture of each answer. One that has not changed is neither sent nor decoded where that is said."""
        last, since, asked = b"", "", time.monotonic()
        self._pace.wait()
        while True:
            content = self._camera.picture(found, asked + SILENT_AFTER)
            if found.status == 200 and not content:
                raise DeviceError(f"{self.name} gives an empty picture")
            same = found.status == 304 or content == last
            yield _Sent(None if same else content, found.kind)
            if found.status == 200:
                last = content
                since = found.rows({"ETag": "If-None-Match", "Last-Modified": "If-Modified-Since"})
            if self._pace.limited:
                self._pace.wait()
            else:
                time.sleep(max(0.0, asked + 1 / SNAPSHOT_RATE - time.monotonic()))
            asked = time.monotonic()
            found = self._camera.get(since, keep=True)

    def _stream(self, found: Answer) -> Iterator[_Sent]:
        parts, chunks = Parts(), Chunks() if found.is_chunked else None
        whole = time.monotonic()
        while not (chunks and chunks.ended):
            newest, kind, passed = None, "", 0
            for content in self._receive(whole + SILENT_AFTER):
                for part in self._cut(parts, chunks, content):
                    passed += newest is not None
                    newest, kind = part, parts.kind or found.kind
            if newest is not None:
                self.dropped += passed
                yield _Sent(newest, kind, passed)
                whole = time.monotonic()
            elif time.monotonic() > whole + SILENT_AFTER:
                raise DeviceError(f"{self.name} has sent nothing whole for {SILENT_AFTER:g} s")
        raise DeviceError(f"{self.name} has ended")

    def _receive(self, within: float) -> Iterator[bytes]:
        """Wait for bytes, and yield them with all that came in the meantime."""
        taken = 0
        while not taken or (self._camera.more() and taken < _AT_ONCE):
            content = self._camera.receive(within)
            if not content:
                raise DeviceError(f"{self.name} has ended")
            taken += len(content)
            yield content

    def _cut(self, parts: Parts, chunks: Chunks | None, content: bytes) -> Iterator[bytes]:
        try:
            yield from parts.feed(chunks.feed(content) if chunks else content)
        except FormatError as error:
            raise DeviceError(f"{self.name} {error}") from error


def _decoded(content: bytes, kind: str) -> NDArray[np.uint8] | InputError:
    """Decode a picture, as JPEG, or as PNG where the server says so; return why where that is impossible."""
    try:
        return open_picture(content, name="one of them", limits=CAMERA_PNG if kind == "image/png" else CAMERA).rgb
    except InputError as error:
        return error
