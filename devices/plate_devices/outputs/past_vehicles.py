"""Reads the newest vehicles of the SQLite output, for pages. The file is opened for reading alone."""

from __future__ import annotations

import json
import sqlite3
import time
from contextlib import closing
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote

from plate_runtime.errors import DAMAGE, DeviceError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_WITHIN = 3.0
"""Seconds after which a search ends with an error; pages must not hold their threads."""

_CHECK_EVERY = 10_000
_NEWEST = "SELECT text, record FROM events WHERE type = 'vehicle' ORDER BY last_time DESC LIMIT ?"
_ONE = "SELECT text, record FROM events WHERE id = ? AND type = 'vehicle'"


class PastVehicle(NamedTuple):
    """A vehicle that has passed: its text, "" if privacy hid it, and its record as JSON."""

    text: str
    json: str

    @property
    def record(self) -> dict[str, Any]:
        """The record, {} if it is damaged."""
        try:
            found = json.loads(self.json)
        except DAMAGE:
            return {}
        return found if isinstance(found, dict) and found.get("plates") else {}


class PastVehicles:
    """Reads the file of an SQLite output. Thread-safe: each search opens the file."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def newest(self, most: int) -> Iterator[PastVehicle]:
        """Yield the newest vehicles, at most so many. Raises DeviceError."""
        return self._search(_NEWEST, most)

    def one(self, record_id: str) -> dict[str, Any] | None:
        """Return the record of a vehicle, None if there is none. Raises DeviceError."""
        return next((found.record or None for found in self._search(_ONE, record_id)), None)

    def _search(self, query: str, value: Any) -> Iterator[PastVehicle]:
        if not self._path.exists():
            return
        ends = time.monotonic() + _WITHIN
        try:
            address = f"file:{quote(str(self._path.absolute()))}?mode=ro"
            with closing(sqlite3.connect(address, uri=True, timeout=_WITHIN)) as connection:
                connection.text_factory = lambda content: content.decode("utf-8", "replace")
                connection.set_progress_handler(lambda: time.monotonic() > ends, _CHECK_EVERY)
                for text, record in connection.execute(query, (value,)):
                    yield PastVehicle(text or "", record)
        except sqlite3.Error as error:
            raise DeviceError(f"{self._path} cannot be searched: {error}") from error
