"""One HTTP request: its access, its route, and the response."""

from __future__ import annotations

import io
import time
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs

from plate_devices.serve.access import COOKIE, Access
from plate_devices.serve.page_request import Answer, PageRequest, RequestRefusedError, refusal_answer
from plate_devices.serve.routes import LOGIN_PATH, page_file

_WRONG_TOKEN_WAIT = 1.0
_YEAR = 31_536_000
_NO_PAGE = "there is no such page"
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; "
    # Home Assistant shows the page in a frame of its own.
    "connect-src 'self'; form-action 'self'; frame-ancestors 'self'; base-uri 'none'",
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

    def do_GET(self) -> None:
        """Answer by the table of routes, and count the CPU time."""
        busy = time.thread_time()
        try:
            self._send(self._answer("GET", b""))
        finally:
            self.server.charge(time.thread_time() - busy)

    def do_POST(self) -> None:
        """Answer by the table of routes."""
        self._send(self._answer("POST", self.rfile.read()))

    def _answer(self, method: str, body: bytes) -> Answer:
        access = self.server.access
        path, _, parameters = self.path.partition("?")
        query = parse_qs(parameters)
        if not access.names_this_host(self.headers):
            return refusal_answer(
                403, "this page is served to this machine alone; open it as http://localhost or http://127.0.0.1"
            )
        if method == "POST" and not access.is_same_origin(self.headers):
            return refusal_answer(403, "the request came from another page")
        if method == "GET" and "token" in query:
            return self._log_in(query["token"][-1], path)
        if (method, path) == ("POST", LOGIN_PATH):
            return self._log_in(parse_qs(body.decode("utf-8", "replace")).get("token", [""])[-1], path)
        return self._answer_by_route(method, path, query, body)

    def _answer_by_route(self, method: str, path: str, query: dict[str, list[str]], body: bytes) -> Answer:
        level: Access = self.server.access.level(self.headers)
        found = self.server.routes.find(method, path)
        if level is Access.NONE and (found is None or found[0].needs > level):
            if found is not None and found[0].is_page:
                return page_file("login.html", 401)
            return refusal_answer(
                401, "the token is missing; open / in this browser, or send Authorization: Bearer TOKEN"
            )
        if found is None:
            return refusal_answer(404, _NO_PAGE)
        route, rest = found
        reason = "" if level is Access.FULL else self.server.access.read_only_reason
        if route.needs > level:
            return refusal_answer(403, reason)
        try:
            answer: Answer = route.view(PageRequest(level, rest, query, body, reason))
        except RequestRefusedError as error:
            return refusal_answer(error.status, str(error))
        return answer

    def _log_in(self, word: str, path: str) -> Answer:
        """Answer a token. All addresses are relative: another web server may serve the page below a path of its own."""
        access = self.server.access
        home = "../" * (path.count("/") - 1) or "./"
        if not access.is_token(word):
            delay = _WRONG_TOKEN_WAIT if access.has_tokens else 0.0
            return Answer(303, b"", "text/plain", {"Location": home}, delay)
        # Without a path, the cookie holds below the folder of the request: other pages of that server do not get it.
        cookie = f"{COOKIE}={word}; HttpOnly; SameSite=Lax; Max-Age={_YEAR}"
        return Answer(303, b"", "text/plain", {"Location": home, "Set-Cookie": cookie})

    def _send(self, answer: Answer) -> None:
        self.delay = answer.delay
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.kind)
        if answer.status != 204:
            self.send_header("Content-Length", str(len(answer.body)))
        for name, value in {**HEADERS, **answer.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answer.body)

    def log_message(self, format: str, *args: Any) -> None:
        """Log nothing: requests may hold the token."""
