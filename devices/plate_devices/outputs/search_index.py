"""Keeps the blocks of a file complete: one as soon as its rows are there, many of an older file in a thread."""

from __future__ import annotations

import sqlite3
import threading
import time
from contextlib import closing, suppress
from typing import TYPE_CHECKING

from plate_devices.outputs import search_blocks
from plate_devices.outputs.output import OutputError
from plate_devices.outputs.queue_database import SQLITE_ERRORS
from plate_devices.threads import BackgroundThread

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_AT_ONCE = 2
"""Blocks that are built by the thread that writes events; more are left to a thread of their own."""

_REPORT_EVERY = 30.0
_PAUSE = 0.5
"""Pause after a block, as a multiple of the time that it took: events are written in between."""


class SearchIndex:
    """Builds the missing blocks of a file. Used by the thread that writes events."""

    def __init__(self, path: Path, connect: Callable[[], sqlite3.Connection]) -> None:
        self._path, self._connect = path, connect
        self._last: int | None = None
        self._notices: list[str] = []
        self._stopped = threading.Event()
        self._thread: BackgroundThread | None = None

    def open(self, connection: sqlite3.Connection) -> None:
        """Build missing blocks, many of them in a thread."""
        (self._last,) = connection.execute("SELECT max(rowid) >> ? FROM events", (search_blocks.BITS,)).fetchone()
        self._build_missing(connection)

    def update(self, connection: sqlite3.Connection, last_row: int, changed: bool) -> None:
        """Build the block whose rows have become complete with the last event; all if rows may have changed.

        Args:
            last_row: row id of the last event.
        """
        last = last_row >> search_blocks.BITS
        if changed or last != self._last:
            self._last = last
            self._build_missing(connection)

    def notices(self) -> list[str]:
        """Return new sentences about the progress."""
        said, self._notices = self._notices, []
        return said

    def close(self) -> None:
        """End the thread after its current block."""
        self._stopped.set()
        if self._thread is not None:
            self._thread.join(10.0)
        self._thread = None

    def _build_missing(self, connection: sqlite3.Connection) -> None:
        if self._thread is not None and self._thread.is_alive():
            return
        numbers = search_blocks.incomplete(connection)
        if len(numbers) <= _AT_ONCE:
            for number in numbers:
                search_blocks.build(connection, number)
            return
        self._stopped = threading.Event()
        self._thread = BackgroundThread(lambda: self._run(numbers, self._stopped), f"index of {self._path.name}")
        self._thread.start()

    def _run(self, numbers: list[int], stopped: threading.Event) -> None:
        rows, began = len(numbers) << search_blocks.BITS, time.monotonic()
        self._notices.append(f"{self._path}: {rows} rows are prepared for searches; events are written in between")
        reported = began
        with suppress(OutputError, *SQLITE_ERRORS), closing(self._connect()) as connection:
            for done, number in enumerate(numbers):
                before = time.monotonic()
                if before - reported > _REPORT_EVERY:
                    reported = before
                    self._notices.append(f"{self._path}: {done / len(numbers):.0%} of the rows are prepared")
                search_blocks.build(connection, number)
                if stopped.wait(_PAUSE * (time.monotonic() - before)):
                    return
            took = time.monotonic() - began
            self._notices.append(f"{self._path}: {rows} rows are prepared for searches, in {took:.0f} s")
