"""Events as rows of an SQLite table, which other programs may read at the same time."""

from __future__ import annotations

import json
import sqlite3
import threading
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Literal

from plate_devices.events.clock import correct_times
from plate_devices.events.records import timestamp, to_line
from plate_devices.outputs import search_blocks
from plate_devices.outputs.output import Output, OutputError
from plate_devices.outputs.output_settings import OutputSettings, check_events_of_rows
from plate_devices.outputs.queue_database import PAGES_KB, SQLITE_ERRORS, make_private
from plate_devices.outputs.search_index import SearchIndex
from plate_devices.outputs.sqlite_rescue import UNFIT, delete_undated, is_ours, rescue
from plate_devices.outputs.table_rows import COLUMNS, to_row
from plate_devices.private_files import create_folder, delete_set_aside

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime

    from plate_devices.outputs.output import Event

_TYPES = {"confidence": "REAL", "frames": "INTEGER", "monotonic": "REAL", "time_set": "INTEGER", "stay_seconds": "REAL"}
_WAIT = 10.0


@dataclass(frozen=True, kw_only=True)
class SqliteSettings(OutputSettings):
    """type = "sqlite": a row for each event in the table `events`, with the whole record in a column.

    Attributes:
        path: the file; it is made if it is missing.
    """

    type: Literal["sqlite"] = "sqlite"
    path: Path

    def __post_init__(self) -> None:
        check_events_of_rows(self)


class SqliteOutput(Output):
    """Writes each event into a table once. A batch is on the disk when it is acknowledged."""

    Settings: ClassVar[type[OutputSettings]] = SqliteSettings

    def __init__(self, settings: SqliteSettings, name: str = "sqlite") -> None:
        """Use a path; `open` makes the file."""
        self.name = name
        self._path = settings.path
        self._connection: sqlite3.Connection | None = None
        self._lock = threading.Lock()
        self._damaged = False
        self._index = SearchIndex(self._path, self._connect)

    def open(self) -> None:
        self.close()
        with self._lock:
            if self._damaged and (message := self._replace()):
                raise OutputError(message)
            self._connection = self._connect()
        with self._explained():
            self._index.open(self._connection)

    def send(self, events: Sequence[Event]) -> int:
        """See `Output`. A `clock` record corrects the times of earlier rows."""
        if self._damaged:
            raise OutputError(f"{self._path} is damaged")
        if not events:
            return 0
        if self._connection is None:
            raise OutputError(f"{self._path} is not open")
        with self._explained():
            self._connection.execute("BEGIN IMMEDIATE")
            last = 0
            try:
                for event in events:
                    last = _insert(self._connection, event)
                    if event.get("type") == "clock":
                        _correct(self._connection, event)
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise
            self._index.update(self._connection, last, any(event.get("type") == "clock" for event in events))
        return len(events)

    def check(self) -> None:
        self._connect().close()

    def close(self) -> None:
        self._index.close()
        if self._connection is not None:
            self._connection.close()
        self._connection = None

    def notices(self) -> Sequence[str]:
        """See `Output`: progress of the index of a file that had none."""
        return self._index.notices()

    def delete_before(self, before: datetime, note: Callable[[str], None]) -> int:
        """See `Output`: deletes rows and overwrites their bytes.

        A row without a time has the time in its id, else that of the row before it; see `line_ages`. A damaged file is
        set aside, and deleted once its newest row is old.
        """
        try:
            deleted = self._delete_before(timestamp(before) or "") if self._path.exists() else 0
        except OutputError:
            with self._lock:
                # While it is open, the thread that opened it replaces it soon.
                if not self._damaged or self._connection is not None or not (message := self._replace()):
                    raise
            note(message)
            deleted = self._delete_before(timestamp(before) or "")
        try:
            return deleted + delete_set_aside(self._path, before.timestamp())
        except OSError as error:
            raise OutputError(f"{self._path}: a damaged file cannot be deleted: {error.strerror or error}") from error

    def _delete_before(self, before: str) -> int:
        with closing(self._connect()) as connection, self._explained():
            connection.execute("BEGIN IMMEDIATE")
            deleted = delete_undated(connection, before)
            deleted += connection.execute("DELETE FROM events WHERE last_time < ?", (before,)).rowcount
            connection.execute("COMMIT")
            for number in search_blocks.incomplete(connection) if deleted else ():
                search_blocks.build(connection, number)
            if deleted:
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            return deleted

    def _replace(self) -> str:
        """Replace a damaged file by one with the rows that can be read; return a sentence, "" for a foreign file."""
        self._damaged = False
        if not is_ours(self._path):
            return ""
        with self._explained():
            aside, rows = rescue(self._path, self._connect, _insert)
        return f"{self._path} was damaged: it is kept as {aside.name}, and a new file holds the {rows} rows read of it"

    def _connect(self) -> sqlite3.Connection:
        try:
            create_folder(self._path.parent)
        except OSError as error:
            raise OutputError(f"{self._path.parent} cannot be made: {error.strerror or error}") from error
        make_private(self._path)
        with self._explained():
            connection = sqlite3.connect(self._path, timeout=_WAIT, isolation_level=None)
            try:
                _prepare(connection)
            except BaseException:
                connection.close()
                raise
            return connection

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except (*SQLITE_ERRORS, OSError) as error:
            self._damaged = type(error) in (sqlite3.DatabaseError, UnicodeDecodeError)
            raise OutputError(f"{self._path} cannot be written: {error}") from error


def _prepare(connection: sqlite3.Connection) -> None:
    connection.text_factory = lambda content: content.decode("utf-8", "replace")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA secure_delete = ON")
    connection.execute(f"PRAGMA cache_size = -{PAGES_KB}")
    columns = ", ".join(f"{column} {_TYPES.get(column, 'TEXT')}" for column in COLUMNS[1:])
    connection.execute(f"CREATE TABLE IF NOT EXISTS events (id TEXT PRIMARY KEY, {columns}, record TEXT NOT NULL)")
    there = {name for _, name, *_ in connection.execute("PRAGMA table_info(events)")}
    for column in COLUMNS:
        if column not in there:  # the file is older than this column
            connection.execute(f"ALTER TABLE events ADD COLUMN {column} {_TYPES.get(column, 'TEXT')}")
    connection.execute("CREATE INDEX IF NOT EXISTS events_by_time ON events (last_time)")
    connection.execute("CREATE INDEX IF NOT EXISTS events_by_text ON events (text)")
    search_blocks.prepare(connection)


def _insert(connection: sqlite3.Connection, event: Event, instead: bool = False) -> int:
    """Insert a row; return the row id of the last one that was inserted, 0 if this connection has inserted none."""
    row = to_row(event) | {"record": to_line(event)}
    places = ", ".join("?" * len(row))
    columns = ", ".join(f"{column} = excluded.{column}" for column in row)
    conflict = f"DO UPDATE SET {columns}" if instead else "DO NOTHING"
    statement = f"INSERT INTO events ({', '.join(row)}) VALUES ({places}) ON CONFLICT (id) {conflict}"
    return connection.execute(statement, tuple(row.values())).lastrowid or 0


def _correct(connection: sqlite3.Connection, announcement: Event) -> None:
    query = "SELECT record FROM events WHERE time_set = 0 AND boot_id = ?"
    for (record,) in connection.execute(query, (announcement["boot_id"],)).fetchall():
        try:
            event = json.loads(record)
            correct_times(event, announcement["boot_time"])
            _insert(connection, event, instead=True)
        except UNFIT:  # a damaged row keeps its time
            continue
