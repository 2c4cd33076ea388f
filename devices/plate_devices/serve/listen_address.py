"""Address and port that the page is served at, and whether only this machine can reach them."""

from __future__ import annotations

import ipaddress
import socket
from typing import NamedTuple

from plate_devices.addresses import AddressError, host_name
from plate_runtime.errors import DeviceError

PORT = 8080
_EXAMPLES = "use for example 127.0.0.1:8080, 8080, [::1]:8080 or 0.0.0.0:8080"


class ListenAddress(NamedTuple):
    """A host as it was given, and a port; port 0 stands for any free one."""

    host: str
    port: int

    @property
    def shown(self) -> str:
        """Host and port for a browser."""
        host = "localhost" if self.host in ("", "0.0.0.0", "::") else self.host
        return f"[{host}]:{self.port}" if ":" in host else f"{host}:{self.port}"


def parse_listen(typed: str) -> ListenAddress:
    """Parse `HOST:PORT`, `HOST` or `PORT`; a port alone is on this machine. Raises ValueError where it is not valid."""
    host, port = _split(typed.strip())
    if not (port.isascii() and port.isdecimal()) or int(port) > 65535:
        raise ValueError(f"{port!r} in {typed!r} is not a port; {_EXAMPLES}")
    if not host or any(character in host for character in " /@?#") or (":" in host and not _is_ipv6(host)):
        raise ValueError(f"{typed!r} is not an address to listen on; {_EXAMPLES}")
    try:
        return ListenAddress(host if _is_ipv6(host) else host_name(host), int(port))
    except AddressError as error:
        raise ValueError(f"{typed!r} {error}; {_EXAMPLES}") from None


def _split(typed: str) -> tuple[str, str]:
    if typed.isdecimal():
        return "127.0.0.1", typed
    if typed.startswith("["):
        host, _, rest = typed[1:].partition("]")
        return host, rest.removeprefix(":") or str(PORT)
    if _is_ipv6(typed):
        return typed, str(PORT)
    host, colon, port = typed.rpartition(":")
    return (host or "0.0.0.0", port) if colon else (typed, str(PORT))


def _is_ipv6(host: str) -> bool:
    try:
        return ipaddress.ip_address(host.partition("%")[0]).version == 6
    except ValueError:
        return False


def resolve(listen: ListenAddress) -> tuple[int, tuple[str, int], bool]:
    """Return the address family, the address to bind, and whether only this machine can reach it.

    Raises:
        DeviceError: the name has no address.
    """
    try:
        found = socket.getaddrinfo(listen.host, listen.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except OSError as error:
        raise DeviceError(f"--serve {listen.host}: there is no such address; {_EXAMPLES}") from error
    family, _, _, _, address = found[0]
    host = str(address[0])
    return family, (host, listen.port), ipaddress.ip_address(host.partition("%")[0]).is_loopback
