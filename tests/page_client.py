"""A client of the live page that speaks plain HTTP, and the token that it sends."""

from __future__ import annotations

import http.client
import json
from pathlib import Path
from typing import Any, NamedTuple

from plate_devices.serve.page_server import LivePage


class Answer(NamedTuple):
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


TOKEN = "correct-horse-battery"


class PageClient:
    """One connection, kept open; it sends the full token."""

    def __init__(self, port: int, token: str = TOKEN) -> None:
        self.port = port
        self.token = {"Authorization": f"Bearer {token}"} if token else {}
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)

    def get(self, path: str, **headers: str) -> Answer:
        return self.ask("GET", path, None, **headers)

    def post(self, path: str, body: Any, **headers: str) -> Answer:
        return self.ask("POST", path, body if isinstance(body, bytes) else json.dumps(body).encode(), **headers)

    def ask(self, method: str, path: str, body: bytes | None, **headers: str) -> Answer:
        self.connection.request(method, path, body, {"Host": f"127.0.0.1:{self.port}", **self.token, **headers})
        found = self.connection.getresponse()
        return Answer(found.status, {name.lower(): value for name, value in found.getheaders()}, found.read())


def write_token(path: Path, token: str) -> Path:
    path.write_text(f"{token}\n")
    path.chmod(0o600)
    return path


def port_of(page: LivePage) -> int:
    """The port that was free."""
    return int(page.url.rstrip("/").rpartition(":")[2])
