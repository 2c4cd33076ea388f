"""The SQLite file of the queue: opened exclusively, and changed in transactions."""

from __future__ import annotations

import os
import sqlite3
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from plate_devices.outputs.output import OutputError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

_NAMES = ("events", "outputs", "unset_boots", "set_aside", "addresses")
_TABLES = """
    CREATE TABLE IF NOT EXISTS events (
        number INTEGER PRIMARY KEY, size INTEGER NOT NULL, unset_boot TEXT, body TEXT NOT NULL
    );
    CREATE TABLE IF NOT EXISTS outputs (
        name TEXT PRIMARY KEY, acknowledged INTEGER NOT NULL, delivered INTEGER NOT NULL, dropped INTEGER NOT NULL,
        checksum INTEGER NOT NULL
    ) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS unset_boots (boot_id TEXT PRIMARY KEY) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS set_aside (number INTEGER PRIMARY KEY, at REAL NOT NULL, body BLOB);
    CREATE TABLE IF NOT EXISTS addresses (
        name TEXT PRIMARY KEY, digest TEXT NOT NULL, shown TEXT NOT NULL
    ) WITHOUT ROWID;
"""
_VERSION = 1
"""Of the tables; 0 in a new file."""

PAGES_KB = 256
"""Page cache of a database. SQLite's default of 2 MB would fill with events that are not read again."""

SQLITE_ERRORS = (sqlite3.Error, UnicodeDecodeError)
"""What `sqlite3` raises for a damaged file; UnicodeDecodeError if SQLite's message quotes damaged bytes."""

_TEMPORARY = {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_NOMEM}
_LOCKED = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
_NOT_DAMAGE = {sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM, sqlite3.SQLITE_AUTH, sqlite3.SQLITE_INTERRUPT}


class QueueError(OutputError):
    """The queue cannot be read or written.

    Attributes:
        damaged: the file is not a queue, or no longer a valid one.
        temporary: the disk is full, read-only or failing; it may recover.
    """

    damaged = temporary = False


def make_private(path: Path) -> None:
    """Create a missing file, readable by its owner alone. Errors are left to the code that opens it."""
    with suppress(OSError):
        os.close(os.open(path, os.O_CREAT | os.O_NONBLOCK, 0o600))


class QueueDatabase:
    """The queue's tables, for one thread at a time."""

    def __init__(self, path: Path | None) -> None:
        """Open or create the file; None for a database in memory.

        Raises:
            QueueError: it cannot be made, is damaged, or is in use by another process.
        """
        self._name = "the queue in memory" if path is None else str(path)
        if path is not None:
            with suppress(OSError):  # the file may be read-only
                if path.is_file():
                    path.chmod(0o600)
            make_private(path)
        with self.explained():
            file = ":memory:" if path is None else str(path)
            self._connection = sqlite3.connect(file, timeout=1.0, isolation_level=None, check_same_thread=False)
            try:
                self._prepare()
            except BaseException:
                self._connection.close()
                raise

    def execute(self, statement: str, values: Sequence[object] = ()) -> sqlite3.Cursor:
        """Run one statement; only within `explained` or `transaction`."""
        return self._connection.execute(statement, values)

    @contextmanager
    def transaction(self, synchronous: str) -> Iterator[None]:
        """Do everything or nothing. "FULL" waits for the disk, "NORMAL" does not. Raises QueueError."""
        with self.explained():
            self._connection.execute(f"PRAGMA synchronous = {synchronous}")
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise

    @contextmanager
    def explained(self) -> Iterator[None]:
        """Turn an error of SQLite into a QueueError of one sentence."""
        try:
            yield
        except SQLITE_ERRORS as error:
            code = getattr(error, "sqlite_errorcode", None)
            kind = -1 if code is None else code & 0xFF
            reason = "another plate-infer uses it" if kind in _LOCKED else str(error)
            explained = QueueError(f"{self._name} cannot be used: {reason}")
            truncated = code == sqlite3.SQLITE_IOERR_SHORT_READ
            explained.temporary = kind in _TEMPORARY and not truncated
            explained.damaged = not (
                explained.temporary or kind in _LOCKED | _NOT_DAMAGE or isinstance(error, sqlite3.ProgrammingError)
            )
            raise explained from error

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def _prepare(self) -> None:
        self._connection.text_factory = lambda content: content.decode("utf-8", "replace")
        # In exclusive mode SQLite needs no shared-memory file, which a full disk could take away.
        self._connection.execute("PRAGMA locking_mode = EXCLUSIVE")
        self._connection.execute("PRAGMA trusted_schema = OFF")
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA secure_delete = FAST")
        self._connection.execute("PRAGMA journal_size_limit = 1048576")
        self._connection.execute(f"PRAGMA cache_size = -{PAGES_KB}")
        damage: Any = self._connection.execute("PRAGMA quick_check(1)").fetchone()[0]
        if damage != "ok":
            raise sqlite3.DatabaseError(damage)
        self._check_tables()

    def _check_tables(self) -> None:
        """Create missing tables. Raises DatabaseError if the tables belong to another program."""
        version = self._connection.execute("PRAGMA user_version").fetchone()[0]
        there = self._connection.execute("SELECT type, tbl_name FROM sqlite_master").fetchall()
        foreign = any(kind not in ("table", "index") or table not in _NAMES for kind, table in there)
        if foreign or not 0 <= version <= _VERSION:
            raise sqlite3.DatabaseError(f"it holds other tables (version {version})")
        self._connection.executescript(_TABLES)
        # A flipped bit in the schema would change the meaning of rows.
        made = self._connection.execute("SELECT sql FROM sqlite_master WHERE type = 'table'").fetchall()
        expected = {_squeezed(one) for one in _TABLES.replace("IF NOT EXISTS", "").split(";") if one.strip()}
        if {_squeezed(sql or "") for (sql,) in made} != expected:
            raise sqlite3.DatabaseError("its tables are damaged")
        self._connection.execute(f"PRAGMA user_version = {_VERSION}")


def _squeezed(statement: str) -> str:
    return "".join(statement.split())
