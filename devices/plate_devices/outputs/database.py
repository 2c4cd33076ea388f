"""The file that events wait in: SQLite, alone with it, every change whole or not at all."""

from __future__ import annotations

import os
import sqlite3
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple
from zlib import crc32

from plate_devices.outputs.output import Event, OutputError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

_COLUMNS = {
    "events": ("number", "size", "unset_boot", "body"),
    "outputs": ("name", "acknowledged", "delivered", "dropped", "checksum"),
    "unset_boots": ("boot_id",),
    "set_aside": ("number", "at", "body"),
    "addresses": ("name", "digest", "shown"),
}
_TABLES = """
    CREATE TABLE IF NOT EXISTS events (
        number INTEGER PRIMARY KEY, size INTEGER NOT NULL, unset_boot TEXT, body TEXT NOT NULL
    );
    CREATE TABLE IF NOT EXISTS outputs (
        name TEXT PRIMARY KEY, acknowledged INTEGER NOT NULL, delivered INTEGER NOT NULL, dropped INTEGER NOT NULL,
        checksum INTEGER
    ) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS unset_boots (boot_id TEXT PRIMARY KEY) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS set_aside (number INTEGER PRIMARY KEY, at REAL NOT NULL, body BLOB);
    CREATE TABLE IF NOT EXISTS addresses (
        name TEXT PRIMARY KEY, digest TEXT NOT NULL, shown TEXT NOT NULL
    ) WITHOUT ROWID;
"""
_VERSION = 1
"""Of the tables. 0 are those without `checksum`, `set_aside` and `addresses`, which are added."""

PAGES_KB = 256
"""Of a database's pages in memory. SQLite's own 2 MB would fill up over hours with events that are not read again."""

SQLITE_ERRORS = (sqlite3.Error, UnicodeDecodeError)
"""What `sqlite3` raises over a damaged file: UnicodeDecodeError where SQLite's own sentence quotes damaged bytes."""

_PASSING = {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_NOMEM}
_LOCKED = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
_NOT_ITS_FAULT = {sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM, sqlite3.SQLITE_AUTH, sqlite3.SQLITE_INTERRUPT}


class QueueError(OutputError):
    """The disk does not take an event, or gives none back.

    Attributes:
        damaged: the file is no queue, or no longer.
        passing: the disk is full, read-only or fails; it may be well again.
    """

    damaged = passing = False


class Waiting(NamedTuple):
    """An event, and its number in the queue; numbers grow and are never given twice."""

    number: int
    event: Event


@dataclass(frozen=True)
class Standing:
    """How far one output is: the number of the last event it has, or will never have, and how many of each."""

    acknowledged: int
    delivered: int = 0
    dropped: int = 0


def make_private(path: Path) -> None:
    """Make a file that only its owner may read, if it is missing; what goes wrong is left to who opens it."""
    with suppress(OSError):
        os.close(os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC | os.O_NONBLOCK, 0o600))


class Database:
    """The queue's tables, for one thread at a time."""

    def __init__(self, path: Path | None) -> None:
        """Open the file, or make it; None for one in memory.

        Raises:
            QueueError: it cannot be made, is damaged, or another process has it.
        """
        self._name = "the queue in memory" if path is None else str(path)
        if path is not None:
            with suppress(OSError):  # it may be this user's, and read-only
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
        """Do all of it or nothing; with "FULL" it is on the disk at the end, with "NORMAL" soon. Raises QueueError."""
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
        """Turn what SQLite says into a QueueError of one sentence."""
        try:
            yield
        except SQLITE_ERRORS as error:
            code = getattr(error, "sqlite_errorcode", None)
            kind = -1 if code is None else code & 0xFF
            reason = "another plate-infer uses it" if kind in _LOCKED else str(error)
            explained = QueueError(f"{self._name} cannot be used: {reason}")
            cut_off = code == sqlite3.SQLITE_IOERR_SHORT_READ
            explained.passing = kind in _PASSING and not cut_off
            explained.damaged = not (
                explained.passing or kind in _LOCKED | _NOT_ITS_FAULT or isinstance(error, sqlite3.ProgrammingError)
            )
            raise explained from error

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    def _prepare(self) -> None:
        self._connection.text_factory = lambda content: content.decode("utf-8", "replace")
        # Alone with the file, SQLite needs no memory shared with others, which a full disk could take away under it.
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
        """Make the tables that are missing. Raises DatabaseError where they are another program's."""
        version = self._connection.execute("PRAGMA user_version").fetchone()[0]
        there = self._connection.execute("SELECT type, tbl_name FROM sqlite_master").fetchall()
        foreign = any(kind not in ("table", "index") or table not in _COLUMNS for kind, table in there)
        if foreign or not 0 <= version <= _VERSION:
            raise sqlite3.DatabaseError(f"its tables are others (version {version})")
        if self._columns("outputs") == _COLUMNS["outputs"][:-1]:
            self._connection.execute("ALTER TABLE outputs ADD COLUMN checksum INTEGER")
        self._connection.executescript(_TABLES)
        # A bit that flips in what SQLite knows of a table would change what its rows mean.
        made = self._connection.execute("SELECT sql FROM sqlite_master WHERE type = 'table'").fetchall()
        expected = {_squeezed(one) for one in _TABLES.replace("IF NOT EXISTS", "").split(";") if one.strip()}
        if {_squeezed(sql or "") for (sql,) in made} != expected:
            raise sqlite3.DatabaseError("its tables are damaged")
        if version != _VERSION:
            self._connection.execute(f"PRAGMA user_version = {_VERSION}")

    def _columns(self, table: str) -> tuple[str, ...]:
        return tuple(row[1] for row in self._connection.execute(f"PRAGMA table_info({table})"))


def checksum_of(name: str, numbers: Sequence[int]) -> int:
    """Return what stands beside an output's numbers: a bit that flips in them would cost events."""
    return crc32(repr((name, *numbers)).encode())


def is_intact(name: object, numbers: Sequence[object], checksum: object) -> bool:
    """Whether a row of `outputs` is as it was written; rows of earlier versions have no checksum."""
    if not isinstance(name, str) or not all(isinstance(number, int) for number in numbers):
        return False
    return checksum is None or checksum == checksum_of(name, numbers)  # type: ignore[arg-type]


def _squeezed(statement: str) -> str:
    return "".join(statement.split())
