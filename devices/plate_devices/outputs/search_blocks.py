"""An index of the events in an SQLite table: blocks of rows in columns, which `numpy` searches for any pattern.

A block holds what searches compare, of the vehicles among 4096 rows: folded texts, times, cameras, lists, confidences.
It takes 22 bytes a row and is written once, when its rows are complete, so that an event costs no page more. Triggers
delete a block when one of its rows changes, whichever program changes it; the output builds it again. So a block that
exists is right, deleted texts leave with their block, and searches read the rows of a missing block instead.

An FTS5 index of trigrams was measured first: kept with each event, it writes 20 kB more for each, leaves deleted texts
in its tables (`secure-delete` needs SQLite 3.42), and does not find one or two letters.
"""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from plate_runtime.alphabet import fold
from plate_runtime.errors import DAMAGE

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

    from numpy.typing import NDArray

BITS = 12
"""A block holds the rows with the same row id after shifting it right by so many bits: 4096."""

UNDATED = -1
"""Time of an event without one, such as of a film."""

HASHED = "#"
"""First character of the searched text of a hashed event."""

_HASH_DIGITS = 11
OTHER = 255
"""Code of a camera or of lists that are not among the first 255 of a block."""

_TRIGGER = "CREATE TRIGGER IF NOT EXISTS search_blocks_{0} AFTER {1} ON events BEGIN {2} END"
_DROP = "DELETE FROM search_blocks WHERE number = {0}.rowid >> {1};"
_DETAILS = (("rows", "<u2"), ("moments", "<i8"), ("cameras", "u1"), ("lists", "u1"), ("confidences", "<f4"))
_DETAIL_BYTES = sum(np.dtype(kind).itemsize for _, kind in _DETAILS)
_SELECT = "SELECT rowid, text, text_hash, last_time, camera, watchlists, confidence FROM events"


class Block(NamedTuple):
    """What searches compare of the vehicles in a block; arrays have one item a vehicle.

    Attributes:
        number: the row ids shifted right by `BITS`.
        names: of cameras and of lists, by their codes; lists are separated by ";".
        rows: uint16, the last `BITS` bits of the row ids.
        moments: int64, milliseconds since 1970, or `UNDATED`.
        cameras, lists: uint8, codes.
        confidences: float32.
        texts: uint8 (longest text, vehicles), codes of `encode`, 0 after the end.
    """

    number: int
    names: tuple[list[str], list[str]]
    rows: NDArray[np.uint16]
    moments: NDArray[np.int64]
    cameras: NDArray[np.uint8]
    lists: NDArray[np.uint8]
    confidences: NDArray[np.float32]
    texts: NDArray[np.uint8]

    @property
    def span(self) -> tuple[int, int]:
        """The newest and the oldest time; `UNDATED` for a block without vehicles."""
        if not len(self.moments):
            return UNDATED, UNDATED
        return int(self.moments.max()), int(self.moments.min())


def encode(text: str) -> bytes:
    """Return a byte for each character, never 0; different characters of two scripts may share one."""
    return bytes(ord(character) % 255 + 1 for character in text)


def searched_text(text: str | None, text_hash: str | None) -> str:
    """Return the text that an event is found by: folded, or a part of its hash."""
    if text:
        return fold(text)
    return HASHED + text_hash.rpartition(":")[2][:_HASH_DIGITS] if text_hash else ""


def milliseconds(moment: str | None) -> int:
    """Return a time of an event in milliseconds since 1970; `UNDATED` if it is missing or damaged."""
    with suppress(ValueError, TypeError, OverflowError):
        return parse_milliseconds(str(moment))
    return UNDATED


