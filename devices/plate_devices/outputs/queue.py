"""Events that wait for outputs, in one SQLite file, so that neither a lost network nor a pulled plug costs one."""

from __future__ import annotations

import sqlite3
import threading
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from plate_devices.outputs.database import (
    Database,
    QueueError,
    Standing,
    Waiting,
    checksum_of,
    is_intact,
)
from plate_devices.outputs.event_json import read_event
from plate_devices.outputs.queue_rows import Rows
from plate_devices.outputs.salvage import other_copies

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from plate_devices.outputs.event_json import Found
    from plate_devices.outputs.output import Event, Remark
    from plate_devices.outputs.salvage import Salvage
    from plate_devices.outputs.urls import Destination

_HIGHEST = 1 << 62
"""A number above it was damaged: no device has so many events."""


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
        self._rows = Rows(self._database)
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
                told = "how far outputs are was damaged; they get again what waits"
                self._remark("queue_damaged", f"{self.path}: {told}")
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
                while not self._insert(event):  # damage has put another one there
                    pass
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
                    taken, damaged = self._rows.take(self._standings[name].acknowledged, most, most_bytes)
                if not damaged:
                    return taken
                self.set_aside(damaged)

    def set_aside(self, numbers: Sequence[int]) -> None:
        """Mend damaged events of which the file has another copy; set the others aside, count and report them.

        Raises:
            QueueError: it could not be written.
        """
        copies = other_copies(self.path, numbers) if self.path is not None else {}
        numbers = [number for number in numbers if number not in copies]
        with self._lock, self._change("FULL"):
            self._rows.mend(copies)
            self._size = self._rows.measure()
            self._rows.keep_aside(numbers)
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
            return self._rows.ends() != (1, 0)

    def address(self, name: str) -> Destination | None:
        """Return where an output sent to when it was last opened, None where that is not known. Raises QueueError."""
        with self._lock, self._database.explained():
            return self._rows.address(name)

    def set_address(self, name: str, address: Destination) -> None:
        """Note where an output sends to. Raises QueueError."""
        if self.address(name) != address:
            with self._lock, self._change("FULL"):
                self._rows.set_address(name, address)

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
            dropped = self._delete(self._rows.older(before))
            self._rows.forget_aside(before)
            self._write_standings()
        return dropped

    def _delete(self, numbers: Sequence[int]) -> dict[str, int]:
        """Delete events; return how many of them each output does not have."""
        dropped: dict[str, int] = {}
        for name, old in self._standings.items():
            if count := sum(number > old.acknowledged for number in numbers):
                dropped[name] = count
                self._standings[name] = replace(old, dropped=old.dropped + count)
                self._unwritten.add(name)
        self._size -= self._rows.delete(numbers)
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
        with self._lock:
            with self._database.explained():
                known = self._rows.has_boot(boot_id)
            if not known:
                return False
            with self._change("FULL"):
                self._rows.rewrite(boot_id, change)
                self._size = self._rows.measure()
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
                self._rows.set_address(name, address)
            upto = min((standing.acknowledged for standing in self._standings.values()), default=0)
            self._last = max((standing.acknowledged for standing in self._standings.values()), default=0)
            loose: list[Event] = []
            for number, body in found.events():
                event = read_event(body)
                if event is None or event["id"] in known or (number is not None and 0 < number <= upto):
                    continue
                known.add(event["id"])
                if number is None or not 0 < number < _HIGHEST or not self._insert(event, number):
                    loose.append(event)
            self._last = max(self._last, self._rows.ends()[1])
            for event in loose:
                self._insert(event)
            self._unwritten |= set(self._standings)
            self._write_standings()
        return len(known)

    def adopt(self, found: Sequence[Found]) -> int:
        """Take up events that a damaged log still held and the file does not; return how many. Raises QueueError."""
        later = (body for number, body in found if number is not None and number > self._last)
        events = [event for body in later if (event := read_event(body)) is not None]
        if not events:
            return 0
        with self._lock, self._change("FULL"):
            for event in events:
                self._insert(event)
            self._first = self._rows.ends()[0]
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
        with self._database.explained():
            for name, *numbers, checksum in self._database.execute("SELECT * FROM outputs").fetchall():
                if is_intact(name, numbers, checksum):
                    self._standings[name] = Standing(*numbers)
                else:
                    self._standings_lost = True
            self._rows.mend_sizes()
            self._size = self._rows.measure()
            acknowledged = [standing.acknowledged for standing in self._standings.values()]
            self._first, last = self._rows.ends()
            # An event that all have is deleted: where one is there, it is for an output whose row is lost.
            self._standings_lost |= last > 0 and self._first <= min(acknowledged, default=last)
            # Numbers of events that are gone are not given again: an output would take the new one for an old one.
            self._last = max([last, *acknowledged])
            if self._last >= _HIGHEST or self._first < 1:
                raise sqlite3.DatabaseError("its numbers are out of range")

    def _insert(self, event: Event, number: int | None = None) -> bool:
        """Put an event at the end, or at a number; return False where that is taken."""
        size = self._rows.insert(self._last + 1 if number is None else number, event)
        self._last = max(self._last, self._last + 1 if number is None else number)
        self._size += size
        return size > 0

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
