"""The file that events wait in: SQLite, alone with it, every change whole or not at all."""

from __future__ import annotations

import os
import sqlite3
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from plate_devices.outputs.base import Event, OutputError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

_TABLES = """
    CREATE TABLE IF NOT EXISTS events (
        number INTEGER PRIMARY KEY, size INTEGER NOT NULL, unset_boot TEXT, body TEXT NOT NULL
    );
    CREATE TABLE IF NOT EXISTS outputs (
        name TEXT PRIMARY KEY, acknowledged INTEGER NOT NULL, delivered INTEGER NOT NULL, dropped INTEGER NOT NULL
    ) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS unset_boots (boot_id TEXT PRIMARY KEY) WITHOUT ROWID;
"""


PAGES_KB = 256
"""Of a database's pages in memory. SQLite's own 2 MB would fill up over hours with events that nobody reads again."""

_PASSING = (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR)


class QueueError(OutputError):
    """The disk does not take an event, or gives none back.

    Attributes:
        damaged: the file is no queue, or no longer.
        passing: the disk is full or fails; it may be well again.
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
        except sqlite3.Error as error:
            reason = "another plate-infer uses it" if "locked" in str(error) else str(error)
            explained = QueueError(f"{self._name} cannot be used: {reason}")
            explained.damaged = type(error) is sqlite3.DatabaseError
            explained.passing = getattr(error, "sqlite_errorcode", 0) & 0xFF in _PASSING
            raise explained from error

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    def _prepare(self) -> None:
        # Alone with the file, SQLite needs no memory shared with others, which a full disk could take away under it.
        self._connection.execute("PRAGMA locking_mode = EXCLUSIVE")
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA secure_delete = FAST")
        self._connection.execute("PRAGMA journal_size_limit = 1048576")
        self._connection.execute(f"PRAGMA cache_size = -{PAGES_KB}")
        damage: Any = self._connection.execute("PRAGMA quick_check(1)").fetchone()[0]
        if damage != "ok":
            raise sqlite3.DatabaseError(damage)
        self._connection.executescript(_TABLES)
