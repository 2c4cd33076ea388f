"""Addresses of network cameras: taken apart, and shown without anything that opens a door."""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import quote, unquote

from plate_runtime.errors import UsageError

HIDDEN = "***"

_PORTS = {"rtsp": 554, "http": 80, "https": 443}

# Cameras hand out streams by such names. Whatever else stands behind a "=" may be a password or a token.
_HARMLESS = re.compile(
    r"(?:cam(?:era)?|ch(?:n|annel)?(?:id)?|codec|fps|height|profile|quality|resolution|size|stream(?:id|type)?|subtype"
    r"|track(?:id)?|transport|unicast|width)=[\w.:-]{1,12}",
    re.IGNORECASE,
)
_PAIR = re.compile(r"([A-Za-z][\w.-]*?)=(.*?)(?=[&;/?]|_[A-Za-z]+=|$)")


class Address(NamedTuple):
    """Where a stream is.

    Attributes:
        scheme, host, port: as in the address; the scheme's usual port where none stands there.
        target: path and query, as they are asked for; always begins with "/".
        user, password: to log in with, "" for none; decoded.
    """

    scheme: str
    host: str
    port: int
    target: str
    user: str = ""
    password: str = ""

    @property
    def host_and_port(self) -> str:
        """The host, and the port where it is not the usual one."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def shown(self) -> str:
        """The address as it may be printed: no user, no password, no value that may be a secret."""
        return f"{self.scheme}://{self.host_and_port}{_without_secrets(self.target)}"

    @property
    def bare(self) -> str:
        """The address without user and password, as it stands in a request."""
        return f"{self.scheme}://{self.host_and_port}{self.target}"

    @property
    def full(self) -> str:
        """The whole address, for who has to log in; never to be printed."""
        if not self.user and not self.password:
            return self.bare
        login = f"{quote(self.user, safe='')}:{quote(self.password, safe='')}"
        return f"{self.scheme}://{login}@{self.host_and_port}{self.target}"


def parse_address(typed: str) -> Address:
    """Take an address apart. Raises UsageError, which repeats nothing that may be secret, where it is none."""
    scheme, _, rest = typed.partition("://")
    scheme = scheme.lower()
    place, target = re.fullmatch(r"([^/?#]*)([^#]*)(?:#.*)?", rest, re.DOTALL).groups()  # type: ignore[union-attr]
    if "@" in target or "@" in rest[len(place) + len(target) :]:
        raise UsageError(
            f"--camera {scheme}://{HIDDEN} has an @ behind a /, ? or #; in user and password write / as %2F, ? as %3F, "
            "# as %23 and @ as %40, behind the host @ as %40"
        )
    login, _, place = place.rpartition("@")
    user, _, password = login.partition(":")
    host, port = _split_port(scheme, place)
    if not host or re.search(r"[\s\x00-\x1f\x7f]", place + target):
        raise UsageError(f"--camera {scheme}://{HIDDEN} is no address; it is like {scheme}://host/stream")
    target = target if target.startswith("/") else f"/{target}"
    return Address(scheme, host, port, target, unquote(user), unquote(password))


def is_address(name: str) -> bool:
    """Whether a name looks like an address, `scheme://...`, of any scheme."""
    return re.match(r"[A-Za-z][A-Za-z0-9+.-]*://", name) is not None


def presentable(name: str) -> str:
    """Return a name, of a camera or a file, as it may be printed; of an address only what is harmless."""
    if not is_address(name):
        return name
    if name.partition("://")[0].lower() in _PORTS:
        try:
            return parse_address(name).shown
        except UsageError:
            pass
    return f"{name.partition('://')[0]}://{HIDDEN}"


def _split_port(scheme: str, place: str) -> tuple[str, int]:
    found = re.fullmatch(r"(\[[0-9A-Fa-f:.%]+\]|[^:\[\]]*)(?::(\d{1,5})?)?", place)
    port = int(found[2]) if found and found[2] else _PORTS[scheme]
    if found is None or not 0 < port < 65536:
        raise UsageError(f"--camera {scheme}://{HIDDEN} has no port that could be; ports are 1 to 65535")
    return found[1].strip("[]"), port


def _without_secrets(target: str) -> str:
    def hide(pair: re.Match[str]) -> str:
        return pair[0] if not pair[2] or _HARMLESS.fullmatch(pair[0]) else f"{pair[1]}={HIDDEN}"

    return _PAIR.sub(hide, target)
