"""RTSP, through OpenCV: it brings the decoders, and ends every wait in time."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from plate_devices.sources.base import Frame, Region, require_opencv
from plate_devices.sources.connection import Answer, Connection
from plate_devices.sources.login import answer
from plate_devices.sources.reopening import LoginError
from plate_runtime.errors import DeviceError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plate_devices.sources.address import Address

OPEN_WITHIN, READ_WITHIN = 8.0, 4.0
"""Seconds. Opening includes the wait for the first whole picture of the stream, which may come every few seconds."""

BEHIND, BEHIND_FOR = 3.0, 5.0
"""A stream so many seconds behind, for so many seconds, is decoded slower than it comes, and will never be new."""


class RtspStream:
    """A camera's H.264, H.265 or MJPEG stream."""

    still = False
    dropped = 0
    state = ""
    default_roi: Region | None = None

    def __init__(self, address: Address) -> None:
        """Take where it is; nothing is opened yet. Raises MissingPartError where OpenCV is not installed."""
        self.name = address.shown
        self._address = address
        self._cv2 = require_opencv("an RTSP stream")
        self._capture: Any = None

    def frames(self) -> Iterator[Frame]:
        """Yield frames as they come. Raises DeviceError, or LoginError, where there are none, or no more."""
        capture = self._open()
        lag = Lag()
        number = 0
        while True:
            found, bgr = self._read(capture)
            if not found or bgr is None or not bgr.size:
                break
            yield Frame(self._cv2.cvtColor(bgr, self._cv2.COLOR_BGR2RGB), number, datetime.now(UTC))
            number += 1
            if lag.too_long(capture.get(self._cv2.CAP_PROP_POS_MSEC) / 1000, time.monotonic()):
                raise DeviceError(f"{self.name} comes faster than it can be decoded; choose its smaller stream")
        raise DeviceError(f"{self.name} gives no more pictures")

    def close(self) -> None:
        """Hang up."""
        if self._capture is not None:
            self._capture.release()
            self._capture = None

    def _open(self) -> Any:
        cv2 = self._cv2
        settings = [
            cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, int(1000 * OPEN_WITHIN),
            cv2.CAP_PROP_READ_TIMEOUT_MSEC, int(1000 * READ_WITHIN),
        ]  # fmt: skip
        try:
            self._capture = cv2.VideoCapture(self._address.full, cv2.CAP_FFMPEG, settings)
            opened = self._capture.isOpened()
        except cv2.error:
            opened = False
        if not opened:
            explain(self._address)
            raise DeviceError(f"{self.name} gives no video that can be decoded")
        return self._capture

    def _read(self, capture: Any) -> tuple[bool, Any]:
        try:
            found, bgr = capture.read()
        except self._cv2.error:
            return False, None
        return bool(found), bgr


class Lag:
    """How far a stream's own clock is behind ours, compared with when it was at its best."""

    def __init__(self) -> None:
        self._best: float | None = None
        self._since: float | None = None

    def too_long(self, stream: float, now: float) -> bool:
        """Take both clocks in seconds; return whether the stream is behind, and has been for a while."""
        behind = now - stream
        if self._best is None or behind < self._best:
            self._best = behind
        if behind - self._best < BEHIND:
            self._since = None
        elif self._since is None:
            self._since = now
        return self._since is not None and now - self._since > BEHIND_FOR


def explain(address: Address) -> None:
    """Ask the camera what it has there, and raise DeviceError or LoginError if that says why it did not work."""
    with Connection(address) as connection:
        found = _describe(connection, address, 1, "")
        if found.status == 401 and address.user:
            login = answer(found.all("www-authenticate"), address.user, address.password, "DESCRIBE", address.bare)
            if login is not None:
                found = _describe(connection, address, 2, f"Authorization: {login}\r\n")
    if found.status == 401 and not address.user:
        raise LoginError(f"{address.shown} asks for user and password: rtsp://USER:PASSWORD@{address.host}/...")
    if found.status in (401, 403):
        raise LoginError(f"{address.shown} refuses user or password ({found.status})")
    if found.status != 200:
        raise DeviceError(f"{address.shown} answers {found.status}, not a stream; {found.hint}")


def _describe(connection: Connection, address: Address, number: int, login: str) -> Answer:
    rows = f"CSeq: {number}\r\nAccept: application/sdp\r\nUser-Agent: plate-edge\r\n{login}"
    return connection.ask(f"DESCRIBE {address.bare} RTSP/1.0\r\n{rows}\r\n")
