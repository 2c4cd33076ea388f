"""HTTP/1.1 for the page: where a request ends, and which requests are refused early."""

from __future__ import annotations

import json
import re
from http import HTTPStatus
from typing import TYPE_CHECKING

from plate_devices.clients.limits import RefusedError, Response
from plate_devices.serve.handler import HEADERS, Handler

if TYPE_CHECKING:
    from collections.abc import Callable

    from plate_devices.clients.limits import Peer
    from plate_devices.serve.access import AccessControl
    from plate_devices.serve.routes import RouteTable

MOST_HEAD = 16 * 1024
MOST_BODY = 4096
_HEAD_END = re.compile(rb"\r?\n\r?\n")
_LENGTH = re.compile(rb"^content-length[ \t]*:[ \t]*([^\r\n]*?)[ \t]*\r?$", re.IGNORECASE | re.MULTILINE)
_CODING = re.compile(rb"^transfer-encoding[ \t]*:", re.IGNORECASE | re.MULTILINE)


class HttpFramer:
    """Finds the end of headers and body."""

    def __init__(self) -> None:
        self._searched = 0
        self._end: int | None = None

    def end(self, received: bytearray, at_end: bool) -> int | None:  # noqa: ARG002
        """See `Framer`."""
        if self._end is None:
            head = _HEAD_END.search(received, max(0, self._searched - 3), MOST_HEAD)
            self._searched = len(received)
            if head is None:
                if len(received) >= MOST_HEAD:
                    raise RefusedError(refusal(431, f"headers have at most {MOST_HEAD} bytes"))
                return None
            self._end = head.end() + _body_length(bytes(received[: head.end()]))
        if len(received) < self._end:
            return None
        end, self._searched, self._end = self._end, 0, None
        return end


class PageService:
    """Serves the page: `access` decides about requests, `routes` answer, and `charge` counts their CPU seconds."""

    too_late = b""
    too_many = b""

    def __init__(self, access: AccessControl, routes: RouteTable, charge: Callable[[float], None]) -> None:
        self.access, self.routes, self.charge = access, routes, charge
        self.too_late = refusal(408, "a request has to be complete within 10 s")
        self.too_many = refusal(503, "there are too many connections; try again")

    def framer(self) -> HttpFramer:
        """See `Service`."""
        return HttpFramer()

    def answer(self, request: bytearray, _peer: Peer) -> Response:
        """See `Service`."""
        handler = Handler(bytes(request), self)
        return Response(handler.response, not handler.close_connection, handler.delay)


def refusal(status: int, reason: str) -> bytes:
    """Return a response that refuses a request and closes the connection."""
    body = json.dumps({"error": reason}).encode()
    headers = {"Content-Type": "application/json", "Content-Length": str(len(body)), "Connection": "close", **HEADERS}
    lines = [f"HTTP/1.1 {status} {HTTPStatus(status).phrase}", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode("ascii") + body


def _body_length(head: bytes) -> int:
    lengths, is_coded = set(_LENGTH.findall(head)), _CODING.search(head) is not None
    if not lengths and not is_coded and head.lstrip()[:4].upper() != b"POST":
        return 0
    length = lengths.pop() if len(lengths) == 1 and not is_coded else b""
    if re.fullmatch(rb"\d{1,9}", length) and int(length) <= MOST_BODY:
        return int(length)
    raise RefusedError(refusal(413, f"a body has at most {MOST_BODY} bytes, and needs a Content-Length"))