def parse_milliseconds(written: str) -> int:
    """Return a time in milliseconds since 1970; one without a zone is in UTC. Raises ValueError, OverflowError."""
    found = datetime.fromisoformat(written)
    return round((found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp() * 1000)


def prepare(connection: sqlite3.Connection) -> None:
    """Create the table of blocks, and the triggers that delete them."""
    connection.execute(
        "CREATE TABLE IF NOT EXISTS search_blocks (number INTEGER PRIMARY KEY, newest INTEGER NOT NULL, "
        "oldest INTEGER NOT NULL, names TEXT NOT NULL, texts BLOB NOT NULL, details BLOB NOT NULL)"
    )
    new, old = _DROP.format("NEW", BITS), _DROP.format("OLD", BITS)
    for name, when, statement in (("insert", "INSERT", new), ("delete", "DELETE", old), ("update", "UPDATE", old)):
        connection.execute(_TRIGGER.format(name, when, statement))


def spans(connection: sqlite3.Connection) -> dict[int, tuple[int, int]]:
    """Return the newest and the oldest time of each block that exists, by its number."""
    if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'search_blocks'").fetchone():
        return {}  # a file of an earlier version, which was not written since
    query = "SELECT number, newest, oldest FROM search_blocks"
    found = {number: (newest, oldest) for number, newest, oldest in connection.execute(query)}
    return {number: span for number, span in found.items() if all(isinstance(moment, int) for moment in span)}


def missing(connection: sqlite3.Connection, known: Sequence[int] | dict[int, tuple[int, int]]) -> list[int]:
    """Return the numbers of blocks with rows that are not known, the newest first. The last one is incomplete."""
    first, last = connection.execute(
        "SELECT (SELECT min(rowid) FROM events) >> :bits, (SELECT max(rowid) FROM events) >> :bits", {"bits": BITS}
    ).fetchone()
    if last is None:
        return []
    there = "SELECT 1 FROM events WHERE rowid >= ? AND rowid < ? LIMIT 1"
    return [
        number
        for number in range(last, first - 1, -1)
        if number not in known and connection.execute(there, (number << BITS, (number + 1) << BITS)).fetchone()
    ]


def incomplete(connection: sqlite3.Connection) -> list[int]:
    """Return the numbers of complete blocks that have to be built, the newest first."""
    (last,) = connection.execute("SELECT max(rowid) >> ? FROM events", (BITS,)).fetchone()
    return [number for number in missing(connection, spans(connection)) if number != last]


def build(connection: sqlite3.Connection, number: int) -> None:
    """Store a block, in a transaction of its own."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        block = read_rows(connection, number)
        details = b"".join(getattr(block, name).astype(kind).tobytes() for name, kind in _DETAILS)
        row = (number, *block.span, json.dumps(block.names), block.texts.tobytes(), details)
        connection.execute("INSERT OR REPLACE INTO search_blocks VALUES (?, ?, ?, ?, ?, ?)", row)
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def load_texts(connection: sqlite3.Connection, number: int) -> NDArray[np.uint8] | None:
    """Return the texts of a stored block; None if it does not exist, or is damaged."""
    query = "SELECT length(details), texts FROM search_blocks WHERE number = ?"
    found = connection.execute(query, (number,)).fetchone()
    with suppress(*DAMAGE):
        return None if found is None else _matrix(found[1], _count(found[0]))
    return None


def load(connection: sqlite3.Connection, number: int) -> Block | None:
    """Return a stored block; None if it does not exist, or is damaged: then its rows are read."""
    found = connection.execute("SELECT names, texts, details FROM search_blocks WHERE number = ?", (number,)).fetchone()
    with suppress(*DAMAGE):
        return None if found is None else _parsed(number, *found)
    return None


def _parsed(number: int, names: str, texts: bytes, details: bytes) -> Block:
    count = _count(len(details))
    arrays, at = {}, 0
    for name, kind in _DETAILS:
        arrays[name] = np.frombuffer(details, kind, count, at)
        at += arrays[name].nbytes
    cameras, lists = json.loads(names)
    return Block(number, (cameras, lists), texts=_matrix(texts, count), **arrays)


def read_rows(connection: sqlite3.Connection, number: int) -> Block:
    """Return a block made of the rows of the table."""
    query = f"{_SELECT} WHERE rowid >= ? AND rowid < ? AND type = 'vehicle'"
    rows = connection.execute(query, (number << BITS, (number + 1) << BITS)).fetchall()
    texts = [encode(searched_text(_word(row[1]), _word(row[2]))) for row in rows]
    width = max(map(len, texts), default=0)
    joined = b"".join(text.ljust(width, b"\0") for text in texts)
    codes: tuple[dict[str, int], dict[str, int]] = {}, {}
    cameras, lists = ([_code(codes[place], row[4 + place]) for row in rows] for place in (0, 1))
    return Block(
        number,
        (list(codes[0]), list(codes[1])),
        rows=np.array([row[0] & ((1 << BITS) - 1) for row in rows], np.uint16),
        moments=np.array([milliseconds(row[3]) for row in rows], np.int64),
        cameras=np.array(cameras, np.uint8),
        lists=np.array(lists, np.uint8),
        confidences=np.array([_number(row[6]) for row in rows], np.float32),
        texts=np.ascontiguousarray(np.frombuffer(joined, np.uint8).reshape(len(rows), width).T),
    )


def _count(length: int) -> int:
    """Return the number of vehicles in a block, given the bytes of its details."""
    count, rest = divmod(length, _DETAIL_BYTES)
    if rest:
        raise ValueError("the details of a block are damaged")
    return count


def _matrix(texts: bytes, count: int) -> NDArray[np.uint8]:
    return np.frombuffer(texts, np.uint8).reshape(-1, count) if count else np.zeros((0, 0), np.uint8)


def _word(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) else float("nan")


def _code(codes: dict[str, int], value: object) -> int:
    name = str(value or "")
    if name not in codes and len(codes) < OTHER:
        codes[name] = len(codes)
    return codes.get(name, OTHER)
