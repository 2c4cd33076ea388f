"""The rows of a queue's tables."""

from __future__ import annotations

import re
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from plate_devices.events.records import to_line
from plate_devices.outputs.database import Waiting
from plate_devices.outputs.event_json import read_event
from plate_devices.outputs.line_ages import age_of, written
from plate_devices.outputs.urls import Destination

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from plate_devices.outputs.database import Database
    from plate_devices.outputs.output import Event

OVERHEAD = 64
"""Bytes that a row takes beside its body."""

_DIGEST = re.compile(r"[0-9a-f]{16}")
_KEPT_ASIDE = 100
"""Damaged events that are kept, the newest of them."""


class Rows:
    """Reads and changes rows; only within `Database.explained` or `Database.transaction`."""

    def __init__(self, database: Database) -> None:
        """Take the tables."""
        self._execute = database.execute

    def insert(self, number: int, event: Event) -> int:
        """Put an event at a number; return its size, 0 where the number is taken."""
        body = to_line(event)
        size = len(body) + OVERHEAD
        boot = None if event.get("time_set", True) else event.get("boot_id")
        statement = "INSERT OR IGNORE INTO events (number, size, unset_boot, body) VALUES (?, ?, ?, ?)"
        if not self._execute(statement, (number, size, boot, body)).rowcount:
            return 0
        if boot is not None:
            self._execute("INSERT OR IGNORE INTO unset_boots VALUES (?)", (boot,))
        return size

    def ends(self) -> tuple[int, int]:
        """Return the lowest and the highest number, (1, 0) where there is no event."""
        first, last = self._execute("SELECT coalesce(min(number), 1), coalesce(max(number), 0) FROM events").fetchone()
        return first, last

    def measure(self) -> int:
        """Return the size of all events."""
        size: int = self._execute("SELECT coalesce(sum(size), 0) FROM events").fetchone()[0]
        return size

    def mend_sizes(self) -> None:
        """Correct sizes that are not those of the bodies."""
        real = f"length(CAST(body AS BLOB)) + {OVERHEAD}"
        self._execute(f"UPDATE events SET size = {real} WHERE size IS NOT {real}")

    def take(self, after: int, most: int, most_bytes: int) -> tuple[list[Waiting], list[int]]:
        """Return events after a number, at least one if there is any, and the numbers of damaged ones among them."""
        taken, damaged = list[Waiting](), list[int]()
        query = "SELECT number, CAST(body AS BLOB) FROM events WHERE number > ? ORDER BY number LIMIT ?"
        for number, body in self._execute(query, (after, most)):
            event = read_event(body)
            if event is None:
                damaged.append(number)
                continue
            most_bytes -= len(body) + OVERHEAD
            if taken and most_bytes < 0:
                break
            taken.append(Waiting(number, event))
        return taken, damaged

    def delete(self, numbers: Sequence[int]) -> int:
        """Delete events; return the size that this frees."""
        freed = 0
        for number in numbers:
            for (size,) in self._execute("SELECT size FROM events WHERE number = ?", (number,)).fetchall():
                freed += size
            self._execute("DELETE FROM events WHERE number = ?", (number,))
        return freed

    def mend(self, copies: Mapping[int, bytes]) -> None:
        """Give events other bodies."""
        for number, body in copies.items():
            row = (body.decode("ascii"), len(body) + OVERHEAD, number)
            self._execute("UPDATE events SET body = ?, size = ? WHERE number = ?", row)

    def keep_aside(self, numbers: Sequence[int]) -> None:
        """Copy damaged events to where the newest of them are kept."""
        for number in numbers:
            copy = "SELECT number, ?, substr(CAST(body AS BLOB), 1, 65536) FROM events WHERE number = ?"
            self._execute(f"INSERT OR REPLACE INTO set_aside {copy}", (time.time(), number))
        newest = f"SELECT number FROM set_aside ORDER BY at DESC, number DESC LIMIT {_KEPT_ASIDE}"
        self._execute(f"DELETE FROM set_aside WHERE number NOT IN ({newest})")

    def older(self, before: str) -> list[int]:
        """Return numbers of events before a UTC time, as records write it.

        One without a time is as old as the one before it, at the beginning as the one after it.
        """
        old, unknown, last = list[int](), list[int](), ""
        for number, body in self._execute("SELECT number, CAST(body AS BLOB) FROM events ORDER BY number"):
            last = age_of(bytes(body)) or last
            if not last:
                unknown.append(number)
                continue
            if last < before:
                old += [*unknown, number]
            unknown = []
        return old

    def forget_aside(self, before: str) -> None:
        """Delete damaged events from before that time; where they say none, they age from when they were set aside."""
        for number, at, body in self._execute("SELECT number, at, body FROM set_aside").fetchall():
            if (age_of(bytes(body)) or written(at)) < before:
                self._execute("DELETE FROM set_aside WHERE number = ?", (number,))

    def has_boot(self, boot_id: str) -> bool:
        """Whether there ever was an event of this boot while its time was not known."""
        return self._execute("SELECT 1 FROM unset_boots WHERE boot_id = ?", (boot_id,)).fetchone() is not None

    def rewrite(self, boot_id: str, change: Callable[[Event], object]) -> None:
        """Change events of a boot, the time of which is known from now on."""
        query = "SELECT number, CAST(body AS BLOB) FROM events WHERE unset_boot = ?"
        for number, body in self._execute(query, (boot_id,)).fetchall():
            event = read_event(body)
            if event is None:  # it is set aside when an output's turn comes
                continue
            with suppress(ValueError, KeyError, TypeError):  # it is damaged, and keeps the time that it has
                change(event)
            line = to_line(event)
            update = "UPDATE events SET unset_boot = NULL, body = ?, size = ? WHERE number = ?"
            self._execute(update, (line, len(line) + OVERHEAD, number))
        self._execute("DELETE FROM unset_boots WHERE boot_id = ?", (boot_id,))

    def address(self, name: str) -> Destination | None:
        """Return where an output sent to, None where that is not known."""
        row = self._execute("SELECT digest, shown FROM addresses WHERE name = ?", (name,)).fetchone()
        return Destination(*row) if row is not None and _DIGEST.fullmatch(row[0]) else None

    def set_address(self, name: str, address: Destination) -> None:
        """Note where an output sends to."""
        self._execute("INSERT OR REPLACE INTO addresses VALUES (?, ?, ?)", (name, *address))
