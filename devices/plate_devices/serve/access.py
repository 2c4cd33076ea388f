"""Access to the page: from this machine, or with the token."""

from __future__ import annotations

import hmac
import os
import re
import secrets
import stat
from http.cookies import CookieError, SimpleCookie
from typing import TYPE_CHECKING

from plate_runtime.errors import DataError, DeviceError, UsageError

if TYPE_CHECKING:
    from email.message import Message
    from pathlib import Path

    Headers = Message[str, str]

COOKIE = "plate_edge_token"
_LEAST = 16
_THIS_MACHINE = re.compile(r"(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d+)?", re.IGNORECASE)


class AccessControl:
    """Decides about each request; `token` is empty if the page is served to this machine alone."""

    def __init__(self, token: str = "") -> None:
        self.token = token

    def has_token(self, headers: Headers) -> bool:
        """Return whether a request has the token, as cookie or `Authorization: Bearer`; True where none is needed."""
        if not self.token:
            return True
        kind, _, bearer = headers.get("Authorization", "").partition(" ")
        return (kind.lower() == "bearer" and self.is_token(bearer.strip())) or self.is_token(_cookie(headers))

    def is_token(self, word: str) -> bool:
        """Return whether a word is the token, in constant time."""
        return bool(self.token) and hmac.compare_digest(word.encode(), self.token.encode())

    def names_this_host(self, headers: Headers) -> bool:
        """Return whether a request without a token names this machine as its host.

        Otherwise any page on the web could point its own name at this machine and read the page (DNS rebinding).
        """
        return bool(self.token) or _THIS_MACHINE.fullmatch(headers.get("Host", "")) is not None

    def is_same_origin(self, headers: Headers) -> bool:
        """Return whether a change was requested by this page, and not by another one in the same browser."""
        origin = headers.get("Origin", "")
        return not origin or origin.partition("://")[2] == headers.get("Host", "")


def load_or_create_token(path: Path | None, is_terminal: bool) -> str:
    """Return the token of a file, which is created if missing; without a file, a new token for this run.

    Args:
        is_terminal: whether the user sees printed text. A service needs a file, so that its token is known.

    Raises:
        UsageError: there is no file and no terminal.
        DataError: the file holds no token, or other users can read it.
        DeviceError: the file can be neither read nor created.
    """
    if path is None:
        if not is_terminal:
            raise UsageError("the page is served to other machines; name a [serve] token_file, or serve on 127.0.0.1")
        return secrets.token_urlsafe(18)
    try:
        return _read(path) if path.exists() else _create(path)
    except OSError as error:
        raise DeviceError(f"token file {path} cannot be read or created: {error.strerror or error}") from error


def _read(path: Path) -> str:
    with path.open(encoding="ascii", errors="replace") as stream:
        if stat.S_IMODE(os.fstat(stream.fileno()).st_mode) & 0o007:
            raise DataError(f"token file {path} can be read by all users; run: chmod 600 {path}")
        token = stream.read(1024).strip()
    if len(token) < _LEAST or not re.fullmatch(r"[\w.~+/=-]+", token, re.ASCII):
        raise DataError(
            f"token file {path} needs one word of at least {_LEAST} letters and digits; delete it to create a new one"
        )
    return token


def _create(path: Path) -> str:
    token = secrets.token_urlsafe(18)
    path.parent.mkdir(parents=True, exist_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as stream:
        stream.write(token + "\n")
    return token


def _cookie(headers: Headers) -> str:
    try:
        found = SimpleCookie(headers.get("Cookie", "")).get(COOKIE)
    except CookieError:
        return ""
    return found.value if found else ""
