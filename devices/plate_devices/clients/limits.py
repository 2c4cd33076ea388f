"""What a client may take, and what a service has to say about its requests."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import NamedTuple, Protocol


@dataclass(frozen=True)
class ConnectionLimits:
    """ConnectionLimits of one listening socket; seconds and bytes.

    Attributes:
        connections: open at once. One more replaces the least useful one (`EventLoop`).
        reserved: of them, for this machine alone.
        held_bytes: of requests and answers in memory, of all connections together.
        workers: requests that are answered at once.
        request_within: from the first byte of a request to its last.
        answer_within: for a client to take a whole answer.
        idle_within: between an answer and the first byte of the next request.
        share: of one core that the requests of one address that is not this machine may use; answers beyond that are
            held back.
    """

    connections: int
    held_bytes: int
    workers: int
    reserved: int = 0
    request_within: float = 10.0
    answer_within: float = 10.0
    idle_within: float = float("inf")
    share: float = 0.1


class Peer(NamedTuple):
    """The other side of a connection: `group` is the process or address, `is_local` says that it is this machine."""

    group: Hashable
    is_local: bool


class Response(NamedTuple):
    """Bytes for a client; `goes_on` keeps the connection, `delay` holds the answer back for some seconds."""

    content: bytes
    goes_on: bool = True
    delay: float = 0.0


class RefusedError(Exception):
    """A request that is never answered: where the next one begins is unknown. `content` is sent before the end."""

    def __init__(self, content: bytes) -> None:
        super().__init__()
        self.content = content


class Framer(Protocol):
    """Finds the end of requests in the bytes of one connection."""

    def end(self, received: bytearray, at_end: bool) -> int | None:
        """Return how long the first request in `received` is; None while it is not whole.

        Called again with the same bytes and more; `at_end` says that no more will come. Looks at each byte once.
        Raises RefusedError.
        """
        ...


class Service(Protocol):
    """Answers requests. `too_late` and `too_many` are sent to a client before it is disconnected."""

    too_late: bytes
    too_many: bytes

    def framer(self) -> Framer:
        """Return what finds the requests of a new connection."""
        ...

    def answer(self, request: bytearray, peer: Peer) -> Response:
        """Answer a whole request; called from several threads."""
        ...
