"""Addresses of brokers and servers: parsed, and shown without secrets."""

from __future__ import annotations

import hashlib
import socket
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple, NoReturn

from plate_devices.addresses import AddressError, split_address
from plate_devices.outputs.output import OutputError
from plate_devices.outputs.output_settings import Destination
from plate_devices.setting_errors import SettingError

_LONGEST_SECRET = 4096


class Target(NamedTuple):
    """A parsed address; `path` includes the query; `user` and `password` are decoded, "" for none."""

    scheme: str
    host: str
    port: int
    path: str
    user: str
    password: str

    @property
    def shown(self) -> str:
        """The address without user, password, path and query, which may be secret."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}:{self.port}"


def destination(target: Target, path: str = "") -> Destination:
    """Return the destination of an address; `path` without its query is part of it."""
    named = f"{target.host.lower()} {target.port} {path.partition('?')[0]}"
    return Destination(hashlib.sha256(named.encode()).hexdigest()[:16], target.shown)


def parse_url(key: str, url: str, ports: dict[str, int]) -> Target:
    """Parse an address; `ports` holds the default port of each scheme.

    Raises:
        SettingError: the address is invalid; the message holds no part that may be secret.
    """
    try:
        parts = split_address(url, ports)
    except AddressError as error:
        raise SettingError(key, error.sentence) from None
    if "#" in url:
        raise SettingError(key, "this address has a #, which is sent to no server; write it as %23")
    return Target(parts.scheme, parts.host.lower(), parts.port, parts.target, parts.user, parts.password)


def tls(ca_file: Path | None, certificate_file: Path | None = None, key_file: Path | None = None) -> ssl.SSLContext:
    """Return a TLS context that verifies the server.

    Args:
        ca_file: certificates to trust, by default those of the system.
        certificate_file: of this client, in PEM.
        key_file: of this client, in PEM; by default in `certificate_file`.

    Raises:
        OutputError: a file cannot be used.
    """
    used = ca_file
    try:
        context = ssl.create_default_context(cafile=None if ca_file is None else str(ca_file))
        if certificate_file is not None:
            used = certificate_file
            key = None if key_file is None else str(key_file)
            context.load_cert_chain(str(certificate_file), key, password=_no_password)
    except (OSError, ssl.SSLError, _EncryptedKeyError) as error:
        raise OutputError(f"{used} cannot be used: {reason(error)}") from error
    return context


def read_secret(path: Path | None) -> str:
    """Return the first line of a file with a secret, "" without a file. Raises OutputError."""
    if path is None:
        return ""
    try:
        with path.open(encoding="utf-8") as stream:
            line = stream.readline(_LONGEST_SECRET + 1).strip()
    except (OSError, UnicodeDecodeError) as error:
        raise OutputError(f"{path} cannot be read: {reason(error)}") from error
    if not line or len(line) > _LONGEST_SECRET:
        raise OutputError(f"{path} needs a secret as its first line, of at most {_LONGEST_SECRET} characters")
    return line


def check_secret(key: str, path: Path | None, fits: Callable[[str], bool], allowed: str) -> None:
    """Check a file with a secret if it can be read; it may be created later.

    Raises:
        SettingError: it holds characters that cannot be sent.
    """
    try:
        secret = read_secret(path)
    except OutputError:
        return
    if not fits(secret):
        raise SettingError(key, f"the first line of {path} holds other characters than {allowed}")


def reason(error: Exception) -> str:
    """Return the reason of a failure in words without an address."""
    if isinstance(error, _EncryptedKeyError):
        return "its key is encrypted; use a key without a password"
    if isinstance(error, TimeoutError):
        return "no answer in time"
    if isinstance(error, socket.gaierror):
        return "the host name is unknown"
    if verify := getattr(error, "verify_message", ""):
        return f"its certificate is not trusted: {verify}"
    return str(getattr(error, "strerror", None) or type(error).__name__)


class _EncryptedKeyError(Exception):
    pass


def _no_password() -> NoReturn:
    """Called by OpenSSL, which would otherwise prompt on the terminal."""
    raise _EncryptedKeyError
