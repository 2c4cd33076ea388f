"""One connection of a client: received bytes, outgoing bytes, and the deadline."""

from __future__ import annotations

import enum
import select
import socket
import struct
import time
from typing import TYPE_CHECKING

from plate_devices.clients.limits import Peer

if TYPE_CHECKING:
    from plate_devices.clients.limits import Framer

PIECE = 1 << 16
"""Most bytes per call of receive or send."""

NEVER = float("inf")


class State(enum.Enum):
    """State of a connection."""

    READING = "waits for a request, or for the rest of one"
    WORKING = "has a complete request, which waits or is processed"
    HELD = "has a response that is delayed"
    SENDING = "sends a response"
    LINGERING = "has sent its last response; further bytes are dropped, so that closing does not lose the response"


class ClientConnection:
    """A client's connection. Used by the thread of the event loop; workers read `request` alone.

    Attributes:
        received: bytes of an incomplete request, and bytes after a complete one.
        request: a complete request.
        outgoing: the rest of the response.
        stays_open: whether the connection stays open after the response.
        deadline: end of the state, in seconds of `time.monotonic`.
        last_useful: when it connected, or when its last complete request came.
        used: CPU seconds of its requests so far.
    """

    def __init__(self, peer_socket: socket.socket, peer: Peer, framer: Framer, idle_within: float) -> None:
        self.socket, self.peer, self.framer = peer_socket, peer, framer
        self.state = State.READING
        self.received, self.request, self.outgoing = bytearray(), bytearray(), memoryview(b"")
        self.stays_open = True
        self.last_useful = time.monotonic()
        self.deadline = self.last_useful + idle_within
        self.used = 0.0

    @property
    def held(self) -> int:
        """Number of its bytes in memory."""
        return len(self.received) + len(self.request) + len(self.outgoing)

    def take_request(self, length: int) -> None:
        """Move the first request out of the received bytes, without copying it."""
        rest = self.received[length:]
        del self.received[length:]
        self.request, self.received = self.received, rest
        self.last_useful = time.monotonic()

    def has_hung_up(self) -> bool:
        """Return whether the client has closed both directions."""
        poll = select.poll()
        poll.register(self.socket, 0)
        return bool(poll.poll(0))


def peer_of(connected: socket.socket) -> Peer:
    """Return the peer of a connection: the process on a Unix socket, else the address (IPv6: its /64 network)."""
    if connected.family == socket.AF_UNIX:
        if not hasattr(socket, "SO_PEERCRED"):
            return Peer("local", is_local=True)
        size = struct.calcsize("3i")
        process, user, _ = struct.unpack("3i", connected.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, size))
        return Peer((user, process), is_local=True)
    import ipaddress

    address = ipaddress.ip_address(str(connected.getpeername()[0]).partition("%")[0])
    if isinstance(address, ipaddress.IPv6Address):
        address = address.ipv4_mapped or address
    if address.is_loopback:
        return Peer("this machine", is_local=True)
    return Peer(address.packed[:8], is_local=False)
