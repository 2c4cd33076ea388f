"""Read what is left of a damaged queue: through SQLite as far as that works, then from the bytes of the file."""

from __future__ import annotations

import mmap
import sqlite3
from contextlib import closing, suppress
from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING

from plate_devices.outputs.event_json import carve, majority, read_event
from plate_devices.outputs.output_progress import Progress, is_intact
from plate_devices.outputs.output_settings import Destination
from plate_devices.outputs.queue_database import SQLITE_ERRORS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from plate_devices.outputs.event_json import NumberedBody
    from plate_devices.outputs.output import Event

_MOST_ROWS = 10_000_000
"""A damaged tree of pages may be read in a circle."""


@dataclass
class Salvage:
    """What was found in a damaged queue.

    Attributes:
        log: events in the write-ahead log.
        progress: of the outputs, by name.
        progress_incomplete: the progress of other outputs may be lost.
        addresses: that the outputs sent to, by name.
    """

    path: Path
    log: list[NumberedBody]
    progress: dict[str, Progress] = field(default_factory=dict)
    progress_incomplete: bool = True
    addresses: dict[str, Destination] = field(default_factory=dict)

    def events(self, after: int) -> Iterator[tuple[int | None, Event]]:
        """Yield each event above a number once, and its number if known; the most reliable copies come first.

        Some events were deleted before.
        """
        known = set[str]()
        for number, body in chain(_rows(self.path), self.log, read_bytes(self.path)):
            event = read_event(body)
            if event is None or event["id"] in known or (number is not None and 0 < number <= after):
                continue
            known.add(event["id"])
            yield number, event


def salvage(path: Path, log: list[NumberedBody]) -> Salvage:
    """Read a damaged queue; `log` holds the events of its write-ahead log, read before SQLite opened it."""
    found = Salvage(path, log)
    with suppress(*SQLITE_ERRORS), _opened(path) as connection:
        damaged = False
        query = "SELECT name, acknowledged, delivered, dropped, checksum FROM outputs LIMIT 10000"
        for name, *numbers, expected in connection.execute(query):
            if is_intact(name, numbers, expected):
                found.progress[name] = Progress(*numbers)
            else:
                damaged = True
        found.progress_incomplete = damaged or not found.progress
    with suppress(*SQLITE_ERRORS), _opened(path) as connection:
        for name, digest, shown in connection.execute("SELECT name, digest, shown FROM addresses LIMIT 10000"):
            found.addresses[str(name)] = Destination(str(digest), str(shown))
    return found


def read_bytes(path: Path) -> Iterator[NumberedBody]:
    """Yield the events in the bytes of a file, in their order; none if the file cannot be read."""
    with (
        suppress(OSError, ValueError),  # ValueError: it is empty
        path.open("rb") as stream,
        mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as content,
    ):
        yield from carve(content)


def other_copies(path: Path, numbers: Sequence[int]) -> dict[int, bytes]:
    """Return the bodies of other copies of these events, found in the bytes of the queue and its log."""
    found = chain(read_bytes(path), read_bytes(path.with_name(f"{path.name}-wal")))
    return {number: body for number, body in majority(found) if number is not None and number in numbers}


def _rows(path: Path) -> Iterator[NumberedBody]:
    """Yield rows from the first to the beginning of the damage, then from the last back to its end."""
    with suppress(*SQLITE_ERRORS), _opened(path) as connection:
        for order in ("ASC", "DESC"):
            query = f"SELECT number, CAST(body AS BLOB) FROM events ORDER BY number {order} LIMIT {_MOST_ROWS}"
            with suppress(*SQLITE_ERRORS):
                yield from connection.execute(query)


def _opened(path: Path) -> closing[sqlite3.Connection]:
    connection = sqlite3.connect(path, timeout=1.0, isolation_level=None)
    connection.text_factory = lambda content: content.decode("utf-8", "replace")
    return closing(connection)
