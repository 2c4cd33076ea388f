"""What a damaged table of events still gives, and which of its rows are old though they do not say when they were."""

from __future__ import annotations

import json
import os
import re
import sqlite3
from contextlib import closing, suppress
from datetime import datetime
from typing import TYPE_CHECKING

from plate_devices.events.records import UUID7
from plate_devices.outputs.database import SQLITE_ERRORS
from plate_devices.outputs.line_ages import age_of, latest_moment
from plate_devices.outputs.output import event_time
from plate_devices.private_files import set_aside
from plate_runtime.errors import DAMAGE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from plate_devices.outputs.output import Event

UNFIT = (*DAMAGE, sqlite3.InterfaceError, sqlite3.ProgrammingError)
"""What a record from a damaged row raises on its way into a table; those of `sqlite3` are about types."""

_MAGIC = b"SQLite format 3\0"
_OUR_ID = re.compile(rf'"id": ?"{UUID7}"'.encode("ascii"))
_CHUNK = 1 << 20

_DATED = "last_time GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T*Z' AND last_time <= :latest"


def delete_undated(connection: sqlite3.Connection, before: str) -> int:
    """Delete rows without a time, or from the future, where their id, or else the row before them, is old."""
    latest = latest_moment()
    old = []
    query = f"SELECT rowid, id FROM events WHERE last_time IS NULL OR NOT ({_DATED})"
    for number, id_ in connection.execute(query, {"latest": latest}).fetchall():
        moment = age_of(str(id_).encode()) or _beside(connection, number, latest)
        if moment and moment < before:
            old.append((number,))
    connection.executemany("DELETE FROM events WHERE rowid = ?", old)
    return len(old)


def _beside(connection: sqlite3.Connection, number: int, latest: str) -> str:
    """Return the time of the dated row before one, else of the one after it, "" for none."""
    for side, order in (("<", "DESC"), (">", "ASC")):
        query = f"SELECT last_time FROM events WHERE rowid {side} :row AND {_DATED} ORDER BY rowid {order} LIMIT 1"
        if found := connection.execute(query, {"row": number, "latest": latest}).fetchone():
            return str(found[0])
    return ""


def is_ours(path: Path) -> bool:
    """Whether a damaged file is a database, or holds records, so that it may be set aside. Raises OSError."""
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
    path: Path, connect: Callable[[], sqlite3.Connection], insert: Callable[[sqlite3.Connection, Event], None]
) -> tuple[Path, int]:
    """Set a damaged file aside and begin a new one with its rows, as far as they can be read.

    Args:
        connect: opens the new one at `path`. insert: puts an event into it.

    Returns:
        The damaged file's new name, and how many rows it gave. The file is as old as the newest of these.

    Raises:
        sqlite3.Error, OSError: the new one cannot be written.
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
    if age_of(newest.encode()):
        written = datetime.fromisoformat(newest).timestamp()
        os.utime(aside, (written, written))
    return aside, count


def _events(path: Path) -> Iterator[Event]:
    """Yield records, from the first to where the damage begins, and from the last back to it."""
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
