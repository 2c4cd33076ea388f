"""A small reverse proxy that serves a page below a path, with the headers that Home Assistant's ingress adds."""

from __future__ import annotations

import http.client
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

PREFIX = "/api/hassio_ingress/abcDEF123"
_DROPPED = {"content-length", "transfer-encoding", "content-encoding", "connection"}


class _Handler(BaseHTTPRequestHandler):
    server: Any

    def do_GET(self) -> None:
        self._forward(b"")

    def do_POST(self) -> None:
        self._forward(self.rfile.read(int(self.headers["Content-Length"])))

    def _forward(self, body: bytes) -> None:
        if self.path == "/outside":
            self._answer(200, {"Content-Type": "text/html"}, f'<iframe src="{PREFIX}/"></iframe>'.encode())
            return
        if not self.path.startswith(f"{PREFIX}/"):
            self._answer(404, {}, b"outside the prefix")
            return
        kept = {name: value for name, value in self.headers.items() if name.lower() not in _DROPPED}
        kept |= {
            "X-Ingress-Path": PREFIX, "X-Forwarded-For": "192.0.2.7", "X-Forwarded-Host": self.headers["Host"],
            "X-Forwarded-Proto": "http", "X-Remote-User-Id": "0" * 32, "X-Remote-User-Name": "ann",
        }  # fmt: skip
        asked = http.client.HTTPConnection("127.0.0.1", self.server.page_port, timeout=30)
        asked.request(self.command, self.path.removeprefix(PREFIX), body or None, kept)
        found = asked.getresponse()
        self._answer(found.status, dict(found.getheaders()), found.read())
        asked.close()

    def _answer(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.send_response(status)
        for name, value in headers.items():
            if name.lower() not in _DROPPED:
                self.send_header(name, value)
        if status != 204:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Log nothing."""


class IngressProxy(ThreadingHTTPServer):
    """Serves the page of a port at `PREFIX`, and a page with a frame around it at /outside."""

    daemon_threads = True

    def __init__(self, page_port: int) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.page_port = page_port
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def close(self) -> None:
        self.shutdown()
        self.server_close()
