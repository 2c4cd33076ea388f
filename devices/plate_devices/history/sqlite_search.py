"""Search for events in the file of the output `sqlite`, by its blocks."""

from __future__ import annotations

import heapq
import json
import sqlite3
import time
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote

import numpy as np

from plate_devices.history.event_search import EventQuery, FoundEvents, QueryError, SearchError
from plate_devices.history.text_pattern import TextPattern
from plate_devices.outputs import search_blocks
from plate_devices.outputs.queue_database import PAGES_KB, SQLITE_ERRORS
from plate_devices.outputs.search_blocks import (
    OTHER,
    UNDATED,
    Block,
    load,
    load_texts,
    milliseconds,
    missing,
    read_rows,
    searched_text,
    spans,
)
from plate_runtime.errors import DAMAGE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from plate_devices.outputs.output import Event

_INSTRUCTIONS = 10_000
"""Instructions of SQLite between two looks at the clock."""

_LATEST = 1 << 62
_DISORDER = 3_600_000
"""Milliseconds by which times of neighbouring rows are expected to be out of order, for rows without a block."""

_WAIT = 2.0


class Key(NamedTuple):
    """Place of an event in the order: its time, then its row id."""

    moment: int
    row: int


class _OutOfTimeError(Exception):
    """The time is over; everything before `key` has been searched."""

    def __init__(self, key: Key) -> None:
        self.key = key


class SqliteSearch:
    """See `EventSearch`. Each search has a connection of its own, which cannot write."""

    def __init__(self, path: Path) -> None:
        """Use a path; the file may be missing."""
        self._path = path

    def find(self, query: EventQuery, limit: int, after: str = "", seconds: float = 5.0) -> FoundEvents:
        """See `EventSearch`."""
        before, deadline = _key(after), time.monotonic() + seconds
        with self._open(deadline) as connection:
            return _Search(connection, query, deadline).page(limit, before) if connection else FoundEvents([])

    def get(self, id_: str, seconds: float = 5.0) -> Event | None:
        """See `EventSearch`."""
        with self._open(time.monotonic() + seconds) as connection:
            query = "SELECT record FROM events WHERE id = ? AND type = 'vehicle'"
            found = connection.execute(query, (id_,)).fetchone() if connection else None
        return None if found is None else _record(found[0])

    @contextmanager
    def _open(self, deadline: float) -> Iterator[sqlite3.Connection | None]:
        """Open the file, None if there is none. Raises SearchError, also for errors of the block."""
        try:
            if not self._path.exists():
                yield None
                return
            with closing(self._connect(deadline)) as connection:
                yield connection
        except (*SQLITE_ERRORS, OSError) as error:
            raise SearchError(f"{self._path} cannot be searched: {error}") from error

    def _connect(self, deadline: float) -> sqlite3.Connection:
        # Only a connection that may write can open a file after a crash; `query_only` keeps it from changing anything.
        connection = sqlite3.connect(
            f"file:{quote(str(self._path.absolute()))}?mode=rw", timeout=_WAIT, isolation_level=None, uri=True
        )
        try:
            connection.text_factory = lambda content: content.decode("utf-8", "replace")
            connection.execute("PRAGMA query_only = ON")
            connection.execute(f"PRAGMA cache_size = -{PAGES_KB}")
            connection.set_progress_handler(lambda: time.monotonic() > deadline, _INSTRUCTIONS)
        except BaseException:
            connection.close()
            raise
        return connection


