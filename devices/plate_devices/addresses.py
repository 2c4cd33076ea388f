"""Parses and validates the addresses of cameras, brokers and servers."""

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
_ESCAPES = "in user and password write / as %2F, ? as %3F, # as %23, % as %25 and @ as %40, after the host @ as %40"


class AddressError(ValueError):
    """An address is not valid. The message begins with a verb and repeats no secrets."""

    @property
    def sentence(self) -> str:
        """The message for a setting, after the setting's name."""
        text = str(self)
        return f"this {text}" if text.startswith("is not") else f"this is not a valid address: it {text}"


class AddressParts(NamedTuple):
    """The parts of an address.

    Attributes:
        scheme: in lower case.
        host: ASCII, without brackets.
        port: by default the usual one of the scheme.
        target: path and query, encoded in ASCII; "" for none.
        fragment: the part after #.
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
    """Parse an address as browsers do; `ports` are the usual ones by scheme.

    Host names are encoded by IDNA, paths by UTF-8.

    Raises:
        AddressError: it is not valid.
    """
    scheme, found, rest = typed.strip().partition("://")
    scheme = scheme.lower()
    if len(typed) > _LONGEST:
        raise AddressError(f"is longer than {_LONGEST} characters")
    if not found or scheme not in ports:
        raise AddressError(f"is not an address; use for example {' or '.join(f'{one}://host' for one in ports)}")
    before = re.match(r"[^/?#]*", rest)
    place = before[0] if before else ""
    target, _, fragment = rest[len(place) :].partition("#")
    if "@" in target + fragment and re.search("[:@]", place):
        raise AddressError(f"has an @ after a /, ? or #; {_ESCAPES}")
    login, _, place = place.rpartition("@")
    user, _, password = login.partition(":")
    if re.search(r"[\s\x00-\x1f\x7f]", login + place + target):
        raise AddressError("contains a space or a control character; write a space as %20")
    if re.search(r"%(?![0-9A-Fa-f]{2})", login):
        raise AddressError("has a single % in the login; write it as %25")
    host, port = _split_place(place)
    if not host:
        raise AddressError(f"is not an address; use for example {scheme}://host")
    return AddressParts(
        scheme, host_name(host), port or ports[scheme], _sent(target), fragment, _user(user), _password(password)
    )


def host_name(host: str) -> str:
    """Return a host for the lookup: an IP address, or a name in ASCII (IDNA). Raises AddressError."""
    if ":" in host:
        try:
            return str(ipaddress.IPv6Address(host.replace("%25", "%")))
        except ValueError:
            raise AddressError("has no valid host: this is not an IPv6 address") from None
    try:
        name = host if host.isascii() else host.encode("idna").decode("ascii")
    except UnicodeError:
        raise AddressError("has no valid host: it cannot be encoded as a network name") from None
    labels = name.removesuffix(".").split(".")
    if len(name) > _HOST_SIZE or not all(_LABEL.fullmatch(label) for label in labels):
        raise AddressError(
            "has no valid host; names are letters, digits and -, separated by dots, at most 63 characters each"
        )
    if labels[-1].isdigit() and not _is_ipv4(name):
        raise AddressError("has no valid host: this is not an IPv4 address")
    return name


def decoded_text(text: str) -> str:
    """Return a part of an address with %-escapes decoded. Raises AddressError where they are not UTF-8."""
    try:
        return unquote(text, errors="strict")
    except UnicodeDecodeError:
        raise AddressError("has an escape that is not UTF-8; write % itself as %25") from None


def has_control(text: str) -> bool:
    """Return whether a text has control characters or surrogates, which no protocol here can transmit."""
    return _CONTROL.search(text) is not None


def is_header_text(text: str) -> bool:
    """Return whether a text is valid in an HTTP header: Latin-1 without control characters."""
    return not has_control(text) and all(ord(character) < 0x100 for character in text)


def _split_place(place: str) -> tuple[str, int]:
    found = _PLACE.fullmatch(place)
    port = int(found[2]) if found and found[2] else None
    if found is None or (port is not None and not 0 < port < 65536):
        raise AddressError("has no valid port; ports are 1 to 65535")
    return found[1].strip("[]"), port or 0


def _user(word: str) -> str:
    text = decoded_text(word)
    if has_control(text):
        raise AddressError("has a control character in the user")
    return text


def _password(word: str) -> str:
    text = decoded_text(word)
    if _SURROGATE.search(text):
        raise AddressError("has a password that is not UTF-8")
    return text


def _sent(target: str) -> str:
    """Encode characters outside ASCII, as browsers do; existing escapes stay."""
    try:
        return quote(target, safe=_ASCII, errors="surrogateescape")
    except UnicodeEncodeError:
        raise AddressError("has a path that is not UTF-8") from None


def _is_ipv4(name: str) -> bool:
    try:
        socket.inet_aton(name)
    except OSError:
        return False
    return True
