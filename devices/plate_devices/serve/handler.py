"""One HTTP request: the path, the access, and the response."""

from __future__ import annotations

import io
import json
import time
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from plate_devices.serve.access import COOKIE
from plate_devices.serve.live_pictures import SMALL
from plate_devices.serve.page_content import UnknownCameraError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from plate_devices.serve.access import AccessControl
    from plate_devices.serve.live_pictures import EncodedPicture
    from plate_devices.serve.page_content import PageContent

_PAGE = Path(__file__).parent / "page"
_FILES = {
    "/": ("index.html", "text/html; charset=utf-8"),
    "/page.css": ("page.css", "text/css; charset=utf-8"),
    "/page.js": ("page.js", "text/javascript; charset=utf-8"),
    "/drawing.js": ("drawing.js", "text/javascript; charset=utf-8"),
}
_LOGIN_FILES = ("/page.css",)
_LONG_POLL = 8.0
_NO_ROOM_WAIT = 0.5
_WRONG_TOKEN_WAIT = 1.0
_YEAR = 31_536_000
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; "
    "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    "Referrer-Policy": "same-origin",  # with no-referrer, forms are sent with Origin: null
    "X-Content-Type-Options": "nosniff",
}


class Handler(BaseHTTPRequestHandler):
    """Answers GET and POST; `server` is the `PageService`.

    Attributes:
        response: the whole response.
        delay: seconds for which it is held back.
    """

    protocol_version = "HTTP/1.1"
    server_version = "plate-edge"
    sys_version = ""

    server: Any

    def __init__(self, request: bytes, server: Any) -> None:
        """Answer a whole request. Request and response are in memory; `clients` receives and sends them."""
        self.response, self.delay = b"", 0.0
        self._written = io.BytesIO()
        super().__init__(io.BytesIO(request), ("", 0), server)  # type: ignore[arg-type]

    @property
    def request_version(self) -> str:
        """HTTP/1.1 for every request: a response to HTTP/0.9 would have neither headers nor an end."""
        return "HTTP/1.1"

    @request_version.setter
    def request_version(self, version: str) -> None: ...

    def setup(self) -> None:
        """Read from memory and write to memory."""
        self.rfile, self.wfile = self.request, self._written

    def handle(self) -> None:
        """Answer one request."""
        self.close_connection = True
        self.handle_one_request()

    def finish(self) -> None:
        """Store the response."""
        self.response = self._written.getvalue()

    @property
    def _access(self) -> AccessControl:
        access: AccessControl = self.server.access
        return access

    @property
    def _content(self) -> PageContent:
        content: PageContent = self.server.content
        return content

    def do_GET(self) -> None:
        """Send a file, a picture or JSON."""
        busy = time.thread_time()
        try:
            self._get()
        finally:
            self._content.pictures.budget.charge(time.thread_time() - busy)

    def _get(self) -> None:
        path, _, parameters = self.path.partition("?")
        if not self._access.names_this_host(self.headers):
            self._refuse(
                403, "this page is served to this machine alone; open it as http://localhost or http://127.0.0.1"
            )
        elif "token" in (query := parse_qs(parameters)):
            self._log_in(query["token"][-1])
        elif self._access.has_token(self.headers):
            try:
                self._send_path(path, query)
            except UnknownCameraError as error:
                self._refuse(404, str(error))
        elif path in _LOGIN_FILES:
            self._send_file(path)
        elif path == "/":
            self._send(401, (_PAGE / "login.html").read_bytes(), "text/html; charset=utf-8")
        else:
            self._refuse(401, "the token is missing; open / in this browser, or send Authorization: Bearer TOKEN")

    def do_POST(self) -> None:
        """Take an ROI or a token."""
        body = self.rfile.read()
        path = self.path.partition("?")[0]
        if not self._access.names_this_host(self.headers) or not self._access.is_same_origin(self.headers):
            self._refuse(403, "the request came from another page")
        elif path == "/login":
            self._log_in(parse_qs(body.decode("utf-8", "replace")).get("token", [""])[-1])
        elif not self._access.has_token(self.headers):
            self._refuse(401, "the token is missing")
        elif path == "/roi":
            self._set_roi(body, _camera(parse_qs(self.path.partition("?")[2])))
        else:
            self._refuse(404, "there is no such page")

    def _send_path(self, path: str, query: Mapping[str, list[str]]) -> None:
        if path in _FILES:
            self._send_file(path)
        elif path == "/frame":
            self._send_frame(query)
        elif path == "/state":
            self._json(self._content.state(_camera(query)))
        elif path.startswith("/crops/") and (crop := self._content.crop(path[7:].removesuffix(".jpg"))):
            self._send(200, crop, "image/jpeg")
        elif path == "/health" and (health := self._content.health()) is not None:
            self._json(health)
        elif path in self._content.extra:
            kind, content = self._content.extra[path]()
            self._send(200, content, kind)
        else:
            self._refuse(404, "there is no such page")

    def _send_file(self, path: str) -> None:
        name, kind = _FILES[path]
        self._send(200, (_PAGE / name).read_bytes(), kind)

    def _send_frame(self, query: Mapping[str, list[str]]) -> None:
        """Wait for a picture newer than number `after`. The header `Plate-Edge-Frame` holds its overlay."""
        after = query.get("after", ["0"])[-1]
        seen = int(after) if after.isdecimal() and len(after) < 16 else 0
        camera, is_small = self._content.camera(_camera(query)), query.get("small", ["0"])[-1] == "1"
        # Small pictures are for pages with several cameras, which ask for each in turn.
        found = self._content.pictures.wait(camera, seen, 0.0, SMALL) if is_small else self._next_picture(camera, seen)
        if found is None:
            self._send(204, b"", "image/jpeg")
            return
        more = {"Plate-Edge-Number": str(found.number), "Plate-Edge-Frame": found.overlay}
        self._send(200, found.jpeg, "image/jpeg", more)

    def _next_picture(self, camera: str, seen: int) -> EncodedPicture | None:
        """Wait for a picture. If too many clients wait, delay the response instead, which costs no thread."""
        if not self.server.waiting.acquire(blocking=False):
            self.delay = _NO_ROOM_WAIT
            return self._content.pictures.wait(camera, seen, 0.0)
        try:
            return self._content.pictures.wait(camera, seen, _LONG_POLL)
        finally:
            self.server.waiting.release()

    def _set_roi(self, body: bytes, camera: str | None) -> None:
        try:
            self._json(self._content.set_roi(body, camera))
        except UnknownCameraError as error:
            self._refuse(404, str(error))
        except ValueError as error:
            self._refuse(400, str(error))
        except RecursionError:
            self._refuse(400, "the ROI is nested too deeply")

    def _log_in(self, word: str) -> None:
        if not self._access.is_token(word):
            self.delay = _WRONG_TOKEN_WAIT if self._access.token else 0.0
            self._send(303, b"", "text/plain", {"Location": "/"})
            return
        cookie = f"{COOKIE}={word}; Path=/; HttpOnly; SameSite=Lax; Max-Age={_YEAR}"
        self._send(303, b"", "text/plain", {"Location": "/", "Set-Cookie": cookie})

    def _json(self, content: Mapping[str, Any]) -> None:
        self._send(200, json.dumps(content).encode(), "application/json")

    def _refuse(self, status: int, reason: str) -> None:
        self._send(status, json.dumps({"error": reason}).encode(), "application/json")

    def _send(self, status: int, body: bytes, kind: str, more: Mapping[str, str] | None = None) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        if status != 204:
            self.send_header("Content-Length", str(len(body)))
        for name, value in {**HEADERS, **(more or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Log nothing: requests may hold the token."""


def _camera(query: Mapping[str, list[str]]) -> str | None:
    """Return the camera that a request names, None for none."""
    return query["camera"][-1] if "camera" in query else None
