"""The audit log: rows of decisions and changes, on the disk before they take effect.

An SQLite file for its owner alone. Several threads and processes may use it. A row holds the boot and the seconds since
boot beside its time, so that its age is known also if the clock was wrong; see `events/clock.py`.
"""

from __future__ import annotations

import json
import sqlite3
import threading
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from plate_devices.events.system_times import SystemTimes
from plate_devices.private_files import create_folder, delete_set_aside, open_private, set_aside
from plate_runtime.errors import DeviceError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from plate_devices.events.system_times import Times

FILE_NAME = "audit.sqlite"
"""In the folder of the queue, `QueueSettings.place`."""

MOST_ROWS = 200_000
"""The oldest rows are deleted beyond this number."""

MOST_TEXT = 4000
"""Longest `who`, `why` and details as JSON, in characters of any script; a longer `who` or `why` is cut."""

_TRIM_EVERY = 1000
_DELETED_AT_ONCE = 1000
"""Rows: the intent of an action waits for them."""

_PAUSE, _WAIT = 0.01, 5.0
_TABLE = """CREATE TABLE IF NOT EXISTS audit (
    number INTEGER PRIMARY KEY AUTOINCREMENT, time REAL NOT NULL, time_set INTEGER NOT NULL, boot_id TEXT NOT NULL,
    monotonic REAL NOT NULL, what TEXT NOT NULL, who TEXT NOT NULL, why TEXT NOT NULL, details TEXT NOT NULL)"""
_INDEXES = (
    "audit_by_what ON audit (what, number)",
    "audit_by_time ON audit (time)",
    "audit_unset ON audit (boot_id) WHERE time_set = 0",
)
"""No statement reads the whole table: an intent waits for it."""

_COLUMNS = "number, time, time_set, boot_id, monotonic, what, who, why, details"


class AuditError(DeviceError):
    """The audit log cannot be read or written; what needs a row must not happen."""


@dataclass(frozen=True)
class AuditEntry:
    """A row to write.

    Attributes:
        what: kind of the row, words separated by dots, such as "action.intent" or "list.changed".
        who: what decided: the name of an action, or "page".
        why: one sentence for the operator.
        details: for programs; JSON.
    """

    what: str
    who: str
    why: str
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class AuditRow(AuditEntry):
    """A row of the log.

    Attributes:
        number: counts up; later rows have larger numbers.
        time: seconds since 1970, UTC; wrong if not `time_set`.
        time_set: whether the clock was right, or was corrected since.
        boot_id: of the boot in which it was written.
        monotonic: seconds from that boot to the row.
    """

    number: int = 0
    time: float = 0.0
    time_set: bool = False
    boot_id: str = ""
    monotonic: float = 0.0


