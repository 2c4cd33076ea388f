"""RTSP, through PyAV: FFmpeg's decoders, which say of each picture whether it is damaged, with every wait bounded."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from plate_devices.sources.camera_address import ENCRYPTED
from plate_devices.sources.frame_rate import Pace
from plate_devices.sources.http_connection import Answer, Connection
from plate_devices.sources.login import answer
from plate_devices.sources.redirects import MOVED, Redirects
from plate_devices.sources.reopening import LoginError
from plate_devices.sources.source import Frame, Roi, require_av
from plate_runtime.errors import DeviceError
from plate_runtime.pictures.open_picture import CAMERA

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plate_devices.sources.camera_address import Address

OPEN_WITHIN, READ_WITHIN = 8.0, 4.0
"""Seconds. Opening includes the wait for the first whole picture of the stream, which may come every few seconds."""

DAMAGED_FOR = 5.0
"""Seconds of damaged pictures after which the stream is opened anew; the next whole picture heals a short damage."""

BEHIND, BEHIND_FOR = 3.0, 5.0
"""A stream so many seconds behind, for so many seconds, is decoded slower than it comes, and will never be new."""

_OPTIONS = {
    "rtsp_flags": "prefer_tcp",  # over UDP, and loss, only where the camera knows nothing else
    "fflags": "nobuffer",
}


class RtspStream:
    """A camera's H.264, H.265 or MJPEG stream.

    Attributes:
        dropped: damaged pictures, which are left out, and those that `pace` leaves out.
    """

    still = False
    state = ""
    default_roi: Roi | None = None

    def __init__(self, address: Address, pace: Pace | None = None, redirect: str | None = None) -> None:
        """Take where it is, how often a picture is wanted, and the one other host that it may send on to.

        Nothing is opened yet.

        Raises:
            MissingPartError: PyAV is not installed.
        """
        self.name = address.shown
        self.dropped = 0
        self._address = address
        self._pace = pace or Pace()
        self._redirect = redirect
        self._av = require_av("an RTSP stream")
        self._container: Any = None

    def frames(self) -> Iterator[Frame]:
        """Yield frames as they come. Raises DeviceError, or LoginError, where there are none, or no more."""
        lag = Lag()
        damaged = False
        whole = time.monotonic()
        for number, picture in enumerate(self._pictures()):
            now = time.monotonic()
            # A picture is made of those before it: what follows a damaged one is old in places, up to a key picture.
            damaged = picture is None or picture.is_corrupt or (damaged and not picture.key_frame)
            if damaged:
                self.dropped += 1
                if now - whole > DAMAGED_FOR:
                    raise DeviceError(f"{self.name} sends damaged pictures")
                continue
            whole = now
            if picture.width * picture.height > CAMERA.pixels:
                limit = CAMERA.pixels // 1_000_000
                raise DeviceError(f"{self.name} sends more than {limit} megapixels; choose its smaller stream")
            if self._pace.takes():
                yield Frame(picture.to_ndarray(format="rgb24"), number, datetime.now(UTC))
            else:
                self.dropped += 1
            if picture.time is not None and lag.too_long(float(picture.time), now):
                raise DeviceError(f"{self.name} comes faster than it can be decoded; choose its smaller stream")
        raise DeviceError(f"{self.name} gives no more pictures")

    def close(self) -> None:
        """Hang up."""
        container, self._container = self._container, None
        if container is not None:
            container.close()

    def _pictures(self) -> Iterator[Any]:
        """Yield what the decoder gives, None for what it can make nothing of, until the stream ends or breaks."""
        container = self._open()
        try:
            for packet in container.demux(video=0):
                try:
                    yield from packet.decode()
                except self._av.error.InvalidDataError:
                    yield None
        except (self._av.error.FFmpegError, OSError):
            return  # silently: FFmpeg's words hold the whole address

    def _open(self) -> Any:
        """Open the stream. Raises DeviceError or LoginError with the reason."""
        self._container = self._opened_with_login() if self._address.user else self._opened(self._address)
        if self._container is None or not self._container.streams.video:
            if not self._address.user:
                find_stream(self._address, self._redirect)[1].close()  # says why
            raise DeviceError(f"{self.name} gives no video that can be decoded")
        self._container.streams.video[0].thread_type = "AUTO"
        return self._container

    def _opened_with_login(self) -> Any:
        """Ask first: FFmpeg would take user and password to whatever host the camera sends on to."""
        for stays in (False, True):
            address, connection = find_stream(self._address, self._redirect)
            with connection:
                # Some cameras serve one connection alone, others fail for a moment after one that hangs up.
                if not stays:
                    connection.close()
                if (container := self._opened(address)) is not None:
                    return container
        return None

    def _opened(self, address: Address) -> Any:
        """Return the opened stream, None where FFmpeg cannot; its words hold the whole address."""
        options = _OPTIONS | (_trusted(address) if address.scheme in ENCRYPTED else {})
        try:
            return self._av.open(address.full, timeout=(OPEN_WITHIN, READ_WITHIN), options=options)
        except (self._av.error.FFmpegError, OSError):
            return None


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


def _trusted(address: Address) -> dict[str, str]:
    """Options for an encrypted stream: FFmpeg checks no certificate of its own accord."""
    import ssl

    authorities = ssl.get_default_verify_paths().cafile  # SSL_CERT_FILE, or what the system trusts
    found = {"tls_verify": "1", "verifyhost": address.host}
    return found | {"ca_file": authorities} if authorities else found


def find_stream(address: Address, redirect: str | None = None) -> tuple[Address, Connection]:
    """Ask a camera for its stream; return where it is, there or where it sends on to, and the connection to it.

    Raises:
        DeviceError, LoginError: there is no stream, or the camera may not send on to where it does.
    """
    way = Redirects(address, redirect)
    while True:
        connection = Connection(way.address)
        try:
            found = _ask(connection, way.address)
            if found.status == 200:
                return way.address, connection
        except DeviceError:
            connection.close()
            raise
        connection.close()
        if found.status not in MOVED:
            break
        way.follow(found.first("location"))
    if found.status == 401 and not way.address.user:
        where = f"{address.scheme}://USER:PASSWORD@{address.host}/..."
        raise LoginError(f"{address.shown} asks for user and password: {where}")
    if found.status in (401, 403):
        raise LoginError(f"{address.shown} refuses user or password ({found.status})")
    raise DeviceError(f"{address.shown} answers {found.status}, not a stream; {found.hint}")


def _ask(connection: Connection, address: Address) -> Answer:
    """Return the answer to what FFmpeg will ask: to OPTIONS where that is sent on, else to DESCRIBE."""
    number = 0
    for method in ("OPTIONS", "DESCRIBE"):
        login: str | None = ""
        while login is not None:
            number += 1
            rows = f"CSeq: {number}\r\nAccept: application/sdp\r\nUser-Agent: plate-edge\r\n"
            rows += f"Authorization: {login}\r\n" if login else ""
            found = connection.ask(f"{method} {address.bare} RTSP/1.0\r\n{rows}\r\n")
            connection.skip(found.length or 0)
            if found.status != 401 or not address.user or login:
                break
            login = answer(found.all("www-authenticate"), address.user, address.password, method, address.bare)
        if found.status in MOVED:
            break
    return found
