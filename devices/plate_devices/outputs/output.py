"""What an output is: a place that events go to, and that says which of them it has for good."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from plate_runtime.errors import DeviceError

if TYPE_CHECKING:
    from collections.abc import Sequence

Event = dict[str, Any]
"""A record that leaves the device, as in `records.py`; its `id` is its key everywhere."""


Remark = Callable[[str, str], None]
"""Told of what people should know, from any thread: a word for programs, such as "output_lost", and one sentence."""


def event_time(event: Event) -> str | None:
    """Return when an event was, in UTC, or None."""
    moment = event.get("last_time") or event.get("time")
    return None if moment is None else str(moment)


class OutputError(DeviceError):
    """An output is away; its events wait.

    Attributes:
        wait: seconds that it asks to be left alone for.
    """

    def __init__(self, message: str, wait: float = 0.0) -> None:
        super().__init__(message)
        self.wait = wait


class EventRefusedError(OutputError):
    """An output is there and will never take one event.

    Attributes:
        acknowledged: how many events before the refused one it has.
    """

    def __init__(self, message: str, acknowledged: int) -> None:
        super().__init__(message)
        self.acknowledged = acknowledged


class Output(Protocol):
    """A place that events go to; used by one thread. Every call ends within a minute, whatever the other side does."""

    name: str
    """What people call it; events wait under this name, also after a restart. Nothing in it is secret."""

    def open(self) -> None:
        """Connect, or make the file. Raises OutputError where that is not possible now."""
        ...

    def send(self, events: Sequence[Event]) -> int:
        """Hand over events and return how many of them, from the first, are there for good.

        None at all asks whether it is still there. An event may come again after a failure, with the same `id`.

        Raises:
            OutputError: it is away; it will be closed and opened again. EventRefusedError: see there.
        """
        ...

    def check(self) -> None:
        """Raise OutputError where it could not take events now; the program that does may be running."""
        ...

    def notices(self) -> Sequence[str]:
        """Return what people should know beside failures, each sentence once, as that another device is in the way."""
        ...

    def close(self) -> None:
        """Let go, also after an error; may be called twice."""
        ...


class OutputState(NamedTuple):
    """How an output fares.

    Attributes:
        name: of the output.
        waiting: events that it does not have yet.
        delivered, dropped: how many it has, and will never have because the queue was full or it refused them; since
            the queue was begun.
        last_error: why it is away, "" while it works.
        since: seconds for which it has been away, or works.
    """

    name: str
    waiting: int
    delivered: int
    dropped: int
    last_error: str
    since: float
