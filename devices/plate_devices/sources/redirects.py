"""Where a camera may send on to: within its host, or to the one other that the user names, and never out of TLS."""

from __future__ import annotations

from urllib.parse import urljoin

from plate_devices.addresses import host_name
from plate_devices.sources.camera_address import ENCRYPTED, Address, parse_address
from plate_runtime.errors import DeviceError, UsageError

MOST_REDIRECTS = 5

MOVED = (301, 302, 303, 307, 308)
"""Status codes that send on."""


class Redirects:
    """The way from a camera's address to that of its pictures.

    Attributes:
        address: where it is now; with user and password on its own host alone.
    """

    def __init__(self, address: Address, elsewhere: str | None = None) -> None:
        """Take the address that was given, and the one other host that it may send on to."""
        self.address = self._first = address
        self._elsewhere = host_name(elsewhere).lower() if elsewhere else None
        self._count = 0

    def follow(self, location: str) -> None:
        """Take the header `Location` of an answer. Raises DeviceError where the camera may not send on to there."""
        name, first = self._first.shown, self._first
        self._count += 1
        if self._count > MOST_REDIRECTS:
            raise DeviceError(f"{name} sends on more than {MOST_REDIRECTS} times; give the address of the pictures")
        try:
            sent = location.strip().encode("latin-1").decode("utf-8", "surrogateescape")
            found = parse_address(urljoin(self.address.bare, sent))
        except (UsageError, ValueError) as error:
            raise DeviceError(f"{name} sends on to what is no address of pictures") from error
        host = found.host.lower()
        if found.scheme[:4] != first.scheme[:4]:
            raise DeviceError(f"{name} sends on to {found.scheme}://{host}; give that address where it is right")
        if host not in (first.host.lower(), self._elsewhere):
            raise DeviceError(
                f"{name} sends on to another host, {host}; where that is right, allow it in the settings: "
                f'[source] redirect = "{host}"'
            )
        if self.address.scheme in ENCRYPTED and found.scheme not in ENCRYPTED:
            raise DeviceError(f"{name} sends on to {found.scheme}, which is not encrypted; give that where it is right")
        own = host == first.host.lower()
        self.address = found._replace(user=first.user if own else "", password=first.password if own else "")
