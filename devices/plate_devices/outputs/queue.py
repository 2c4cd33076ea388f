"""Events that wait for outputs, in one SQLite file, so that neither a lost network nor a pulled plug costs one."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from plate_devices.outputs.base import Event, event_time
from plate_devices.outputs.database import Database, QueueError, Standing, Waiting
from plate_devices.records import to_line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

_OVERHEAD = 64


class EventQueue:
    """Events in order, and for each output how far it is. Thread-safe.

    An event stays until every output has it. What `put` took is on the disk when it returns. What outputs have is
    written without waiting for the disk: the worst that a power failure does is that an event is sent again.
    """

    def __init__(self, path: Path | None, most_bytes: int) -> None:
        """Open or begin a queue that holds `most_bytes` of events; None for one in memory.

        Raises:
            QueueError: the file cannot be made, is damaged, or another process has it.
        """
        self.unreadable = 0
        self._most = most_bytes
        self._lock = threading.RLock()
        self._standings: dict[str, Standing] = {}
        self._unwritten: set[str] = set()
        self._last = self._size = self._dropped_upto = 0
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
            for name in names:
                self._standings.setdefault(name, Standing(self._last))
            self._unwritten |= set(names)
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

        Raises:
            QueueError: the disk cannot be read.
        """
        with self._lock, self._database.explained():
            taken: list[Waiting] = []
            query = "SELECT number, size, body FROM events WHERE number > ? ORDER BY number LIMIT ?"
            for number, size, body in self._database.execute(query, (self._standings[name].acknowledged, most)):
                most_bytes -= size
                if taken and most_bytes < 0:
                    break
                taken.append(Waiting(number, json.loads(body)))
        return taken

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
            late = sum(waiting.number <= self._dropped_upto for waiting in delivered)
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

    def forget(self, before: str) -> dict[str, int]:
        """Drop events before a UTC time, as records write it; return as `put` does. Raises QueueError."""
        with self._lock, self._change("FULL"):
            dropped = self._drop(lambda _, body: (event_time(json.loads(body)) or before) < before)
            self._write_standings()
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
        query = "SELECT number, body FROM events WHERE unset_boot = ?"
        with self._lock:
            if not self._database.execute("SELECT 1 FROM unset_boots WHERE boot_id = ?", (boot_id,)).fetchone():
                return False
            with self._change("FULL"):
                for number, body in self._database.execute(query, (boot_id,)).fetchall():
                    event = json.loads(body)
                    change(event)
                    row = (to_line(event), number)
                    self._database.execute("UPDATE events SET unset_boot = NULL, body = ? WHERE number = ?", row)
                self._database.execute("DELETE FROM unset_boots WHERE boot_id = ?", (boot_id,))
            self.put([announcement])
        return True

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
            rows = execute("SELECT name, acknowledged, delivered, dropped FROM outputs")
            self._standings = {name: Standing(*numbers) for name, *numbers in rows}
            (self._size,) = execute("SELECT coalesce(sum(size), 0) FROM events").fetchone()
            (last,) = execute("SELECT coalesce(max(number), 0) FROM events").fetchone()
            # Numbers of events that are gone are not given again: an output would take the new one for an old one.
            self._last = max([last, *(standing.acknowledged for standing in self._standings.values())])

    def _insert(self, event: Event) -> None:
        body = to_line(event)
        size = len(body) + _OVERHEAD
        boot = None if event.get("time_set", True) else event.get("boot_id")
        row = (self._last + 1, size, boot, body)
        self._database.execute("INSERT INTO events (number, size, unset_boot, body) VALUES (?, ?, ?, ?)", row)
        if boot is not None:
            self._database.execute("INSERT OR IGNORE INTO unset_boots VALUES (?)", (boot,))
        self._last += 1
        self._size += size

    def _make_room(self) -> dict[str, int]:
        return self._drop(lambda number, _: self._size > self._most and number < self._last)

    def _drop(self, goes: Callable[[int, str], bool]) -> dict[str, int]:
        """Drop the oldest events as long as they have to go, by number and body; count who did not have them."""
        dropped: dict[str, int] = {}
        upto = 0
        oldest = self._database.execute("SELECT number, size, body FROM events ORDER BY number")
        for number, size, body in oldest:
            if not goes(number, body):
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
            row = (name, standing.acknowledged, standing.delivered, standing.dropped)
            self._database.execute("INSERT OR REPLACE INTO outputs VALUES (?, ?, ?, ?)", row)

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
