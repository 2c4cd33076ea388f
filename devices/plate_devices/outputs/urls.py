"""Addresses of brokers and servers: taken apart, and shown without anything that opens a door."""

from __future__ import annotations

import hashlib
import socket
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple, NoReturn

from plate_devices.addresses import AddressError, split_address
from plate_devices.config.setting_errors import SettingError
from plate_devices.outputs.output import OutputError

_LONGEST_SECRET = 4096


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


class Destination(NamedTuple):
    """Which broker or server: `digest`, 16 digits, is the same for the same one, and `shown` may be printed."""

    digest: str
    shown: str


def destination(target: Target, path: str = "") -> Destination:
    """Return where an address leads; `path` is what of it tells one receiver from another, without its query."""
    named = f"{target.host.lower()} {target.port} {path.partition('?')[0]}"
    return Destination(hashlib.sha256(named.encode()).hexdigest()[:16], target.shown)


def parse_url(key: str, url: str, ports: dict[str, int]) -> Target:
    """Take an address apart; `ports` are the usual ones by scheme.

    Raises:
        SettingError: it can never work; the text repeats nothing that may be secret.
    """
    try:
        parts = split_address(url, ports)
    except AddressError as error:
        raise SettingError(key, error.sentence) from None
    if parts.fragment:
        raise SettingError(key, "this address has a #, which is sent to no server; write it as %23")
    return Target(parts.scheme, parts.host.lower(), parts.port, parts.target, parts.user, parts.password)


def tls(ca_file: Path | None, certificate_file: Path | None = None, key_file: Path | None = None) -> ssl.SSLContext:
    """Return how to trust the other side, and what proves who this side is.

    Args:
        ca_file: who signs, if the system does not trust them. certificate_file, key_file: of this client, in PEM.

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
    """Return the first line of a file with a secret, "" for no file. Raises OutputError."""
    if path is None:
        return ""
    try:
        with path.open(encoding="utf-8") as stream:
            line = stream.readline(_LONGEST_SECRET + 1).strip()
    except (OSError, UnicodeDecodeError) as error:
        raise OutputError(f"{path} cannot be read: {reason(error)}") from error
    if not line or len(line) > _LONGEST_SECRET:
        raise OutputError(f"{path} has no first line of at most {_LONGEST_SECRET} characters; it is the secret")
    return line


def check_secret(key: str, path: Path | None, fits: Callable[[str], bool], allowed: str) -> None:
    """Look into a file with a secret, where it can be read: it may be missing now and be there later.

    Raises:
        SettingError: it holds what can never be sent.
    """
    try:
        secret = read_secret(path)
    except OutputError:
        return
    if not fits(secret):
        raise SettingError(key, f"the first line of {path} holds other characters than {allowed}")


def reason(error: Exception) -> str:
    """Return why it failed, in words that hold no address."""
    if isinstance(error, _EncryptedKeyError):
        return "its key is encrypted; use a key without a password"
    if isinstance(error, TimeoutError):
        return "no answer in time"
    if isinstance(error, socket.gaierror):
        return "there is no such name in the network"
    if verify := getattr(error, "verify_message", ""):
        return f"its certificate is not trusted: {verify}"
    return str(getattr(error, "strerror", None) or type(error).__name__)


class _EncryptedKeyError(Exception):
    pass


def _no_password() -> NoReturn:
    """Asked for by OpenSSL, which would otherwise ask the terminal."""
    raise _EncryptedKeyError
