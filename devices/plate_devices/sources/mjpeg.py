"""HTTP cameras: MJPEG streams, and addresses of single pictures. They need no OpenCV."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

from plate_devices.sources.content_decoder import ContentDecoder
from plate_devices.sources.frame_rate_limit import FrameRateLimit
from plate_devices.sources.http_connection import SILENT_AFTER, ResponseHead
from plate_devices.sources.http_requests import HttpClient
from plate_devices.sources.multipart import FormatError, MultipartParser
from plate_devices.sources.source import Frame, Frames, Source
from plate_runtime.errors import DeviceError, InputError
from plate_runtime.pictures.open_picture import CAMERA, CAMERA_PNG, open_picture

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np
    from numpy.typing import NDArray

    from plate_devices.sources.camera_address import CameraAddress

_MOST_DAMAGED = 5
# Damaged pictures in a row after which the connection is opened again.

_MOST_RECEIVED = 8 * 1024 * 1024
# Most bytes that are received before a picture is decoded; a faster sender would delay it indefinitely.

SNAPSHOT_RATE = 2.0
"""Pictures a second that are requested from an address of single pictures, unless --fps sets another rate."""

# Content types of streams, beside multipart/x-mixed-replace.
_STREAMS = re.compile(r"multipart/.*|video/(?:x-)?(?:motion-?)?m?jpe?g|application/octet-stream|image/.*|")
_PICTURES = ("image/jpeg", "image/jpg", "image/pjpeg", "image/png")


class _SentPicture(NamedTuple):
    """A picture file as it was sent.

    Attributes:
        content: the file; None where the picture is the same as before.
        kind: its Content-Type.
        skipped: pictures that were skipped since the previous one.
    """

    content: bytes | None
    kind: str
    skipped: int = 0


class MjpegStream(Source):
    """A camera that sends JPEG pictures in one endless response, or one picture per response.

    `dropped` counts pictures that came while an earlier one was decoded, damaged ones, and those over the rate limit.
    """

    def __init__(
        self, address: CameraAddress, rate_limit: FrameRateLimit | None = None, redirect: str | None = None
    ) -> None:
        """Take the address, and the one other host that the camera may redirect to. Nothing is opened yet."""
        self.name = address.shown
        self.rate_limit = self._limit = rate_limit or FrameRateLimit()
        self._camera = HttpClient(address, redirect)

    def frames(self) -> Frames:
        """Yield the newest picture each time. Raises DeviceError or LoginError where no picture comes."""
        number = damaged = 0
        last: NDArray[np.uint8] | InputError = InputError("")
        for sent in self._sent():
            number += sent.skipped
            if sent.content is not None:
                last = _decoded(sent.content, sent.kind)
            if isinstance(last, InputError):
                damaged += 1
                self._dropped += 1
                if damaged >= _MOST_DAMAGED:
                    raise DeviceError(f"{self.name} sends pictures that cannot be read; {last}") from last
            else:
                damaged = 0
                yield Frame(last, number, datetime.now(UTC))
            number += 1

    def close(self) -> None:
        """Close the connection."""
        self._camera.close()

    def _sent(self) -> Iterator[_SentPicture]:
        """Yield the pictures that the rate limit allows, each the newest complete one."""
        found = self._camera.get()
        kind = found.kind
        if not _STREAMS.fullmatch(kind):
            sent = kind if re.fullmatch(r"[\w/+.-]{1,40}", kind) else "something else"
            raise DeviceError(f"{self.name} sends {sent}, not an MJPEG stream (multipart/x-mixed-replace) or a picture")
        if kind in _PICTURES:
            yield from self._snapshots(found)
        while True:
            asked, came, skipped = time.monotonic(), 0, 0
            for picture in self._stream(found):
                came += 1
                if self._limit.is_due():
                    yield picture._replace(skipped=picture.skipped + skipped)
                    skipped = 0
                else:
                    self._dropped += 1
                    skipped += 1 + picture.skipped
            if came != 1:
                raise DeviceError(f"{self.name} has ended" + ("" if came else " without a JPEG or PNG picture"))
            # Some cameras close the stream after each picture.
            time.sleep(max(0.0, asked + 1 / SNAPSHOT_RATE - time.monotonic()))
            found = self._camera.get()

    def _snapshots(self, found: ResponseHead) -> Iterator[_SentPicture]:
        """Yield the picture of each response. Unchanged pictures are not sent again if the camera supports that."""
        last, headers, asked = b"", "", time.monotonic()
        self._limit.wait()
        while True:
            content = self._camera.picture(found, asked + SILENT_AFTER)
            if found.status == 200 and not content:
                raise DeviceError(f"{self.name} sends an empty picture")
            same = found.status == 304 or content == last
            yield _SentPicture(None if same else content, found.kind)
            if found.status == 200:
                last = content
                headers = found.request_headers({"ETag": "If-None-Match", "Last-Modified": "If-Modified-Since"})
            if self._limit.is_limited:
                self._limit.wait()
            else:
                time.sleep(max(0.0, asked + 1 / SNAPSHOT_RATE - time.monotonic()))
            asked = time.monotonic()
            found = self._camera.get(headers, keep=True)

    def _stream(self, found: ResponseHead) -> Iterator[_SentPicture]:
        """Yield the pictures of a response up to its end."""
        completed, ended = time.monotonic(), False
        try:
            parts, decoder = MultipartParser(), ContentDecoder(found)
            while not ended and not decoder.ended:
                newest, kind, skipped = None, "", 0
                for content in self._receive(completed + SILENT_AFTER):
                    ended = not content
                    for part in (one for plain in decoder.feed(content) for one in parts.feed(plain)):
                        skipped += newest is not None
                        newest, kind = part, parts.kind or found.kind
                if newest is not None:
                    self._dropped += skipped
                    yield _SentPicture(newest, kind, skipped)
                    completed = time.monotonic()
                elif not ended and time.monotonic() > completed + SILENT_AFTER:
                    raise DeviceError(f"{self.name} has sent nothing complete for {SILENT_AFTER:g} s")
        except FormatError as error:
            raise DeviceError(f"{self.name} {error}") from error

    def _receive(self, deadline: float) -> Iterator[bytes]:
        """Wait for bytes, and yield all that have come; b"" at the end."""
        taken = 0
        while not taken or (self._camera.more() and taken < _MOST_RECEIVED):
            try:
                content = self._camera.receive(deadline)
            except DeviceError:
                if taken:
                    return  # what came before is read first; the next call raises again
                raise
            taken += len(content)
            yield content
            if not content:
                return


def _decoded(content: bytes, kind: str) -> NDArray[np.uint8] | InputError:
    """Decode a JPEG, or a PNG if the server names that type; return the error where that fails."""
    try:
        return open_picture(content, name="one of them", limits=CAMERA_PNG if kind == "image/png" else CAMERA).rgb
    except InputError as error:
        return error
