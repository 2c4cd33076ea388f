"""An output that sends each event to a syslog server as one UDP datagram (RFC 3164): `type = "syslog"`."""

from __future__ import annotations

import json
import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

from plate_devices.outputs.output import OutputError
from plate_devices.outputs.output_settings import OutputSettings
from plate_devices.setting_errors import SettingError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from plate_devices.outputs.output import Event

_LOCAL0_INFO = 16 * 8 + 6


@dataclass(frozen=True, kw_only=True)
class SyslogSettings(OutputSettings):
    """type = "syslog".

    Attributes:
        host: name or address of the server.
        port: its UDP port.
    """

    type: Literal["syslog"] = "syslog"
    host: str = "localhost"
    port: int = 514

    def __post_init__(self) -> None:
        if not 1 <= self.port <= 65535:
            raise SettingError("port", f"{self.port} is not a whole number from 1 to 65535")


class SyslogOutput:
    """Sends one datagram for each event. UDP acknowledges nothing, so an event counts as delivered once it is sent."""

    Settings: ClassVar[type[OutputSettings]] = SyslogSettings

    def __init__(self, settings: SyslogSettings, name: str = "syslog") -> None:
        self.name = name
        self._address = settings.host, settings.port
        self._socket: socket.socket | None = None

    def open(self) -> None:
        """Look the server's name up and make a socket. Raises OutputError if there is no such host."""
        try:
            family, kind, protocol, _, address = socket.getaddrinfo(*self._address, type=socket.SOCK_DGRAM)[0]
            self._socket = socket.socket(family, kind, protocol)
            self._socket.connect(address)
        except OSError as error:
            raise OutputError(f"{self._address[0]} cannot be reached: {error}") from error

    def send(self, events: Sequence[Event]) -> int:
        """Send events and return how many were sent. Raises OutputError if none could be sent."""
        assert self._socket is not None
        for sent, event in enumerate(events):
            try:
                self._socket.send(f"<{_LOCAL0_INFO}>plate-edge: {json.dumps(event)}".encode())
            except OSError as error:
                if sent:
                    return sent
                raise OutputError(f"{self._address[0]} takes no datagrams: {error}") from error
        return len(events)

    def check(self) -> None:
        """Raise OutputError if the server's name is unknown."""
        self.open()
        self.close()

    def notices(self) -> Sequence[str]:
        """Return nothing: there is no more to report than failures."""
        return ()

    def close(self) -> None:
        """Close the socket."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None