class _Search:
    """One search in an open file."""

    def __init__(self, connection: sqlite3.Connection, query: EventQuery, deadline: float) -> None:
        self._connection, self._query, self._deadline = connection, query, deadline
        self._pattern = query.pattern
        if query.text_hash is not None:
            self._pattern = TextPattern(searched_text(None, query.text_hash))

    def page(self, limit: int, before: Key) -> FoundEvents:
        events: list[Event] = []
        last = before
        try:
            for key in self._keys(before):
                event = self._event(key)
                if event is None:
                    continue
                if len(events) == limit:
                    return FoundEvents(events, _shown(last))
                events.append(event)
                last = key
        except _OutOfTimeError as over:
            return FoundEvents(events, _shown(over.key), complete=False)
        return FoundEvents(events)

    def _keys(self, before: Key) -> Iterator[Key]:
        """Yield the keys of events that may meet the query, the newest first. Raises _OutOfTimeError."""
        found: list[tuple[int, int]] = []
        for (newest, oldest), number, is_stored in self._blocks():
            while found and -found[0][0] > newest:
                moment, row = heapq.heappop(found)
                yield Key(-moment, -row)
            if oldest > before.moment or self._is_outside(newest, oldest):
                continue
            try:
                if time.monotonic() > self._deadline:
                    raise _OutOfTimeError(self._reached(newest, found, before))
                if is_stored and not self._may_hold(number):
                    continue
                block = load(self._connection, number) if is_stored else None
                block = block or read_rows(self._connection, number)  # stored or not: it may just have been deleted
            except sqlite3.OperationalError as error:
                if time.monotonic() > self._deadline:
                    raise _OutOfTimeError(self._reached(newest, found, before)) from error
                raise
            for place in np.flatnonzero(self._meets(block)):
                key = Key(int(block.moments[place]), (number << search_blocks.BITS) + int(block.rows[place]))
                if key < before:
                    heapq.heappush(found, (-key.moment, -key.row))
        while found:
            moment, row = heapq.heappop(found)
            yield Key(-moment, -row)

    def _may_hold(self, number: int) -> bool:
        """Return whether a stored block has texts that match, without reading the rest of it."""
        if self._pattern is None:
            return True
        texts = load_texts(self._connection, number)
        return texts is None or bool(self._pattern.find(texts).any())

    def _reached(self, newest: int, found: list[tuple[int, int]], before: Key) -> Key:
        """Return the key from which a later search continues: all events from there on are still missing."""
        moment = max([newest, *([-found[0][0]] if found else [])])
        return min(before, Key(moment, _LATEST))

    def _blocks(self) -> list[tuple[tuple[int, int], int, bool]]:
        """Return span, number and whether it is stored of each block; that with the newest event first."""
        stored = spans(self._connection)
        parts = [(span, number, True) for number, span in stored.items()]
        rows = missing(self._connection, stored)
        for place, number in enumerate(rows):
            is_last = place == 0 and number > max(stored, default=-1)
            # Of rows that no block holds yet, the range of times is estimated by the first and the last row.
            newest = max(self._edge(number, "ASC"), self._edge(number, "DESC")) + _DISORDER
            parts.append(((_LATEST if is_last else newest, UNDATED), number, False))
        return sorted(parts, reverse=True)

    def _edge(self, number: int, order: str) -> int:
        query = f"SELECT last_time FROM events WHERE rowid >= ? AND rowid < ? ORDER BY rowid {order} LIMIT 1"
        found = self._connection.execute(
            query, (number << search_blocks.BITS, (number + 1) << search_blocks.BITS)
        ).fetchone()
        return milliseconds(found[0]) if found else UNDATED

    def _is_outside(self, newest: int, oldest: int) -> bool:
        query = self._query
        return (query.since is not None and newest < query.since) or (query.until is not None and oldest > query.until)

    def _meets(self, block: Block) -> NDArray[np.bool_]:
        """Return which vehicles of a block may meet the query, bool (count,)."""
        query, meets = self._query, np.ones(len(block.rows), bool)
        if query.camera is not None:
            meets &= _coded(block.cameras, [name == query.camera for name in block.names[0]])
        if query.watchlist is not None:
            meets &= _coded(block.lists, [query.watchlist in name.split(";") for name in block.names[1]])
        if query.since is not None or query.until is not None:
            meets &= (block.moments != UNDATED) & (block.moments >= (query.since or 0))
            if query.until is not None:
                meets &= block.moments <= query.until
        if query.least is not None:
            meets &= block.confidences >= query.least - 1e-6
        if query.most is not None:
            meets &= block.confidences <= query.most + 1e-6
        if self._pattern is not None and meets.any():
            meets &= self._pattern.find(block.texts)
        return meets

    def _event(self, key: Key) -> Event | None:
        """Return the event of a key; None if it is damaged, was deleted, or does not meet the query after all."""
        try:
            found = self._connection.execute("SELECT record FROM events WHERE rowid = ?", (key.row,)).fetchone()
        except sqlite3.OperationalError as error:
            if time.monotonic() > self._deadline:
                raise _OutOfTimeError(Key(key.moment, key.row + 1)) from error
            raise
        event = None if found is None else _record(found[0])
        return event if event is not None and self._query.meets(event) else None


def _record(written: str) -> Event | None:
    """Return a stored record, None if it is damaged."""
    try:
        event: Any = json.loads(written)
    except DAMAGE:
        return None
    return event if isinstance(event, dict) else None


def _coded(codes: NDArray[np.uint8], wanted: list[bool]) -> NDArray[np.bool_]:
    """Return which codes are wanted; that of all other names may be."""
    table = np.zeros(256, bool)
    table[: len(wanted)] = wanted
    table[OTHER] = True
    return table[codes]


def _shown(key: Key) -> str:
    return f"{key.moment}.{key.row}"


def _key(shown: str) -> Key:
    """Return the key of a page. Raises QueryError."""
    if not shown:
        return Key(_LATEST, _LATEST)
    try:
        moment, _, row = shown.partition(".")
        key = Key(int(moment[:20]), int(row[:20]))
    except ValueError:
        raise QueryError(f"{shown[:40]!r} is not the key of a page") from None
    return key
