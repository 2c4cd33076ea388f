"""RTSP streams through PyAV. FFmpeg marks damaged pictures, and every wait has a limit."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from plate_devices.sources.camera_address import ENCRYPTED
from plate_devices.sources.frame_rate_limit import FrameRateLimit
from plate_devices.sources.http_connection import CameraConnection, ResponseHead
from plate_devices.sources.login import authorization
from plate_devices.sources.redirects import MOVED, Redirects
from plate_devices.sources.reopening import LoginError
from plate_devices.sources.source import Frame, Frames, Source, require_av
from plate_runtime.errors import DeviceError
from plate_runtime.pictures.open_picture import CAMERA

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plate_devices.sources.camera_address import CameraAddress

OPEN_WITHIN, READ_WITHIN = 8.0, 4.0
"""Seconds. Opening includes the wait for the first key picture, which may come every few seconds."""

DAMAGED_FOR = 5.0
"""Seconds of damaged pictures after which the stream is opened again. A key picture repairs shorter damage."""

BEHIND, BEHIND_FOR = 3.0, 5.0
"""Seconds of delay, and how long it may last. A longer delay means that the stream arrives too slowly."""

NO_WAIT, NO_WAIT_FOR = 0.002, 0.5
"""After so many seconds in which it waited for no packet longer than `NO_WAIT`, decoding is too slow for the stream."""

_CLOCKS_DIFFER = 0.0005
"""Clocks of cameras differ by less than this: the smallest delay so far is forgotten at this rate."""

_OPTIONS = {
    "rtsp_flags": "prefer_tcp",  # UDP loses packets; it is used only where the camera supports nothing else
    "fflags": "nobuffer",
}


class RtspStream(Source):
    """An H.264, H.265 or MJPEG stream.

    `dropped` counts damaged pictures, and those that are not used. Pictures depend on earlier ones. If they come faster
    than they can be decoded, those up to the next key picture are not decoded. MJPEG is decoded only if it is due.
    """

    def __init__(
        self, address: CameraAddress, rate_limit: FrameRateLimit | None = None, redirect: str | None = None
    ) -> None:
        """Take the address, and the one other host that the camera may redirect to. Nothing is opened yet.

        Raises:
            MissingPartError: PyAV is not installed.
        """
        self.name = address.shown
        self.rate_limit = self._limit = rate_limit or FrameRateLimit()
        self._address = address
        self._redirect = redirect
        self._av = require_av("an RTSP stream")
        self._container: Any = None
        self._backlog = Backlog()
        self._intra_only = False

    @property
    def decoding(self) -> str:
        """See `Source`."""
        return "key frames" if self._backlog.is_skipping else ""

    def frames(self) -> Frames:
        """Yield frames as they come. Raises DeviceError or LoginError where no frames come."""
        lag = StreamLag()
        damaged = False
        last_whole = time.monotonic()
        for number, picture in self._pictures():
            now = time.monotonic()
            # Pictures depend on earlier ones: after a damaged one, all are damaged up to the next key picture.
            damaged = picture is None or picture.is_corrupt or (damaged and not picture.key_frame)
            if damaged:
                self._dropped += 1
                if now - last_whole > DAMAGED_FOR:
                    raise DeviceError(f"{self.name} sends damaged pictures")
                continue
            last_whole = now
            if picture.width * picture.height > CAMERA.pixels:
                limit = CAMERA.pixels // 1_000_000
                raise DeviceError(f"{self.name} sends more than {limit} megapixels; choose its smaller stream")
            if self._intra_only or self._limit.is_due():
                yield Frame(picture.to_ndarray(format="rgb24"), number, datetime.now(UTC))
            else:
                self._dropped += 1
            if picture.time is not None and lag.too_long(float(picture.time), now):
                raise DeviceError(f"{self.name} arrives more than {BEHIND:g} s late; choose its smaller stream")
        raise DeviceError(f"{self.name} sends no more pictures")

    def close(self) -> None:
        """Close the stream."""
        container, self._container = self._container, None
        if container is not None:
            container.close()

    def _pictures(self) -> Iterator[tuple[int, Any]]:
        """Yield number and decoded picture, None for data that cannot be decoded, until the stream ends or breaks."""
        container = self._open()
        codec = container.streams.video[0].codec_context
        self._intra_only = codec.codec.intra_only
        self._backlog = Backlog()
        number = -1
        try:
            asked = time.monotonic()
            for packet in container.demux(video=0):
                if self._skips(packet, time.monotonic() - asked):
                    number += 1
                    self._dropped += 1
                    asked = time.monotonic()
                    continue
                try:
                    for picture in packet.decode():
                        number += 1
                        yield number, picture
                except self._av.error.InvalidDataError:
                    number += 1
                    yield number, None
                asked = time.monotonic()
        except (self._av.error.FFmpegError, OSError):
            return  # FFmpeg's message holds the address with its secrets

    def _skips(self, packet: Any, waited: float) -> bool:
        """Return whether a packet is not decoded."""
        if self._intra_only:
            return packet.size > 0 and not self._limit.is_due()
        was_skipping = self._backlog.is_skipping
        if self._backlog.skips(packet.is_keyframe, waited, time.monotonic()) and packet.size > 0:
            if not was_skipping:
                packet.stream.codec_context.flush_buffers()  # pictures in the decoder would come out much later
            return True
        return False

    def _open(self) -> Any:
        """Open the stream. Raises DeviceError or LoginError with the reason."""
        self._container = self._opened_with_login() if self._address.user else self._opened(self._address)
        if self._container is None or not self._container.streams.video:
            if not self._address.user:
                find_stream(self._address, self._redirect)[1].close()  # raises the reason
            raise DeviceError(f"{self.name} sends no video that can be decoded")
        self._container.streams.video[0].thread_type = "AUTO"
        return self._container

    def _opened_with_login(self) -> Any:
        """Follow redirects before FFmpeg does: it would send user and password to any host."""
        for stays_open in (False, True):
            address, connection = find_stream(self._address, self._redirect)
            with connection:
                # Some cameras serve one connection only; others fail for a moment after a connection was closed.
                if not stays_open:
                    connection.close()
                if (container := self._opened(address)) is not None:
                    return container
        return None

    def _opened(self, address: CameraAddress) -> Any:
        """Return the opened stream, None where that fails; FFmpeg's message holds the address with its secrets."""
        options = _OPTIONS | (_trusted(address) if address.scheme in ENCRYPTED else {})
        try:
            return self._av.open(address.full, timeout=(OPEN_WITHIN, READ_WITHIN), options=options)
        except (self._av.error.FFmpegError, OSError):
            return None


