"""Redirects of a camera: within its host, or to one other host that the user names, and never out of TLS."""

from __future__ import annotations

from urllib.parse import urljoin

from plate_devices.addresses import host_name
from plate_devices.sources.camera_address import ENCRYPTED, CameraAddress, parse_address
from plate_runtime.errors import DeviceError, UsageError

MOST_REDIRECTS = 5

MOVED = (301, 302, 303, 307, 308)
"""Status codes of redirects."""


class Redirects:
    """Follows redirects from a camera's address to that of its pictures.

    Attributes:
        address: the current one; it has user and password on the camera's own host alone.
    """

    def __init__(self, address: CameraAddress, elsewhere: str | None = None) -> None:
        """Take the camera's address, and the one other host that it may redirect to."""
        self.address = self._first = address
        self._elsewhere = host_name(elsewhere).lower() if elsewhere else None
        self._count = 0

    def follow(self, location: str) -> None:
        """Take the header `Location` of a response. Raises DeviceError where that redirect is not allowed."""
        name, first = self._first.shown, self._first
        self._count += 1
        if self._count > MOST_REDIRECTS:
            raise DeviceError(f"{name} redirects more than {MOST_REDIRECTS} times; give the address of the pictures")
        try:
            sent = location.strip().encode("latin-1").decode("utf-8", "surrogateescape")
            found = parse_address(urljoin(self.address.bare, sent))
        except (UsageError, ValueError) as error:
            raise DeviceError(f"{name} redirects to an address that is not valid") from error
        host = found.host.lower()
        if found.scheme[:4] != first.scheme[:4]:
            raise DeviceError(f"{name} redirects to {found.scheme}://{host}; use that address if it is right")
        if host not in (first.host.lower(), self._elsewhere):
            raise DeviceError(
                f"{name} redirects to another host, {host}; if that is right, allow it in the settings: "
                f'[source] redirect = "{host}"'
            )
        if self.address.scheme in ENCRYPTED and found.scheme not in ENCRYPTED:
            raise DeviceError(
                f"{name} redirects to {found.scheme}, which is not encrypted; use that address if it is right"
            )
        own = host == first.host.lower()
        self.address = found._replace(user=first.user if own else "", password=first.password if own else "")
