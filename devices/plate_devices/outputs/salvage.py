"""What can still be read of a damaged queue: through SQLite as far as that goes, then from the bytes themselves."""

from __future__ import annotations

import mmap
import sqlite3
from contextlib import closing, suppress
from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING

from plate_devices.outputs.database import SQLITE_ERRORS, Standing, is_intact
from plate_devices.outputs.event_json import agreed, carve
from plate_devices.outputs.urls import Destination

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from plate_devices.outputs.event_json import Found

_MOST_ROWS = 10_000_000
"""A damaged tree of pages may be walked in a circle."""


@dataclass
class Salvage:
    """What was found.

    Attributes:
        standings: of the outputs. standings_lost: there may have been others. addresses: of the outputs.
    """

    path: Path
    log: list[Found]
    standings: dict[str, Standing] = field(default_factory=dict)
    standings_lost: bool = True
    addresses: dict[str, Destination] = field(default_factory=dict)

    def events(self) -> Iterator[Found]:
        """Yield events, those that can be trusted most first; some come twice, or were deleted before."""
        yield from _rows(self.path)
        yield from self.log
        yield from read_bytes(self.path)


def salvage(path: Path, log: list[Found]) -> Salvage:
    """Look at a damaged queue; `log` is what stood in its log before SQLite opened it."""
    found = Salvage(path, log)
    with suppress(*SQLITE_ERRORS), _opened(path) as connection:
        lost = False
        columns = [row[1] for row in connection.execute("PRAGMA table_info(outputs)")]
        checksum = "checksum" if "checksum" in columns else "NULL"
        query = f"SELECT name, acknowledged, delivered, dropped, {checksum} FROM outputs LIMIT 10000"
        for name, *numbers, expected in connection.execute(query):
            if is_intact(name, numbers, expected):
                found.standings[name] = Standing(*numbers)
            else:
                lost = True
        found.standings_lost = lost or not found.standings
    with suppress(*SQLITE_ERRORS), _opened(path) as connection:
        for name, digest, shown in connection.execute("SELECT name, digest, shown FROM addresses LIMIT 10000"):
            found.addresses[str(name)] = Destination(str(digest), str(shown))
    return found


def read_bytes(path: Path) -> Iterator[Found]:
    """Yield the events that stand in the bytes of a file, in their order; nothing where it cannot be read."""
    with (
        suppress(OSError, ValueError),  # ValueError: it is empty
        path.open("rb") as stream,
        mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as content,
    ):
        yield from carve(content)


def other_copies(path: Path, numbers: Sequence[int]) -> dict[int, bytes]:
    """Return bodies of events that stand in the bytes of a queue beside the damaged ones of these numbers."""
    found = chain(read_bytes(path), read_bytes(path.with_name(f"{path.name}-wal")))
    return {number: body for number, body in agreed(found) if number is not None and number in numbers}


def _rows(path: Path) -> Iterator[Found]:
    """Yield rows from the first to where the damage begins, then from the last back to it."""
    with suppress(*SQLITE_ERRORS), _opened(path) as connection:
        for order in ("ASC", "DESC"):
            query = f"SELECT number, CAST(body AS BLOB) FROM events ORDER BY number {order} LIMIT {_MOST_ROWS}"
            with suppress(*SQLITE_ERRORS):
                yield from connection.execute(query)


def _opened(path: Path) -> closing[sqlite3.Connection]:
    connection = sqlite3.connect(path, timeout=1.0, isolation_level=None)
    connection.text_factory = lambda content: content.decode("utf-8", "replace")
    return closing(connection)