class Backlog:
    """Packets that wait because decoding is slower than the stream.

    Attributes:
        is_skipping: whether packets are skipped until the stream is up to date, and a key picture comes.
    """

    def __init__(self) -> None:
        self.is_skipping = False
        self._up_to_date: float | None = None

    def skips(self, is_key: bool, waited: float, now: float) -> bool:
        """Return whether the next packet is not decoded; key pictures always are.

        Args:
            is_key: whether it holds a key picture.
            waited: seconds until the packet was there.
            now: seconds of a clock.
        """
        if waited > NO_WAIT or self._up_to_date is None:
            self._up_to_date = now
        behind = now - self._up_to_date > NO_WAIT_FOR
        if is_key:
            self.is_skipping = behind
            return False
        self.is_skipping |= behind
        return self.is_skipping


class StreamLag:
    """Delay of a stream: its clock compared with this machine's, relative to the smallest difference recently."""

    def __init__(self) -> None:
        self._best: float | None = None
        self._noted = 0.0
        self._since: float | None = None

    def too_long(self, stream: float, now: float) -> bool:
        """Take both clocks in seconds; return whether the delay exceeds `BEHIND` for more than `BEHIND_FOR`."""
        behind = now - stream
        best = behind if self._best is None else self._best + _CLOCKS_DIFFER * (now - self._noted)
        self._best, self._noted = min(best, behind), now
        if behind - self._best < BEHIND:
            self._since = None
        elif self._since is None:
            self._since = now
        return self._since is not None and now - self._since > BEHIND_FOR


def _trusted(address: CameraAddress) -> dict[str, str]:
    """Return options for an encrypted stream; by default FFmpeg does not verify certificates."""
    import ssl

    authorities = ssl.get_default_verify_paths().cafile  # SSL_CERT_FILE, or the system's certificates
    found = {"tls_verify": "1", "verifyhost": address.host}
    return found | {"ca_file": authorities} if authorities else found


def find_stream(address: CameraAddress, redirect: str | None = None) -> tuple[CameraAddress, CameraConnection]:
    """Ask a camera for its stream and follow redirects; return the stream's address and the connection to it.

    Raises:
        DeviceError, LoginError: there is no stream, or a redirect is not allowed.
    """
    redirects = Redirects(address, redirect)
    while True:
        connection = CameraConnection(redirects.address)
        try:
            found = _ask(connection, redirects.address)
            if found.status == 200:
                return redirects.address, connection
        except DeviceError:
            connection.close()
            raise
        connection.close()
        if found.status not in MOVED:
            break
        redirects.follow(found.first("location"))
    if found.status == 401 and not redirects.address.user:
        where = f"{address.scheme}://USER:PASSWORD@{address.host}/..."
        raise LoginError(f"{address.shown} asks for user and password: {where}")
    if found.status in (401, 403):
        raise LoginError(f"{address.shown} refuses user or password ({found.status})")
    raise DeviceError(f"{address.shown} responds with {found.status}, not with a stream; {found.hint}")


def _ask(connection: CameraConnection, address: CameraAddress) -> ResponseHead:
    """Send what FFmpeg will send; return the response to OPTIONS where that redirects, else to DESCRIBE."""
    number = 0
    for method in ("OPTIONS", "DESCRIBE"):
        login: str | None = ""
        while login is not None:
            number += 1
            headers = f"CSeq: {number}\r\nAccept: application/sdp\r\nUser-Agent: plate-edge\r\n"
            headers += f"Authorization: {login}\r\n" if login else ""
            found = connection.ask(f"{method} {address.bare} RTSP/1.0\r\n{headers}\r\n")
            connection.skip(found.length or 0)
            if found.status != 401 or not address.user or login:
                break
            login = authorization(found.all("www-authenticate"), address.user, address.password, method, address.bare)
        if found.status in MOVED:
            break
    return found
