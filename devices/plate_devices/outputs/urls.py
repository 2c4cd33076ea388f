"""Addresses of brokers and servers: taken apart, and shown without anything that opens a door."""

from __future__ import annotations

import socket
import ssl
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from plate_devices.config.errors import SettingError
from plate_devices.outputs.base import OutputError


class Target(NamedTuple):
    """Where a broker or server is; `path` with its query; `user` and `password` decoded, "" for none."""

    scheme: str
    host: str
    port: int
    path: str
    user: str
    password: str

    @property
    def shown(self) -> str:
        """The address as it may be printed: user, password, path and query may be secret."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}:{self.port}"


def parse_url(key: str, url: str, ports: dict[str, int]) -> Target:
    """Take an address apart; `ports` are the usual ones by scheme.

    Raises:
        SettingError: it is none; the text repeats nothing that may be secret.
    """
    like = " or ".join(f"{scheme}://host" for scheme in ports)
    try:
        parts = urlsplit(url.strip())
        port = parts.port
    except ValueError:
        raise SettingError(key, f"this is no address; it is like {like}") from None
    if parts.scheme not in ports or not parts.hostname or any(sign.isspace() for sign in url.strip()):
        raise SettingError(key, f"this is no address; it is like {like}")
    path = parts.path + (f"?{parts.query}" if parts.query else "")
    login = unquote(parts.username or ""), unquote(parts.password or "")
    return Target(parts.scheme, parts.hostname, port or ports[parts.scheme], path, *login)


def tls(ca_file: Path | None) -> ssl.SSLContext:
    """Return how to trust the other side: who the system trusts, or who signed with a file. Raises OutputError."""
    try:
        return ssl.create_default_context(cafile=None if ca_file is None else str(ca_file))
    except (OSError, ssl.SSLError) as error:
        raise OutputError(f"{ca_file} cannot be used: {reason(error)}") from error


def read_secret(path: Path | None) -> str:
    """Return the first line of a file with a secret, "" for no file. Raises OutputError."""
    if path is None:
        return ""
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise OutputError(f"{path} cannot be read: {reason(error)}") from error
    if not lines or not lines[0].strip():
        raise OutputError(f"{path} is empty; its first line is the secret")
    return lines[0].strip()


def reason(error: Exception) -> str:
    """Return why it failed, in words that hold no address."""
    if isinstance(error, TimeoutError):
        return "no answer in time"
    if isinstance(error, socket.gaierror):
        return "there is no such name in the network"
    if verify := getattr(error, "verify_message", ""):
        return f"its certificate is not trusted: {verify}"
    return str(getattr(error, "strerror", None) or type(error).__name__)
