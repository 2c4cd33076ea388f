"""One connection of a client: what has come, what goes out, and until when."""

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
"""Bytes that are received or sent at once."""

NEVER = float("inf")


class State(enum.Enum):
    """What a connection does."""

    READING = "waits for the next request, or for the rest of one"
    WORKING = "has a whole request, which waits or is answered"
    HELD = "has an answer that is held back"
    SENDING = "has an answer that goes out"
    LINGERING = "has had its last answer; what still comes is dropped, so that the answer is not lost"


class ClientConnection:
    """A client. Used by the thread of the front; a worker reads `request` alone.

    Attributes:
        received: bytes of a request that is not whole, and of what follows it.
        request: a whole one.
        outgoing: what is left of the answer. goes_on: whether the connection stays after it.
        deadline: in seconds of `time.monotonic`, for the state.
        useful: when it connected, or when its last whole request came.
        used: processor seconds of work for it so far.
    """

    def __init__(self, peer_socket: socket.socket, peer: Peer, framer: Framer, idle_within: float) -> None:
        self.socket, self.peer, self.framer = peer_socket, peer, framer
        self.state = State.READING
        self.received, self.request, self.outgoing = bytearray(), bytearray(), memoryview(b"")
        self.goes_on = True
        self.useful = time.monotonic()
        self.deadline = self.useful + idle_within
        self.used = 0.0

    @property
    def held(self) -> int:
        """Bytes in memory for it."""
        return len(self.received) + len(self.request) + len(self.outgoing)

    def take_request(self, length: int) -> None:
        """Move the first request out of what has come; the long part is not copied."""
        rest = self.received[length:]
        del self.received[length:]
        self.request, self.received = self.received, rest
        self.useful = time.monotonic()

    def has_hung_up(self) -> bool:
        """Whether the client has closed both directions."""
        poll = select.poll()
        poll.register(self.socket, 0)
        return bool(poll.poll(0))


def peer_of(connected: socket.socket) -> Peer:
    """Return the peer of a connection: by process on a Unix socket, by address (IPv6: its /64 network) elsewhere."""
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
