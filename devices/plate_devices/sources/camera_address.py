"""Addresses of network cameras: parsed, and printed without secrets."""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import quote

from plate_devices.addresses import AddressError, split_address
from plate_runtime.errors import UsageError

HIDDEN = "***"

PORTS = {"rtsp": 554, "rtsps": 322, "http": 80, "https": 443}

ENCRYPTED = frozenset({"https", "rtsps"})

# Common parameters of stream addresses. Any other value may be a password or a token.
_HARMLESS = re.compile(
    r"(?:cam(?:era)?|ch(?:n|annel)?(?:id)?|codec|fps|height|profile|quality|resolution|size|stream(?:id|type)?|subtype"
    r"|track(?:id)?|transport|unicast|width)=[\w.:-]{1,12}",
    re.IGNORECASE,
)
_PAIR = re.compile(r"([A-Za-z][\w.-]*?)=(.*?)(?=[&;/?]|_[A-Za-z]+=|$)")


class CameraAddress(NamedTuple):
    """The parsed address of a stream.

    Attributes:
        scheme, host, port: as in the address; by default the usual port of the scheme.
        target: path and query of the request; begins with "/".
        user, password: decoded; "" for none.
    """

    scheme: str
    host: str
    port: int
    target: str
    user: str = ""
    password: str = ""

    @property
    def host_and_port(self) -> str:
        """The host, with the port unless it is the usual one."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def shown(self) -> str:
        """The address for messages: without user, password, and values that may be secret."""
        return f"{self.scheme}://{self.host_and_port}{_without_secrets(self.target)}"

    @property
    def bare(self) -> str:
        """The address without user and password, for requests."""
        return f"{self.scheme}://{self.host_and_port}{self.target}"

    @property
    def full(self) -> str:
        """The address with user and password; never to be printed."""
        if not self.user and not self.password:
            return self.bare
        login = f"{quote(self.user, safe='')}:{quote(self.password, safe='')}"
        return f"{self.scheme}://{login}@{self.host_and_port}{self.target}"


def parse_address(typed: str) -> CameraAddress:
    """Parse an address. Raises UsageError where it is not valid; the message repeats no secrets."""
    try:
        parts = split_address(typed, PORTS)
    except AddressError as error:
        raise UsageError(f"--camera {typed.partition('://')[0].lower()}://{HIDDEN} {error}") from None
    target = parts.target if parts.target.startswith("/") else f"/{parts.target}"
    return CameraAddress(parts.scheme, parts.host, parts.port, target, parts.user, parts.password)


def is_address(name: str) -> bool:
    """Return whether a name begins like an address, with `scheme://` of any scheme."""
    return re.match(r"[A-Za-z][A-Za-z0-9+.-]*://", name) is not None


def printable_name(name: str) -> str:
    """Return the name of a camera or file for messages; of an address only the parts that are not secret."""
    if not is_address(name):
        return name
    if name.partition("://")[0].lower() in PORTS:
        try:
            return parse_address(name).shown
        except UsageError:
            pass
    return f"{name.partition('://')[0]}://{HIDDEN}"


def _without_secrets(target: str) -> str:
    def hide(pair: re.Match[str]) -> str:
        return pair[0] if not pair[2] or _HARMLESS.fullmatch(pair[0]) else f"{pair[1]}={HIDDEN}"

    return _PAIR.sub(hide, target)
