"""A set of addresses of any size in bounded memory."""

from __future__ import annotations

import hashlib
import sqlite3
from typing import TYPE_CHECKING

from plate_runtime.errors import DeviceError

if TYPE_CHECKING:
    from collections.abc import Iterable

_MOST_MEMORY_KB = 16_384


class KnownAddresses:
    """Addresses that were added, as digests in a temporary file without a name. Used by one thread at a time."""

    def __init__(self) -> None:
        """Create the file, in SQLite's folder for temporary files: $SQLITE_TMPDIR, $TMPDIR, /var/tmp or /tmp."""
        self._database = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        self._count = 0
        for line in (
            f"PRAGMA cache_size = -{_MOST_MEMORY_KB}",
            "PRAGMA journal_mode = OFF",
            "PRAGMA synchronous = OFF",
            "CREATE TABLE known (digest BLOB PRIMARY KEY) WITHOUT ROWID",
            "BEGIN",
        ):
            self._database.execute(line)

    def __len__(self) -> int:
        return self._count

    def add(self, address: str) -> bool:
        """Add an address; return whether it is new. Raises DeviceError if the disk is full."""
        digest = hashlib.blake2b(address.encode(), digest_size=16).digest()
        try:
            added = self._database.execute("INSERT OR IGNORE INTO known VALUES (?)", (digest,)).rowcount
        except sqlite3.Error as error:
            raise DeviceError(f"a temporary file of addresses cannot be written: {error}; set TMPDIR") from error
        self._count += added
        return bool(added)

    def add_all(self, addresses: Iterable[str]) -> None:
        """Add addresses."""
        for address in addresses:
            self.add(address)

    def close(self) -> None:
        """Delete the file."""
        self._database.close()
