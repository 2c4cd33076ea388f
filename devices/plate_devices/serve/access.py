"""Access to the page: reading from this machine or with a token, changes with the full token."""

from __future__ import annotations

import enum
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

    from plate_devices.serve.page_settings import ServeSettings

    Headers = Message[str, str]

COOKIE = "plate_edge_token"
_LEAST = 16
_THIS_MACHINE = re.compile(r"(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d+)?", re.IGNORECASE)


class Access(enum.IntEnum):
    """What a client may do."""

    NONE = 0
    READ = 1
    FULL = 2


class AccessControl:
    """Decides about each request by two tokens; "" stands for a token that does not exist.

    Attributes:
        token: for everything; changes need it.
        viewer_token: for reading.
        is_open: whether clients on this machine read without a token.
        token_file: the setting that a refusal names; None for a token of this run.
    """

    def __init__(
        self, token: str = "", viewer_token: str = "", *, is_open: bool = True, token_file: Path | None = None
    ) -> None:
        self.token, self.viewer_token = token, viewer_token
        self.is_open, self._token_file = is_open, token_file

    def level(self, headers: Headers) -> Access:
        """Return the access of a request, by its cookie or `Authorization: Bearer`."""
        kind, _, bearer = headers.get("Authorization", "").partition(" ")
        words = [_cookie(headers), *([bearer.strip()] if kind.lower() == "bearer" else [])]
        if any(_is_equal(word, self.token) for word in words):
            return Access.FULL
        if any(_is_equal(word, self.viewer_token) for word in words):
            return Access.READ
        return Access.READ if self.is_open and self.names_this_host(headers) else Access.NONE

    @property
    def has_tokens(self) -> bool:
        """Whether there is a token."""
        return bool(self.token or self.viewer_token)

    @property
    def read_only_reason(self) -> str:
        """Why a client without the full token may not change anything, and what to do."""
        if not self.token:
            return "changes need a token; name a [serve] token_file in the settings"
        if self._token_file is None:
            return "changes need the token of this run; open the address that the terminal shows"
        return "changes need the full token, which is in the [serve] token_file on the device"

    def is_token(self, word: str) -> bool:
        """Return whether a word is one of the tokens, in constant time."""
        return _is_equal(word, self.token) or _is_equal(word, self.viewer_token)

    def names_this_host(self, headers: Headers) -> bool:
        """Return whether a request names this machine as its host; True for all where reading needs a token.

        Otherwise any page on the web could point its own name at this machine and read the page (DNS rebinding).
        """
        return not self.is_open or _THIS_MACHINE.fullmatch(headers.get("Host", "")) is not None

    def is_same_origin(self, headers: Headers) -> bool:
        """Return whether a change was requested by this page, and not by another one in the same browser."""
        origin = headers.get("Origin", "")
        return not origin or origin.partition("://")[2] == headers.get("Host", "")


def load_access(settings: ServeSettings, is_loopback: bool, is_terminal: bool) -> AccessControl:
    """Return the access that the settings give; token files are created if missing.

    Without a token file, a terminal gets a new token for this run, and clients on this machine read without a token.
    With a file they need it, too: behind another web server, every client is on this machine.

    Args:
        is_loopback: whether only this machine reaches the page.
        is_terminal: whether the user sees printed text. A service needs a file, so that its token is known.

    Raises:
        UsageError: other machines reach the page, but there is neither file nor terminal.
        DataError: a file holds no token, other users can read it, or both files hold the same token.
        DeviceError: a file can be neither read nor created.
    """
    file, viewer_file = settings.token_file, settings.viewer_token_file
    if file is None and viewer_file is None and not is_loopback and not is_terminal:
        raise UsageError("the page is served to other machines; name a [serve] token_file, or serve on 127.0.0.1")
    token = load_or_create_token(file) if file else secrets.token_urlsafe(18) if is_terminal else ""
    viewer_token = load_or_create_token(viewer_file) if viewer_file else ""
    if token and token == viewer_token:
        raise DataError(f"token file {viewer_file} holds the full token; delete it to create one for reading")
    is_open = is_loopback and file is None and viewer_file is None
    return AccessControl(token, viewer_token, is_open=is_open, token_file=file)


def load_or_create_token(path: Path) -> str:
    """Return the token of a file, which is created if missing.

    Raises:
        DataError: the file holds no token, or other users can read it.
        DeviceError: the file can be neither read nor created.
    """
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


def _is_equal(word: str, token: str) -> bool:
    return bool(token) and hmac.compare_digest(word.encode(), token.encode())
