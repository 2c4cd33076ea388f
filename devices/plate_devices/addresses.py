"""Addresses of cameras, brokers and servers, taken apart in one place; one that can never work is refused."""

from __future__ import annotations

import ipaddress
import re
import socket
from typing import NamedTuple
from urllib.parse import quote, unquote

_PLACE = re.compile(r"(\[[^\]]*\]|[^:\[\]]*)(?::([0-9]{1,5})?)?")
_LABEL = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?")
_CONTROL = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")
_SURROGATE = re.compile(r"[\ud800-\udfff]")
_ASCII = "".join(map(chr, range(0x21, 0x7F)))
_HOST_SIZE = 253
_LONGEST = 4096
_ESCAPES = "in user and password write / as %2F, ? as %3F, # as %23, % as %25 and @ as %40, behind the host @ as %40"


class AddressError(ValueError):
    """An address that can never work. The text begins with a verb and repeats nothing that may be secret."""

    @property
    def sentence(self) -> str:
        """The text for a setting; the setting's name stands before it."""
        text = str(self)
        return f"this {text}" if text.startswith("is no address") else f"this is no address that can work: it {text}"


class AddressParts(NamedTuple):
    """An address, taken apart.

    Attributes:
        scheme: in lower case. host: ASCII, as it is looked up; without brackets.
        port: the scheme's usual one where none is given.
        target: path and query as they are sent, ASCII; "" for none. fragment: what follows a #.
        user, password: decoded, "" for none.
    """

    scheme: str
    host: str
    port: int
    target: str
    fragment: str
    user: str
    password: str


def split_address(typed: str, ports: dict[str, int]) -> AddressParts:
    """Take an address apart as browsers do; `ports` are the usual ones by scheme.

    Host names are encoded by IDNA, paths by UTF-8.

    Raises:
        AddressError: it can never work.
    """
    scheme, found, rest = typed.strip().partition("://")
    scheme = scheme.lower()
    if len(typed) > _LONGEST:
        raise AddressError(f"is longer than {_LONGEST} characters")
    if not found or scheme not in ports:
        raise AddressError(f"is no address; it is like {' or '.join(f'{one}://host' for one in ports)}")
    before = re.match(r"[^/?#]*", rest)
    place = before[0] if before else ""
    target, _, fragment = rest[len(place) :].partition("#")
    if "@" in target + fragment and re.search("[:@]", place):
        raise AddressError(f"has an @ behind a /, ? or #; {_ESCAPES}")
    login, _, place = place.rpartition("@")
    user, _, password = login.partition(":")
    if re.search(r"[\s\x00-\x1f\x7f]", login + place + target):
        raise AddressError("has a blank or a control character in it; write a blank as %20")
    if re.search(r"%(?![0-9A-Fa-f]{2})", login):
        raise AddressError("has a % in the login that begins no escape; write % itself as %25")
    host, port = _split_place(place)
    if not host:
        raise AddressError(f"is no address; it is like {scheme}://host")
    return AddressParts(
        scheme, host_name(host), port or ports[scheme], _sent(target), fragment, _user(user), _password(password)
    )


def host_name(host: str) -> str:
    """Return a host as it is looked up: an IP address, or a name in ASCII (IDNA). Raises AddressError."""
    if ":" in host:
        try:
            return str(ipaddress.IPv6Address(host.replace("%25", "%")))
        except ValueError:
            raise AddressError("has no host that could be: this is no IPv6 address") from None
    try:
        name = host if host.isascii() else host.encode("idna").decode("ascii")
    except UnicodeError:
        raise AddressError("has no host that could be: it cannot be written as a name of the network") from None
    labels = name.removesuffix(".").split(".")
    if len(name) > _HOST_SIZE or not all(_LABEL.fullmatch(label) for label in labels):
        raise AddressError(
            "has no host that could be; names are letters, digits and -, with dots between, at most 63 characters each"
        )
    if labels[-1].isdigit() and not _is_ipv4(name):
        raise AddressError("has no host that could be: this is no IPv4 address")
    return name


def decoded_text(text: str) -> str:
    """Return a text of an address with its %-escapes decoded. Raises AddressError: they are no text in UTF-8."""
    try:
        return unquote(text, errors="strict")
    except UnicodeDecodeError:
        raise AddressError("has an escape that is no UTF-8; write % itself as %25") from None


def has_control(text: str) -> bool:
    """Whether a text holds a control character or half of a character (surrogate), which no protocol here carries."""
    return _CONTROL.search(text) is not None


def is_header_text(text: str) -> bool:
    """Whether a text may stand in a header of HTTP: Latin-1 without control characters."""
    return not has_control(text) and all(ord(character) < 0x100 for character in text)


def _split_place(place: str) -> tuple[str, int]:
    found = _PLACE.fullmatch(place)
    port = int(found[2]) if found and found[2] else None
    if found is None or (port is not None and not 0 < port < 65536):
        raise AddressError("has no port that could be; ports are 1 to 65535")
    return found[1].strip("[]"), port or 0


def _user(word: str) -> str:
    text = decoded_text(word)
    if has_control(text):
        raise AddressError("has a control character in the user")
    return text


def _password(word: str) -> str:
    text = decoded_text(word)
    if _SURROGATE.search(text):
        raise AddressError("has a password that is no UTF-8")
    return text


def _sent(target: str) -> str:
    """Encode what is not ASCII, as browsers do; what is encoded stays as it is."""
    try:
        return quote(target, safe=_ASCII, errors="surrogateescape")
    except UnicodeEncodeError:
        raise AddressError("has a path that is no UTF-8") from None


def _is_ipv4(name: str) -> bool:
    try:
        socket.inet_aton(name)
    except OSError:
        return False
    return True