class AuditLog:
    """Writes and reads rows. Thread-safe; the file is made with the first row."""

    def __init__(self, path: Path, times: Times | None = None, warn: Callable[[str], None] = lambda _: None) -> None:
        """Use a file; `warn` gets a sentence when a damaged one was set aside."""
        self._path, self._times, self._warn = path, times or SystemTimes(), warn
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None

    def add(self, what: str, who: str, why: str, details: Mapping[str, Any] | None = None) -> int:
        """Write a row and return its number; see `AuditEntry`. It is on the disk then. Raises AuditError."""
        return self.add_all([AuditEntry(what, who, why, details or {})])[-1]

    def add_all(self, entries: Sequence[AuditEntry]) -> list[int]:
        """Write rows, all or none, and return their numbers. They are on the disk then. Raises AuditError."""
        rows = [(one.what, one.who[:MOST_TEXT], one.why[:MOST_TEXT], _written(one.details)) for one in entries]
        with self._lock, self._used() as connection:
            connection.execute("BEGIN IMMEDIATE")
            is_set, wall, monotonic = self._correct(connection)
            statement = f"INSERT INTO audit ({_COLUMNS.partition(', ')[2]}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
            times = (wall, int(is_set), self._times.boot_id, monotonic)
            numbers = [int(connection.execute(statement, (*times, *row)).lastrowid or 0) for row in rows]
            if any(number % _TRIM_EVERY == 0 for number in numbers):
                connection.execute("DELETE FROM audit WHERE number <= ?", (numbers[-1] - MOST_ROWS,))
            connection.execute("COMMIT")
            return numbers

    def rows(self, limit: int = 100, before: int | None = None, what: str = "") -> list[AuditRow]:
        """Return rows, the newest first; none if there is no file yet. Raises AuditError.

        Args:
            limit: of their number.
            before: only rows with a smaller number, for the next page.
            what: only rows of this kind; "" for all.
        """
        if self._connection is None and not self._path.exists():
            return []
        kind = "AND what = :what" if what else ""
        query = f"SELECT {_COLUMNS} FROM audit WHERE number < :before {kind} ORDER BY number DESC LIMIT :limit"
        values = {"before": before if before is not None else 1 << 62, "what": what, "limit": limit}
        with self._lock, self._used() as connection:
            return [_row(row) for row in connection.execute(query, values)]

    def delete_before(self, before: datetime) -> int:
        """Delete older rows and overwrite their bytes; return how many. Raises AuditError."""
        deleted = 0
        while self._path.exists():
            with self._lock, self._used() as connection:
                self._correct(connection)
                query = "DELETE FROM audit WHERE number IN (SELECT number FROM audit WHERE time < ? LIMIT ?)"
                count = connection.execute(query, (before.timestamp(), _DELETED_AT_ONCE)).rowcount
                deleted += count
                if count < _DELETED_AT_ONCE:
                    if deleted:
                        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
                    return deleted + delete_set_aside(self._path, before.timestamp())
            time.sleep(_PAUSE)  # an intent that waits goes first
        return deleted

    def use(self, path: Path) -> None:
        """Use another file from now on."""
        with self._lock:
            if path != self._path:
                self._close()
                self._path = path

    def close(self) -> None:
        """Close the file; the next call opens it again."""
        with self._lock:
            self._close()

    def _close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _correct(self, connection: sqlite3.Connection) -> tuple[bool, float, float]:
        """Give earlier rows of this boot the right time if it is known; return whether, and both clocks."""
        is_set, wall, monotonic = self._times.is_set(), self._times.wall(), self._times.monotonic()
        if is_set:
            connection.execute(
                "UPDATE audit SET time = ? + monotonic, time_set = 1 WHERE boot_id = ? AND time_set = 0",
                (wall - monotonic, self._times.boot_id),
            )
        return is_set, wall, monotonic

    @contextmanager
    def _used(self) -> Iterator[sqlite3.Connection]:
        """Yield the connection. Afterwards no transaction is open. Raises AuditError."""
        try:
            self._connection = connection = self._connection or self._open()
            yield connection
        except (sqlite3.Error, UnicodeDecodeError, OSError) as error:
            self._close()  # also ends the transaction
            aside = ""
            if type(error) in (sqlite3.DatabaseError, UnicodeDecodeError):
                with suppress(OSError):
                    aside = f"; it is kept as {set_aside(self._path).name}, and a new one begins"
                    self._warn(f"the audit log {self._path} is damaged{aside}")
            raise AuditError(f"the audit log {self._path} cannot be used: {error}{aside}") from error
        except BaseException:
            self._close()
            raise

    def _open(self) -> sqlite3.Connection:
        import os

        create_folder(self._path.parent)
        os.close(open_private(self._path, os.O_RDWR))
        connection = sqlite3.connect(self._path, timeout=_WAIT, isolation_level=None, check_same_thread=False)
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("PRAGMA secure_delete = ON")
            connection.execute("PRAGMA trusted_schema = OFF")
            connection.execute("PRAGMA journal_size_limit = 1048576")
            connection.execute("PRAGMA cache_size = -256")
            connection.execute(_TABLE)
            for index in _INDEXES:
                connection.execute(f"CREATE INDEX IF NOT EXISTS {index}")
        except BaseException:
            connection.close()
            raise
        return connection


def _written(details: Mapping[str, Any]) -> str:
    """Return details as JSON. Raises ValueError if they are too long or hold NaN: a fault of the caller."""
    text = json.dumps(dict(details), allow_nan=False, ensure_ascii=False)
    if len(text) > MOST_TEXT:
        raise ValueError(f"details of an audit row have {len(text)} characters, at most {MOST_TEXT} are allowed")
    return text


def _row(values: Sequence[Any]) -> AuditRow:
    number, time, time_set, boot_id, monotonic, what, who, why, details = values
    try:
        parsed = json.loads(details)
    except (ValueError, RecursionError):  # a damaged row
        parsed = {}
    parsed = parsed if isinstance(parsed, dict) else {}
    return AuditRow(what, who, why, parsed, number, float(time), bool(time_set), boot_id, float(monotonic))
