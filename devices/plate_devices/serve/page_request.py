"""A request for a page, and its answer: what a view takes and returns."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from plate_devices.serve.access import Access

JSON = "application/json"


class Answer(NamedTuple):
    """A response: status, body, content type, more headers, and seconds for which it is held back."""

    status: int
    body: bytes
    kind: str = JSON
    headers: Mapping[str, str] = {}
    delay: float = 0.0


@dataclass(frozen=True)
class PageRequest:
    """A request that a route has accepted.

    Attributes:
        access: what the client may do; at least what the route needs.
        rest: the path after that of a route that ends with "/".
        query: values by name, as `urllib.parse.parse_qs` returns them.
        body: of a POST.
        read_only_reason: why the client may not write; "" if it may.
    """

    access: Access
    rest: str = ""
    query: Mapping[str, list[str]] = field(default_factory=dict)
    body: bytes = b""
    read_only_reason: str = ""

    @property
    def write_access(self) -> dict[str, Any]:
        """The keys of an answer that say whether the client may write, and why not."""
        return {"may_write": not self.read_only_reason, "read_only": self.read_only_reason}

    def parameter(self, name: str) -> str | None:
        """Return the last value of a parameter; None if it is missing."""
        return self.query[name][-1] if name in self.query else None

    def number(self, name: str) -> int:
        """Return a parameter that counts from 0; 0 if it is missing or no such number."""
        value = self.parameter(name) or "0"
        return int(value) if value.isdecimal() and len(value) < 16 else 0

    def json_object(self) -> dict[str, Any]:
        """Return the body's JSON object. Raises RequestRefusedError."""
        try:
            content = json.loads(self.body)
        except (ValueError, RecursionError):
            content = None
        if not isinstance(content, dict):
            raise RequestRefusedError(400, "the body has to be one JSON object")
        return content


class RequestRefusedError(Exception):
    """A view cannot answer a request: an HTTP status, and the reason in one sentence."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


def json_answer(content: Mapping[str, Any]) -> Answer:
    """Return an answer with a JSON object."""
    return Answer(200, json.dumps(content).encode())


def refusal_answer(status: int, reason: str) -> Answer:
    """Return an answer that says why there is none."""
    return Answer(status, json.dumps({"error": reason}).encode())
