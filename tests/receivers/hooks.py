"""A web server that accepts events, with answers set by the test."""

from __future__ import annotations

import json
import os
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple


class Received(NamedTuple):
    """A request: its path, its headers by lower-case name, and its body."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def event(self) -> dict[str, Any]:
        """The record in the body."""
        event: dict[str, Any] = json.loads(self.body)
        return event


class Hooks(ThreadingHTTPServer):
    """Listens on loopback.

    Attributes:
        answers: statuses, with headers, of the next requests; 200 when there are none left.
        silent: seconds before each answer.
        received: all requests, also those that were refused.
        file: where ids of acknowledged events are written, on the disk before the answer goes out.
    """

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, port: int = 0, file: Path | None = None) -> None:
        """Begin to listen; `serve_forever` or `start` answers."""
        super().__init__(("127.0.0.1", port), _Handler)
        self.answers: list[tuple[int, dict[str, str]]] = []
        self.silent = threading.Event()
        self.received: list[Received] = []
        self._file = None if file is None else file.open("a")
        self._lock = threading.Lock()

    @property
    def url(self) -> str:
        """The address of the server."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    def start(self) -> None:
        """Answer in a thread."""
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()

    def take(self, request: Received) -> tuple[int, dict[str, str]]:
        """Note a request and return status and headers of the answer."""
        with self._lock:
            self.received.append(request)
            if self.answers:
                return self.answers.pop(0)
            if self._file is not None:
                self._file.write(f"{request.event['id']}\n")
                self._file.flush()
                os.fsync(self._file.fileno())
            return 200, {}

    @property
    def ids(self) -> list[str]:
        """The ids of all events that came, in order."""
        return [request.event["id"] for request in self.received]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Hooks

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        headers = {name.lower(): value for name, value in self.headers.items()}
        status, more = self.server.take(Received(self.path, headers, body))
        if self.server.silent.is_set():
            self.close_connection = True
            threading.Event().wait(30.0)
            return
        self.send_response(status)
        for name, value in more.items():
            self.send_header(name, value)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Log nothing."""
