"""Events that wait for outputs, in one SQLite file, so that neither a lost network nor a pulled plug costs one."""

from __future__ import annotations

import re
import sqlite3
import threading
import time
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from plate_devices.outputs.aging import age_of
from plate_devices.outputs.base import Event
from plate_devices.outputs.bodies import read_event
from plate_devices.outputs.database import (
    Database,
    QueueError,
    Standing,
    Waiting,
    checksum_of,
    is_intact,
)
from plate_devices.outputs.salvage import other_copies
from plate_devices.outputs.urls import Destination
from plate_devices.records import to_line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from plate_devices.outputs.base import Remark
    from plate_devices.outputs.bodies import Found
    from plate_devices.outputs.salvage import Salvage

_OVERHEAD = 64
_DIGEST = re.compile(r"[0-9a-f]{16}")
_HIGHEST = 1 << 62
"""A number above it was damaged: no device has so many events."""

_KEPT_ASIDE = 100
"""Damaged events that are kept, the newest of them."""


class EventQueue:
    """Events in order, and for each output how far it is. Thread-safe.

    An event stays until every output has it. What `put` took is on the disk when it returns. What outputs have is
    written without waiting for the disk: the worst that a power failure does is that an event is sent again.

    Attributes:
        path: of the file, None for one in memory.
        unreadable: events that were found damaged, and set aside, since it was opened.
    """

    def __init__(self, path: Path | None, most_bytes: int, remark: Remark = lambda *_: None) -> None:
        """Open or begin a queue that holds `most_bytes` of events; None for one in memory.

        Args:
            remark: is told of damaged events.

        Raises:
            QueueError: the file cannot be made, is damaged, or another process has it.
        """
        self.unreadable = 0
        self.path, self._remark = path, remark
        self._standings_lost = False
        self._most = most_bytes
        self._lock = threading.RLock()
        self._standings: dict[str, Standing] = {}
        self._unwritten: set[str] = set()
        self._first = self._last = self._size = self._dropped_upto = 0
        self._forgotten: set[int] = set()
        self._database = Database(path)
        self._read_state()

    def open_for(self, names: Sequence[str]) -> dict[str, int]:
        """Say which outputs there are; return how many events waited for others, which nobody will get now.

        An output that is new gets what is put from now on.
        """
        with self._lock, self._change("FULL"):
            left = {name: self._waiting(name) for name in self._standings if name not in names}
            for name in left:
                del self._standings[name]
                self._database.execute("DELETE FROM outputs WHERE name = ?", (name,))
            # Where it is not known any more how far an output is, it gets everything again rather than too little.
            begin = Standing(self._first - 1 if self._standings_lost else self._last)
            for name in names:
                self._standings.setdefault(name, begin)
            self._unwritten |= set(names)
            if self._standings_lost:
                self._database.execute("DELETE FROM outputs")
                self._standings_lost = False
            self._write_standings()
            self._forget_delivered()
        return {name: count for name, count in left.items() if count}

    def put(self, events: Iterable[Event]) -> dict[str, int]:
        """Take events, all or none; return how many had to go for them, by the output that does not have them.

        Raises:
            QueueError: the disk is full, broken or gone; nothing was taken.
        """
        with self._lock, self._change("FULL"):
            for event in events:
                self._insert(event)
            dropped = self._make_room()
            self._write_standings()
        return dropped

    def take(self, name: str, most: int = 100, most_bytes: int = 1 << 20) -> list[Waiting]:
        """Return the oldest events that an output does not have, at least one if there is any, else none.

        Those that are damaged are set aside.

        Raises:
            QueueError: the disk cannot be read.
        """
        with self._lock:
            while True:
                with self._database.explained():
                    taken, damaged = self._take(self._standings[name].acknowledged, most, most_bytes)
                if not damaged:
                    return taken
                self.set_aside(damaged)

    def _take(self, after: int, most: int, most_bytes: int) -> tuple[list[Waiting], list[int]]:
        taken, damaged = list[Waiting](), list[int]()
        query = "SELECT number, CAST(body AS BLOB) FROM events WHERE number > ? ORDER BY number LIMIT ?"
        for number, body in self._database.execute(query, (after, most)):
            event = read_event(body)
            if event is None:
                damaged.append(number)
                continue
            most_bytes -= len(body) + _OVERHEAD
            if taken and most_bytes < 0:
                break
            taken.append(Waiting(number, event))
        return taken, damaged

    def set_aside(self, numbers: Sequence[int]) -> None:
        """Mend damaged events of which the file has another copy; set the others aside, count and report them.

        Raises:
            QueueError: it could not be written.
        """
        copies = other_copies(self.path, numbers) if self.path is not None else {}
        numbers = [number for number in numbers if number not in copies]
        with self._lock, self._change("FULL"):
            for number, body in copies.items():
                update = "UPDATE events SET body = ? WHERE number = ?"
                self._database.execute(update, (body.decode("ascii"), number))
            for mark in [(number,) for number in numbers]:
                copy = "SELECT number, ?, substr(CAST(body AS BLOB), 1, 65536) FROM events WHERE number = ?"
                self._database.execute(f"INSERT OR REPLACE INTO set_aside {copy}", (time.time(), *mark))
            newest = f"SELECT number FROM set_aside ORDER BY at DESC, number DESC LIMIT {_KEPT_ASIDE}"
            self._database.execute(f"DELETE FROM set_aside WHERE number NOT IN ({newest})")
            self._delete(numbers)
            self._write_standings()
        if not numbers:
            return
        self.unreadable += len(numbers)
        self._remark(
            "event_unreadable",
            f"{len(numbers)} events in the queue ({self.path}) were damaged; they are set aside, and the others go on",
        )

    def done(self, name: str, delivered: Sequence[Waiting], refused: int = 0) -> None:
        """Note what an output has, the last `refused` of them excepted, which it will never take.

        Raises:
            QueueError: it could not be written; it holds until the process ends, and is written with what comes next.
        """
        if not delivered:
            return
        with self._lock:
            old = self._standings[name]
            # Some may have been dropped while they were on their way.
            gone, upto = self._forgotten, self._dropped_upto
            late = sum(waiting.number <= upto or waiting.number in gone for waiting in delivered)
            self._standings[name] = Standing(
                max(old.acknowledged, delivered[-1].number),
                old.delivered + len(delivered) - refused,
                old.dropped - late + refused,
            )
            self._unwritten.add(name)
            with self._change("NORMAL"):
                self._write_standings()
                self._forget_delivered()

    def standing(self, name: str) -> tuple[Standing, int]:
        """Return how far an output is, and how many events wait for it. Raises QueueError."""
        with self._lock, self._database.explained():
            return self._standings[name], self._waiting(name)

    def has_events(self) -> bool:
        """Whether any event waits. Raises QueueError."""
        with self._lock, self._database.explained():
            return self._database.execute("SELECT 1 FROM events LIMIT 1").fetchone() is not None

    def address(self, name: str) -> Destination | None:
        """Return where an output sent to when it was last opened, None where that is not known. Raises QueueError."""
        with self._lock, self._database.explained():
            row = self._database.execute("SELECT digest, shown FROM addresses WHERE name = ?", (name,)).fetchone()
        return Destination(*row) if row is not None and _DIGEST.fullmatch(row[0]) else None

    def set_address(self, name: str, address: Destination) -> None:
        """Note where an output sends to. Raises QueueError."""
        if self.address(name) != address:
            with self._lock, self._change("FULL"):
                self._database.execute("INSERT OR REPLACE INTO addresses VALUES (?, ?, ?)", (name, *address))

    def pass_over(self, name: str) -> None:
        """Forget what waits for one output, which goes another way. Raises QueueError."""
        with self._lock:
            self._standings[name] = replace(self._standings[name], acknowledged=self._last)
            self._unwritten.add(name)
            self.probe()

    def rename_only(self, name: str) -> None:
        """Give the one output that this queue is for another name. Raises QueueError."""
        with self._lock, self._change("FULL"):
            least = min(self._standings.values(), key=lambda one: one.acknowledged, default=Standing(self._first - 1))
            self._standings = {name: least}
            self._database.execute("DELETE FROM outputs")
            self._unwritten = {name}
            self._write_standings()

    def forget(self, before: str) -> dict[str, int]:
        """Drop events before a UTC time, as records write it; return as `put` does. Raises QueueError."""
        with self._lock, self._change("FULL"):
            numbers = self._older("SELECT number, CAST(body AS BLOB) FROM events ORDER BY number", before)
            dropped = self._delete(numbers)
            aside = self._older("SELECT number, body FROM set_aside ORDER BY at, number", before)
            for number in aside:
                self._database.execute("DELETE FROM set_aside WHERE number = ?", (number,))
            self._write_standings()
        return dropped

    def _older(self, query: str, before: str) -> list[int]:
        """Return numbers of what is old; a body without a time is as old as the one before it, else after it."""
        old, unknown, last = list[int](), list[int](), ""
        for number, body in self._database.execute(query):
            last = age_of(bytes(body)) or last
            if not last:
                unknown.append(number)
            elif last < before:
                old += [*unknown, number]
                unknown = []
            else:
                unknown = []
        return old

    def _delete(self, numbers: Sequence[int]) -> dict[str, int]:
        """Delete events; return how many of them each output does not have."""
        dropped: dict[str, int] = {}
        for name, old in self._standings.items():
            if count := sum(number > old.acknowledged for number in numbers):
                dropped[name] = count
                self._standings[name] = replace(old, dropped=old.dropped + count)
                self._unwritten.add(name)
        size = "SELECT size FROM events WHERE number = ?"
        for number in numbers:
            for (freed,) in self._database.execute(size, (number,)).fetchall():
                self._size -= freed
            self._database.execute("DELETE FROM events WHERE number = ?", (number,))
        self._forgotten = set(numbers)
        return dropped

    def skip(self) -> None:
        """Forget what waits, which goes another way. Raises QueueError."""
        with self._lock:
            for name, standing in self._standings.items():
                self._standings[name] = replace(standing, acknowledged=self._last)
                self._unwritten.add(name)
            self.probe()

    def probe(self) -> None:
        """Write something that matters little. Raises QueueError where the disk does not take it."""
        with self._lock, self._change("FULL"):
            self._unwritten |= set(self._standings)
            self._write_standings()
            self._forget_delivered()

    def rewrite(self, boot_id: str, change: Callable[[Event], object], announcement: Event) -> bool:
        """Change what waits of a boot whose time was not known, and put `announcement` behind it.

        Returns whether there ever was such an event of this boot, and so an announcement. Raises QueueError.
        """
        query = "SELECT number, CAST(body AS BLOB) FROM events WHERE unset_boot = ?"
        with self._lock:
            with self._database.explained():
                known = self._database.execute("SELECT 1 FROM unset_boots WHERE boot_id = ?", (boot_id,)).fetchone()
            if not known:
                return False
            with self._change("FULL"):
                for number, body in self._database.execute(query, (boot_id,)).fetchall():
                    event = read_event(body)
                    if event is None:  # it is set aside when an output's turn comes
                        continue
                    with suppress(ValueError, KeyError, TypeError):  # it is damaged, and keeps the time that it has
                        change(event)
                    row = (line := to_line(event), len(line) + _OVERHEAD, number)
                    update = "UPDATE events SET unset_boot = NULL, body = ?, size = ? WHERE number = ?"
                    self._database.execute(update, row)
                self._size = self._measure()
                self._database.execute("DELETE FROM unset_boots WHERE boot_id = ?", (boot_id,))
            self.put([announcement])
        return True

    def restore(self, names: Sequence[str], found: Salvage) -> int:
        """Take up what was found of a damaged queue into this new one; return how many events that were.

        Args:
            names: of outputs; those that the queue does not know any more get all of it. Raises QueueError.
        """
        known = set[str]()
        with self._lock, self._change("FULL"):
            self._standings = dict(found.standings)
            if found.standings_lost:
                self._standings |= {name: Standing(0) for name in names if name not in self._standings}
            for name, address in found.addresses.items():
                self._database.execute("INSERT OR REPLACE INTO addresses VALUES (?, ?, ?)", (name, *address))
            upto = min((standing.acknowledged for standing in self._standings.values()), default=0)
            self._last = max((standing.acknowledged for standing in self._standings.values()), default=0)
            loose = list[Event]()
            for number, body in found.events():
                event = read_event(body)
                if event is None or event["id"] in known or (number is not None and 0 < number <= upto):
                    continue
                known.add(event["id"])
                if number is None or not 0 < number < _HIGHEST or not self._insert(event, number):
                    loose.append(event)
            (last,) = self._database.execute("SELECT coalesce(max(number), 0) FROM events").fetchone()
            self._last = max(self._last, last)
            for event in loose:
                self._insert(event)
            self._unwritten |= set(self._standings)
            self._write_standings()
        return len(known)

    def adopt(self, found: Sequence[Found]) -> int:
        """Take up events that a damaged log still held and the file does not; return how many. Raises QueueError."""
        later = (body for number, body in found if number is not None and number > self._last)
        events = [event for body in later if (event := read_event(body)) is not None]
        with self._lock, self._change("FULL"):
            for event in events:
                self._insert(event)
            if events:
                self._first = self._database.execute("SELECT min(number) FROM events").fetchone()[0]
                self._standings_lost |= not self._standings
        return len(events)

    def close(self) -> None:
        """Write what is left to write, and let go of the file."""
        with self._lock:
            try:
                if self._unwritten:
                    with self._change("FULL"):
                        self._write_standings()
            except QueueError:
                pass
            self._database.close()

    def _read_state(self) -> None:
        execute = self._database.execute
        with self._database.explained():
            for name, *numbers, checksum in execute("SELECT * FROM outputs").fetchall():
                if is_intact(name, numbers, checksum):
                    self._standings[name] = Standing(*numbers)
                else:
                    self._standings_lost = True
            real = f"length(CAST(body AS BLOB)) + {_OVERHEAD}"
            execute(f"UPDATE events SET size = {real} WHERE size IS NOT {real}")
            self._size = self._measure()
            acknowledged = [standing.acknowledged for standing in self._standings.values()]
            self._first, last = execute(
                "SELECT coalesce(min(number), 1), coalesce(max(number), 0) FROM events"
            ).fetchone()
            # An event that all have is deleted: where one is there, it is for an output whose row is lost.
            self._standings_lost |= last > 0 and self._first <= min(acknowledged, default=last)
            # Numbers of events that are gone are not given again: an output would take the new one for an old one.
            self._last = max([last, *acknowledged])
            if self._last >= _HIGHEST or self._first < 1:
                raise sqlite3.DatabaseError("its numbers are out of range")

    def _measure(self) -> int:
        size: int = self._database.execute("SELECT coalesce(sum(size), 0) FROM events").fetchone()[0]
        return size

    def _insert(self, event: Event, number: int | None = None) -> bool:
        """Put an event at the end, or at a number; return False where that is taken."""
        body = to_line(event)
        size = len(body) + _OVERHEAD
        boot = None if event.get("time_set", True) else event.get("boot_id")
        row = (self._last + 1 if number is None else number, size, boot, body)
        statement = "INSERT OR IGNORE INTO events (number, size, unset_boot, body) VALUES (?, ?, ?, ?)"
        if not self._database.execute(statement, row).rowcount:
            return False
        if boot is not None:
            self._database.execute("INSERT OR IGNORE INTO unset_boots VALUES (?)", (boot,))
        self._last = max(self._last, row[0])
        self._size += size
        return True

    def _make_room(self) -> dict[str, int]:
        """Drop the oldest events as long as there are too many; count which outputs did not have them."""
        dropped: dict[str, int] = {}
        if self._size <= self._most:
            return dropped
        upto = 0
        oldest = self._database.execute("SELECT number, size FROM events ORDER BY number")
        for number, size in oldest:
            if self._size <= self._most or number >= self._last:
                break
            upto = number
            self._size -= size
            for name, standing in self._standings.items():
                if standing.acknowledged < number:
                    dropped[name] = dropped.get(name, 0) + 1
        oldest.close()
        for name, count in dropped.items():
            old = self._standings[name]
            self._standings[name] = replace(old, acknowledged=upto, dropped=old.dropped + count)
            self._unwritten.add(name)
        if upto:
            self._database.execute("DELETE FROM events WHERE number <= ?", (upto,))
            self._dropped_upto = upto
        return dropped

    def _forget_delivered(self) -> None:
        upto = min((standing.acknowledged for standing in self._standings.values()), default=self._last)
        query = "SELECT coalesce(sum(size), 0) FROM events WHERE number <= ?"
        (size,) = self._database.execute(query, (upto,)).fetchone()
        if size:
            self._database.execute("DELETE FROM events WHERE number <= ?", (upto,))
            self._size -= size

    def _waiting(self, name: str) -> int:
        query = "SELECT count(*) FROM events WHERE number > ?"
        count: int = self._database.execute(query, (self._standings[name].acknowledged,)).fetchone()[0]
        return count

    def _write_standings(self) -> None:
        for name in self._unwritten:
            standing = self._standings[name]
            numbers = (standing.acknowledged, standing.delivered, standing.dropped)
            row = (name, *numbers, checksum_of(name, numbers))
            self._database.execute("INSERT OR REPLACE INTO outputs VALUES (?, ?, ?, ?, ?)", row)

    @contextmanager
    def _change(self, synchronous: str) -> Iterator[None]:
        """Do all of it or nothing; see `Database.transaction`."""
        before = dict(self._standings), self._last, self._size, self._dropped_upto
        try:
            with self._database.transaction(synchronous):
                yield
        except BaseException:
            self._standings, self._last, self._size, self._dropped_upto = before
            raise
        self._unwritten.clear()
