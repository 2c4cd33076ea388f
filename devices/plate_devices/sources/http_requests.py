"""HTTP requests for pictures: with login, redirects within the host, and one connection that is kept open."""

from __future__ import annotations

from plate_devices.sources.camera_address import CameraAddress
from plate_devices.sources.content_decoder import ContentDecoder
from plate_devices.sources.http_connection import CameraConnection, ResponseHead
from plate_devices.sources.login import authorization
from plate_devices.sources.multipart import LARGEST_PART, FormatError, JpegEndFinder
from plate_devices.sources.redirects import MOVED, Redirects
from plate_devices.sources.reopening import LoginError
from plate_runtime.errors import DeviceError

_NO_CONTENT = (204, 304)


class HttpClient:
    """Sends requests to a camera. User and password go to its own host alone; those for https are never unencrypted.

    Attributes:
        name: the address without its secrets.
    """

    def __init__(self, address: CameraAddress, redirect: str | None = None) -> None:
        """Take the address, and the one other host that the camera may redirect to; nothing is opened yet."""
        self.name = address.shown
        self._redirects = Redirects(address, redirect)
        self._challenges: list[str] = []
        self._connection: CameraConnection | None = None
        self._kept = False

    def get(self, headers: str = "", keep: bool = False) -> ResponseHead:
        """Send a request and return status and headers; `receive` or `picture` returns the content.

        Args:
            headers: lines of the request, each with its line end.
            keep: ask to keep the connection open, for responses that end.

        Raises:
            DeviceError, LoginError: the camera sends no pictures. Its own words are not repeated.
        """
        while (found := self._logged_in(headers, keep)).status in MOVED:
            self._redirects.follow(found.first("location"))
            self._challenges = []
            self.close()
        return self._checked(found)

    def receive(self, deadline: float | None = None) -> bytes:
        """See `CameraConnection.receive`."""
        assert self._connection is not None
        return self._connection.receive(deadline)

    def more(self) -> bool:
        """See `CameraConnection.more`."""
        return self._connection is not None and self._connection.more()

    def picture(self, found: ResponseHead, deadline: float) -> bytes:
        """Return the content of a response that is one picture; a wrong Content-Length is corrected.

        Raises:
            DeviceError: it is too large, or not complete at `deadline`, in seconds of `time.monotonic`.
        """
        if found.status in _NO_CONTENT or found.length == 0:
            self._kept = found.keeps_alive
            return b""
        content, jpeg, came = bytearray(), JpegEndFinder(), 0
        try:
            decoder = ContentDecoder(found)
            while piece := self.receive(deadline):
                came += len(piece)
                for part in decoder.feed(piece):
                    content += part
                    if len(content) > LARGEST_PART:
                        raise FormatError(f"sends a picture of more than {LARGEST_PART >> 20} MB")
                whole = decoder.ended if found.is_chunked else came == found.length
                if whole or (content.startswith(b"\xff\xd8") and jpeg.find(content, len(content)) >= 0):
                    self._kept = whole and found.keeps_alive
                    break
        except FormatError as error:
            raise DeviceError(f"{self.name} {error}") from error
        return bytes(content)

    def close(self) -> None:
        """Close the connection."""
        self._kept = False
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _logged_in(self, headers: str, keep: bool) -> ResponseHead:
        """Send a request, and repeat it with the login if the camera asks for one."""
        found = self._ask(headers, keep)
        if found.status == 401:
            address = self._redirects.address
            self._challenges = found.all("www-authenticate")
            if not address.user:
                where = f"{address.scheme}://USER:PASSWORD@{address.host}/..."
                raise LoginError(f"{self.name} asks for user and password: {where}")
            if self._login() is None:
                raise LoginError(f"{self.name} asks for an unknown kind of login; basic and digest are supported")
            self.close()
            found = self._ask(headers, keep)
        return found

    def _ask(self, headers: str, keep: bool) -> ResponseHead:
        address = self._redirects.address
        login = self._login() if self._challenges else None
        headers += f"Authorization: {login}\r\n" if login else ""
        # Responses of HTTP/1.0 are not chunked, but close the connection.
        version, connection = ("1.1", "keep-alive") if keep else ("1.0", "close")
        request = (
            f"GET {address.target} HTTP/{version}\r\nHost: {address.host_and_port}\r\nAccept: */*\r\n"
            "Accept-Encoding: identity\r\n"
            f"User-Agent: plate-edge\r\nConnection: {connection}\r\n{headers}\r\n"
        )
        if self._kept and self._connection is not None:
            self._kept = False
            try:
                return self._connection.ask(request)
            except DeviceError:
                pass  # the camera has closed it
        self.close()
        self._connection = CameraConnection(address)
        return self._connection.ask(request)

    def _login(self) -> str | None:
        address = self._redirects.address
        return authorization(self._challenges, address.user, address.password, "GET", address.target)

    def _checked(self, found: ResponseHead) -> ResponseHead:
        if found.status in (401, 403):
            raise LoginError(f"{self.name} refuses user or password ({found.status})")
        if found.status not in (200, 304):
            raise DeviceError(f"{self.name} responds with {found.status}, not with a stream; {found.hint}")
        return found
