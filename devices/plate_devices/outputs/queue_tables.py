"""Reading and writing the rows of the queue's tables."""

from __future__ import annotations

import re
import time
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from plate_devices.events.records import to_line
from plate_devices.outputs.event_json import read_event
from plate_devices.outputs.line_ages import format_time, time_in
from plate_devices.outputs.output_settings import Destination

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from plate_devices.outputs.output import Event
    from plate_devices.outputs.queue_database import QueueDatabase

OVERHEAD = 64
"""Bytes of a row in addition to its body."""

_DIGEST = re.compile(r"[0-9a-f]{16}")
_KEPT_ASIDE = 100
"""How many damaged events are kept; older ones are deleted."""


class QueuedEvent(NamedTuple):
    """An event and its number in the queue. Numbers grow and are never reused."""

    number: int
    event: Event


class QueueTables:
    """Reads and changes rows, within `QueueDatabase.explained` or `QueueDatabase.transaction`.

    Attributes:
        size: bytes of all events.
    """

    def __init__(self, database: QueueDatabase) -> None:
        """Use an open database; call `repair_sizes` first."""
        self.size = 0
        self._execute = database.execute

    def insert(self, number: int, event: Event) -> bool:
        """Insert an event at a number; return False if the number is taken."""
        body = to_line(event)
        size = len(body) + OVERHEAD
        boot = None if event.get("time_set", True) else event.get("boot_id")
        statement = "INSERT OR IGNORE INTO events (number, size, unset_boot, body) VALUES (?, ?, ?, ?)"
        if not self._execute(statement, (number, size, boot, body)).rowcount:
            return False
        if boot is not None:
            self._execute("INSERT OR IGNORE INTO unset_boots VALUES (?)", (boot,))
        self.size += size
        return True

    def ends(self) -> tuple[int, int]:
        """Return the lowest and the highest number, (1, 0) without events."""
        first, last = self._execute("SELECT coalesce(min(number), 1), coalesce(max(number), 0) FROM events").fetchone()
        return first, last

    def count_after(self, number: int) -> int:
        """Return how many events have a higher number."""
        count: int = self._execute("SELECT count(*) FROM events WHERE number > ?", (number,)).fetchone()[0]
        return count

    def repair_sizes(self) -> None:
        """Correct the sizes of rows that differ from those of their bodies."""
        real = f"length(CAST(body AS BLOB)) + {OVERHEAD}"
        self._execute(f"UPDATE events SET size = {real} WHERE size IS NOT {real}")
        self._measure()

    def take(self, after: int, most: int, most_bytes: int) -> tuple[list[QueuedEvent], list[int]]:
        """Return events after a number, at least one if there is any, and the numbers of damaged events among them."""
        taken, damaged = list[QueuedEvent](), list[int]()
        query = "SELECT number, CAST(body AS BLOB) FROM events WHERE number > ? ORDER BY number LIMIT ?"
        for number, body in self._execute(query, (after, most)):
            event = read_event(body)
            if event is None:
                damaged.append(number)
                continue
            most_bytes -= len(body) + OVERHEAD
            if taken and most_bytes < 0:
                break
            taken.append(QueuedEvent(number, event))
        return taken, damaged

    def oldest(self, size: int, before: int) -> list[int]:
        """Return numbers of the oldest events, below a number, that together take at least `size` bytes."""
        numbers = list[int]()
        rows = self._execute("SELECT number, size FROM events WHERE number < ? ORDER BY number", (before,))
        while size > 0 and (row := rows.fetchone()):
            numbers.append(row[0])
            size -= row[1]
        rows.close()
        return numbers

    def delete(self, numbers: Sequence[int]) -> None:
        """Delete events."""
        for number in numbers:
            self._execute("DELETE FROM events WHERE number = ?", (number,))
        self._measure()

    def delete_up_to(self, number: int) -> None:
        """Delete events up to a number."""
        query = "SELECT coalesce(sum(size), 0) FROM events WHERE number <= ?"
        (size,) = self._execute(query, (number,)).fetchone()
        if size:
            self._execute("DELETE FROM events WHERE number <= ?", (number,))
            self.size -= size

    def repair(self, copies: Mapping[int, bytes]) -> None:
        """Replace the bodies of events."""
        for number, body in copies.items():
            row = (body.decode("ascii"), len(body) + OVERHEAD, number)
            self._execute("UPDATE events SET body = ?, size = ? WHERE number = ?", row)
        self._measure()

    def keep_aside(self, numbers: Sequence[int]) -> None:
        """Copy damaged events into the table `set_aside`."""
        for number in numbers:
            copy = "SELECT number, ?, substr(CAST(body AS BLOB), 1, 65536) FROM events WHERE number = ?"
            self._execute(f"INSERT OR REPLACE INTO set_aside {copy}", (time.time(), number))
        newest = f"SELECT number FROM set_aside ORDER BY at DESC, number DESC LIMIT {_KEPT_ASIDE}"
        self._execute(f"DELETE FROM set_aside WHERE number NOT IN ({newest})")

    def older(self, before: str) -> list[int]:
        """Return numbers of events before a UTC time, written as in records.

        An event without a time counts as old as the one before it; at the beginning, as the one after it.
        """
        old, unknown, last = list[int](), list[int](), ""
        for number, body in self._execute("SELECT number, CAST(body AS BLOB) FROM events ORDER BY number"):
            last = time_in(bytes(body)) or last
            if not last:
                unknown.append(number)
                continue
            if last < before:
                old += [*unknown, number]
            unknown = []
        return old

    def delete_aside(self, before: str) -> None:
        """Delete damaged events from before a UTC time. Without a time, they age from when they were set aside."""
        for number, at, body in self._execute("SELECT number, at, body FROM set_aside").fetchall():
            if (time_in(bytes(body)) or format_time(at)) < before:
                self._execute("DELETE FROM set_aside WHERE number = ?", (number,))

    def rewrite(self, boot_id: str, change: Callable[[Event], object]) -> bool:
        """Change the events of a boot, because its time is now known; return whether there ever were any."""
        if self._execute("SELECT 1 FROM unset_boots WHERE boot_id = ?", (boot_id,)).fetchone() is None:
            return False
        query = "SELECT number, CAST(body AS BLOB) FROM events WHERE unset_boot = ?"
        for number, body in self._execute(query, (boot_id,)).fetchall():
            event = read_event(body)
            if event is None:  # it is set aside when an output takes it
                continue
            with suppress(ValueError, KeyError, TypeError):  # it is damaged and keeps its time
                change(event)
            line = to_line(event)
            update = "UPDATE events SET unset_boot = NULL, body = ?, size = ? WHERE number = ?"
            self._execute(update, (line, len(line) + OVERHEAD, number))
        self._execute("DELETE FROM unset_boots WHERE boot_id = ?", (boot_id,))
        self._measure()
        return True

    def address(self, name: str) -> Destination | None:
        """Return the address that an output sent to, None if it is unknown."""
        row = self._execute("SELECT digest, shown FROM addresses WHERE name = ?", (name,)).fetchone()
        return Destination(*row) if row is not None and _DIGEST.fullmatch(row[0]) else None

    def set_address(self, name: str, address: Destination) -> None:
        """Note the address that an output sends to."""
        self._execute("INSERT OR REPLACE INTO addresses VALUES (?, ?, ?)", (name, *address))

    def _measure(self) -> None:
        self.size = self._execute("SELECT coalesce(sum(size), 0) FROM events").fetchone()[0]
