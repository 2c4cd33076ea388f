"""Rescue rows of a damaged table of events, and find the age of rows without a time."""

from __future__ import annotations

import json
import os
import re
import sqlite3
from contextlib import closing, suppress
from datetime import datetime
from typing import TYPE_CHECKING

from plate_devices.outputs.line_ages import latest_moment, time_in
from plate_devices.outputs.output import event_time
from plate_devices.outputs.queue_database import SQLITE_ERRORS
from plate_devices.private_files import set_aside
from plate_devices.unique_ids import UUID7
from plate_runtime.errors import DAMAGE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from plate_devices.outputs.output import Event

UNFIT = (*DAMAGE, sqlite3.InterfaceError, sqlite3.ProgrammingError)
"""Errors over a record of a damaged row; those of `sqlite3` concern types."""

_MAGIC = b"SQLite format 3\0"
_OUR_ID = re.compile(rf'"id": ?"{UUID7}"'.encode("ascii"))
_CHUNK = 1 << 20

_DATED = "last_time GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T*Z' AND last_time <= :latest"


def delete_undated(connection: sqlite3.Connection, before: str) -> int:
    """Delete rows without a plausible time if their id, or else the row before them, is old; return how many."""
    latest = latest_moment()
    old = []
    query = f"SELECT rowid, id FROM events WHERE last_time IS NULL OR NOT ({_DATED})"
    for number, id_ in connection.execute(query, {"latest": latest}).fetchall():
        moment = time_in(str(id_).encode()) or _beside(connection, number, latest)
        if moment and moment < before:
            old.append((number,))
    connection.executemany("DELETE FROM events WHERE rowid = ?", old)
    return len(old)


def _beside(connection: sqlite3.Connection, number: int, latest: str) -> str:
    """Return the time of the nearest dated row before a row, else of the one after it, else ""."""
    for side, order in (("<", "DESC"), (">", "ASC")):
        query = f"SELECT last_time FROM events WHERE rowid {side} :row AND {_DATED} ORDER BY rowid {order} LIMIT 1"
        if found := connection.execute(query, {"row": number, "latest": latest}).fetchone():
            return str(found[0])
    return ""


def is_ours(path: Path) -> bool:
    """Whether a damaged file is a database or holds our records, and so may be set aside. Raises OSError."""
    with path.open("rb") as stream:
        content = stream.read(_CHUNK)
        if content.startswith(_MAGIC):
            return True
        while content:
            if _OUR_ID.search(content):
                return True
            following = stream.read(_CHUNK)
            content = content[-100:] + following if following else b""
    return False


def rescue(
    path: Path, connect: Callable[[], sqlite3.Connection], insert: Callable[[sqlite3.Connection, Event], object]
) -> tuple[Path, int]:
    """Set a damaged file aside, and make a new one of the rows that can be read.

    Args:
        path: of the file.
        connect: opens the new file at `path`.
        insert: inserts an event.

    Returns:
        The damaged file's new path, and how many rows were read. Its modification time is that of the newest row.

    Raises:
        sqlite3.Error, OSError: the new file cannot be written.
    """
    aside = set_aside(path)
    newest, count = "", 0
    with closing(connect()) as connection:
        connection.execute("BEGIN IMMEDIATE")
        for event in _events(aside):
            with suppress(*UNFIT):
                insert(connection, event)
                newest, count = max(newest, event_time(event) or ""), count + 1
        connection.execute("COMMIT")
    if time_in(newest.encode()):
        written = datetime.fromisoformat(newest).timestamp()
        os.utime(aside, (written, written))
    return aside, count


def _events(path: Path) -> Iterator[Event]:
    """Yield records from the first to the beginning of the damage, then from the last back to its end."""
    seen: set[int] = set()
    with suppress(*SQLITE_ERRORS), closing(sqlite3.connect(path)) as connection:
        connection.text_factory = lambda content: content.decode("utf-8", "replace")
        for order in ("ASC", "DESC"):
            with suppress(*SQLITE_ERRORS):
                for number, record in connection.execute(f"SELECT rowid, record FROM events ORDER BY rowid {order}"):
                    if number in seen:
                        break
                    seen.add(number)
                    with suppress(*DAMAGE):
                        event = json.loads(record)
                        if isinstance(event, dict) and isinstance(event.get("id"), str):
                            yield event
