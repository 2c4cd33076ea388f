"""Limits for clients, and the protocol of services that answer them."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import NamedTuple, Protocol


@dataclass(frozen=True)
class ConnectionLimits:
    """ConnectionLimits of one listening socket; seconds and bytes.

    Attributes:
        connections: most open connections; one more replaces another one, see `EventLoop`.
        reserved: connections among them for this machine only.
        held_bytes: of requests and responses in memory, for all connections together.
        workers: requests that are processed at the same time.
        request_within: from the first to the last byte of a request.
        response_within: for a client to receive a response.
        idle_within: between a response and the first byte of the next request.
        fraction: of one core for the requests of one remote address; responses above that are delayed.
    """

    connections: int
    held_bytes: int
    workers: int
    reserved: int = 0
    request_within: float = 10.0
    response_within: float = 10.0
    idle_within: float = float("inf")
    fraction: float = 0.1


class Peer(NamedTuple):
    """The client of a connection: `group` is its process or address, `is_local` is True on this machine."""

    group: Hashable
    is_local: bool


class Response(NamedTuple):
    """Bytes for a client. `stays_open` keeps the connection, `delay` holds the response back, in seconds."""

    content: bytes
    stays_open: bool = True
    delay: float = 0.0


class RefusedError(Exception):
    """An invalid request, after which the next one cannot be found. `content` is sent, then the connection ends."""

    def __init__(self, content: bytes) -> None:
        super().__init__()
        self.content = content


class Framer(Protocol):
    """Finds the end of requests in the bytes of one connection."""

    def end(self, received: bytearray, at_end: bool) -> int | None:
        """Return the length of the first request in `received`; None while it is incomplete.

        Called again with the same bytes and more; with `at_end`, no more will come. Each byte is searched once.
        Raises RefusedError.
        """
        ...


class Service(Protocol):
    """Processes requests. `too_late` and `too_many` are sent to a client before it is disconnected."""

    too_late: bytes
    too_many: bytes

    def framer(self) -> Framer:
        """Return the framer of a new connection."""
        ...

    def answer(self, request: bytearray, peer: Peer) -> Response:
        """Process a complete request; called from several threads."""
        ...
