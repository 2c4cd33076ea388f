"""Pictures asked for over HTTP: with the login that a camera asks for, sent on within its host, over one connection."""

from __future__ import annotations

from plate_devices.sources.camera_address import Address
from plate_devices.sources.http_connection import Answer, Connection
from plate_devices.sources.login import answer
from plate_devices.sources.multipart import LARGEST_PART, Chunks, FormatError, JpegEnd
from plate_devices.sources.redirects import MOVED, Redirects
from plate_devices.sources.reopening import LoginError
from plate_runtime.errors import DeviceError

_NO_CONTENT = (204, 304)


class Requests:
    """A camera that answers requests. User and password go to its own host alone, and never unencrypted where they
    were given for https.

    Attributes:
        name: the address as it may be printed.
    """  # fmt: skip

    def __init__(self, address: Address, redirect: str | None = None) -> None:
        """Take where it is, and the one other host that it may send on to; nothing is opened yet."""
        self.name = address.shown
        self._way = Redirects(address, redirect)
        self._challenges: list[str] = []
        self._connection: Connection | None = None
        self._kept = False

    def get(self, rows: str = "", keep: bool = False) -> Answer:
        """Ask, and return the head of the answer; `receive` or `picture` gives what follows.

        Args:
            rows: headers, each with its line's end.
            keep: ask for a connection that is used again; for answers that end.

        Raises:
            DeviceError, LoginError: there is no answer that could be pictures. The camera's own words are not repeated.
        """
        while (found := self._logged_in(rows, keep)).status in MOVED:
            self._way.follow(found.first("location"))
            self._challenges = []
            self.close()
        return self._checked(found)

    def receive(self, within: float | None = None) -> bytes:
        """Return what has come; see `Connection.receive`."""
        assert self._connection is not None
        return self._connection.receive(within)

    def more(self) -> bool:
        """Whether bytes are there already."""
        return self._connection is not None and self._connection.more()

    def picture(self, found: Answer, within: float) -> bytes:
        """Return the content of an answer that is one picture, up to its end where its length is wrong.

        Raises:
            DeviceError: it is too large, or does not come by `within`, of `time.monotonic`.
        """
        if found.status in _NO_CONTENT or found.length == 0:
            self._kept = found.keeps_alive
            return b""
        chunks = Chunks() if found.is_chunked else None
        content, jpeg = bytearray(), JpegEnd()
        while piece := self.receive(within):
            content += _unframed(chunks, piece, self.name)
            if len(content) > LARGEST_PART:
                raise DeviceError(f"{self.name} sends a picture of more than {LARGEST_PART >> 20} MB")
            whole = chunks.ended if chunks else len(content) == found.length
            if whole or (content.startswith(b"\xff\xd8") and jpeg.find(content, len(content)) >= 0):
                self._kept = whole and found.keeps_alive
                break
        return bytes(content)

    def close(self) -> None:
        """Hang up."""
        self._kept = False
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _logged_in(self, rows: str, keep: bool) -> Answer:
        """Ask, a second time with the login if need be."""
        found = self._ask(rows, keep)
        if found.status == 401:
            address = self._way.address
            self._challenges = found.all("www-authenticate")
            if not address.user:
                where = f"{address.scheme}://USER:PASSWORD@{address.host}/..."
                raise LoginError(f"{self.name} asks for user and password: {where}")
            if self._login() is None:
                raise LoginError(f"{self.name} asks for a login of an unknown kind; basic and digest are known")
            self.close()
            found = self._ask(rows, keep)
        return found

    def _ask(self, rows: str, keep: bool) -> Answer:
        address = self._way.address
        login = self._login() if self._challenges else None
        rows += f"Authorization: {login}\r\n" if login else ""
        # Without keeping the connection, the older version: its answers come without chunks.
        version, stay = ("1.1", "keep-alive") if keep else ("1.0", "close")
        rows = f"Host: {address.host_and_port}\r\nAccept: */*\r\nUser-Agent: plate-edge\r\nConnection: {stay}\r\n{rows}"
        request = f"GET {address.target} HTTP/{version}\r\n{rows}\r\n"
        if self._kept and self._connection is not None:
            self._kept = False
            try:
                return self._connection.ask(request)
            except DeviceError:
                pass  # the camera has closed it in the meantime
        self.close()
        self._connection = Connection(address)
        return self._connection.ask(request)

    def _login(self) -> str | None:
        address = self._way.address
        return answer(self._challenges, address.user, address.password, "GET", address.target)

    def _checked(self, found: Answer) -> Answer:
        if found.status in (401, 403):
            raise LoginError(f"{self.name} refuses user or password ({found.status})")
        if found.status not in (200, 304):
            raise DeviceError(f"{self.name} answers {found.status}, not a stream; {found.hint}")
        return found


def _unframed(chunks: Chunks | None, piece: bytes, name: str) -> bytes:
    try:
        return chunks.feed(piece) if chunks else piece
    except FormatError as error:
        raise DeviceError(f"{name} {error}") from error
