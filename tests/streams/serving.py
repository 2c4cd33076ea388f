"""What both servers share: a listening socket, a thread for each client, and a sudden death."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import re
import socket
import ssl
import threading
from pathlib import Path
from typing import Any

CERTIFICATE = Path(__file__).with_name("localhost.pem")

REALM, NONCE = "drawn camera", "0a1b2c3d"


class Server:
    """Serves on a loopback port until `kill`; `start` serves again on the same port.

    Attributes:
        fault: how it misbehaves, one of the words that the server's own docstring lists; "" for not at all.
        accepted: connections so far.
        encrypted: it talks TLS, as "localhost", with a certificate of its own.
    """

    def __init__(self, user: str = "", password: str = "", scheme: str = "basic", rate: float = 30.0) -> None:
        self.user, self.password, self.scheme, self.rate = user, password, scheme, rate
        self.fault = ""
        self.accepted = 0
        self.port = 0
        self.encrypted = False
        self._clients: set[socket.socket] = set()
        self._listener: socket.socket | None = None
        self._threads: list[threading.Thread] = []
        self.stopping = threading.Event()

    def start(self) -> Any:
        """Listen; on the port it had before, if it had one."""
        self.stopping.clear()
        self._listener = socket.create_server(("127.0.0.1", self.port), backlog=16)
        self.port = self._listener.getsockname()[1]
        self._spawn(self._accept, self._listener)
        return self

    def kill(self) -> None:
        """Close every socket at once, as a power cut would."""
        self.stopping.set()
        if self._listener is not None:
            with contextlib.suppress(OSError):
                self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()
        self.drop()
        for thread in self._threads:
            thread.join(5.0)
        self._threads.clear()

    def drop(self) -> None:
        """Cut the clients off and go on listening."""
        for client in list(self._clients):
            with contextlib.suppress(OSError):
                client.shutdown(socket.SHUT_RDWR)

    def __enter__(self) -> Any:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.kill()

    def serve(self, client: socket.socket) -> None:
        """Talk to one client until it or the server has had enough."""
        raise NotImplementedError

    def authorised(self, method: str, headers: dict[str, str]) -> bool:
        """Whether the client has named user and password in the right way."""
        if not self.user:
            return True
        given = headers.get("authorization", "")
        if self.scheme == "basic":
            return given == "Basic " + base64.b64encode(f"{self.user}:{self.password}".encode()).decode()
        fields = dict(re.findall(r'(\w+)="?([^",]*)"?', given))
        secret = _md5(f"{self.user}:{REALM}:{self.password}")
        action = _md5(f"{method}:{fields.get('uri', '')}")
        middle = f":{fields['nc']}:{fields['cnonce']}:{fields['qop']}" if "qop" in fields else ""
        return fields.get("response") == _md5(f"{secret}:{NONCE}{middle}:{action}")

    def challenge(self) -> str:
        """The header that asks for user and password."""
        if self.scheme == "basic":
            return f'WWW-Authenticate: Basic realm="{REALM}"'
        qop = ', qop="auth"' if self.scheme == "digest-qop" else ""
        return f'WWW-Authenticate: Digest realm="{REALM}", nonce="{NONCE}"{qop}'

    def _spawn(self, work: Any, *arguments: Any) -> None:
        self._threads = [thread for thread in self._threads if thread.is_alive()]
        thread = threading.Thread(target=work, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self, listener: socket.socket) -> None:
        while not self.stopping.is_set():
            try:
                client, _ = listener.accept()
            except OSError:
                return
            self.accepted += 1
            self._clients.add(client)
            self._spawn(self._guard, client)

    def _guard(self, client: socket.socket) -> None:
        with client, contextlib.suppress(OSError, ValueError, KeyError):
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self.encrypted:
                context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
                context.load_cert_chain(CERTIFICATE)
                client = context.wrap_socket(client, server_side=True)
            self.serve(client)
            client.close()
        self._clients.discard(client)


def read_request(stream: Any) -> tuple[str, str, dict[str, str]] | None:
    """Read a request line and headers of HTTP or RTSP: method, target, headers; None at the end."""
    line = stream.readline(4096).decode("latin-1").split()
    if len(line) < 2:
        return None
    headers = {}
    while (row := stream.readline(4096).decode("latin-1").strip()) != "":
        name, _, value = row.partition(":")
        headers[name.strip().lower()] = value.strip()
    return line[0], line[1], headers


def _md5(text: str) -> str:
    return hashlib.md5(text.encode()).hexdigest()
