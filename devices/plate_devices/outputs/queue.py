"""Events that wait for outputs, in one SQLite file: a lost network or a power failure loses none of them."""

from __future__ import annotations

import sqlite3
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from plate_devices.outputs.event_json import read_event
from plate_devices.outputs.output_progress import Progress, ProgressTable
from plate_devices.outputs.queue_database import QueueDatabase, QueueError
from plate_devices.outputs.queue_tables import QueueTables
from plate_devices.outputs.salvage import other_copies

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from plate_devices.outputs.event_json import NumberedBody
    from plate_devices.outputs.output import Event, Report
    from plate_devices.outputs.output_settings import Destination
    from plate_devices.outputs.queue_tables import QueuedEvent
    from plate_devices.outputs.salvage import Salvage

_HIGHEST = 1 << 62
"""A higher event number is damage: no device has so many events."""


class EventQueue:
    """Events in order, and the progress of each output. Thread-safe.

    An event stays until every output has it. `put` returns once the event is on the disk. Progress is written without
    waiting for the disk: after a power failure an event may be sent again.

    Attributes:
        path: of the file, None for a queue in memory.
        unreadable: how many damaged events were set aside since the queue was opened.
    """

    def __init__(self, path: Path | None, most_bytes: int, report: Report = lambda *_: None) -> None:
        """Open or create a queue of at most `most_bytes` of events; `report` is called for damaged ones.

        Raises:
            QueueError: the file cannot be made, is damaged, or is in use by another process.
        """
        self.unreadable = 0
        self.path, self._report = path, report
        self._most = most_bytes
        self._lock = threading.RLock()
        self._last = self._dropped_upto = 0
        self._deleted: set[int] = set()
        self._database = QueueDatabase(path)
        self._tables = QueueTables(self._database)
        self._progress = ProgressTable(self._database)
        try:
            self._read_state()
        except BaseException:
            self._database.close()  # its lock would keep the rescue from reading the file
            raise

    def set_outputs(self, names: Sequence[str]) -> dict[str, int]:
        """Set the outputs of this queue; a new output gets only events that are added from now on.

        Returns how many events waited for each removed output; they are dropped.
        """
        with self._lock, self._change("FULL"):
            removed = {name: self._waiting(name) for name in self._progress if name not in names}
            # Where an output's progress is lost, it gets all events again: a repeated event is better than a lost one.
            begin = Progress(self._tables.ends()[0] - 1 if self._progress.incomplete else self._last)
            self._progress.replace({name: self._progress.get(name, begin) for name in names})
            if self._progress.incomplete:
                self._progress.incomplete = False
                message = f"{self.path}: the progress of outputs was damaged; they get the waiting events again"
                self._report("queue_damaged", message)
            self._delete_delivered()
        return {name: count for name, count in removed.items() if count}

    def put(self, events: Iterable[Event]) -> dict[str, int]:
        """Add events, all or none.

        Returns:
            How many older events were dropped to make room, by the output that lacks them.

        Raises:
            QueueError: the disk is full, broken or gone; no event was added.
        """
        with self._lock, self._change("FULL"):
            return self._append(events)

    def take(self, name: str, most: int = 100, most_bytes: int = 1 << 20) -> list[QueuedEvent]:
        """Return the oldest events that an output lacks, at least one if there is any. They stay in the queue.

        Damaged events are set aside. Raises QueueError: the disk cannot be read.
        """
        with self._lock:
            while True:
                with self._database.explained():
                    taken, damaged = self._tables.take(self._progress[name].acknowledged, most, most_bytes)
                if not damaged:
                    return taken
                self.set_aside(damaged)

    def set_aside(self, numbers: Sequence[int]) -> None:
        """Repair damaged events of which the file has another copy; set the others aside, count and report them.

        Raises:
            QueueError: it could not be written.
        """
        copies = other_copies(self.path, numbers) if self.path is not None else {}
        numbers = [number for number in numbers if number not in copies]
        with self._lock, self._change("FULL"):
            self._tables.repair(copies)
            self._tables.keep_aside(numbers)
            self._delete(numbers)
        if not numbers:
            return
        self.unreadable += len(numbers)
        self._report(
            "event_unreadable",
            f"{len(numbers)} events in the queue ({self.path}) were damaged; they are set aside, and the others go on",
        )

    def acknowledge(self, name: str, delivered: Sequence[QueuedEvent], refused: int = 0) -> None:
        """Note that an output has these events, and that it refused the last `refused` of them.

        Raises:
            QueueError: it could not be written now. It holds in this process and is written with the next change.
        """
        if not delivered:
            return
        with self._lock:
            old = self._progress[name]
            # Some may have been dropped from the queue while they were being sent.
            late = sum(one.number <= self._dropped_upto or one.number in self._deleted for one in delivered)
            self._progress[name] = Progress(
                max(old.acknowledged, delivered[-1].number),
                old.delivered + len(delivered) - refused,
                old.dropped - late + refused,
            )
            with self._change("NORMAL"):
                self._delete_delivered()

    def progress(self, name: str) -> tuple[Progress, int]:
        """Return the progress of an output, and how many events wait for it. Raises QueueError."""
        with self._lock, self._database.explained():
            return self._progress[name], self._waiting(name)

    def has_events(self) -> bool:
        """Whether any event waits. Raises QueueError."""
        with self._lock, self._database.explained():
            return self._tables.ends() != (1, 0)

    def address(self, name: str) -> Destination | None:
        """Return the address that an output last sent to, None if it is unknown. Raises QueueError."""
        with self._lock, self._database.explained():
            return self._tables.address(name)

    def set_address(self, name: str, address: Destination) -> None:
        """Note the address that an output sends to. Raises QueueError."""
        if self.address(name) != address:
            with self._lock, self._change("FULL"):
                self._tables.set_address(name, address)

    def skip(self, *names: str) -> None:
        """Skip what waits for these outputs, by default for all; another queue delivers it. Raises QueueError."""
        with self._lock:
            self._progress.acknowledge_up_to(self._last, names or self._progress)
            self.test_write()

    def rename_only(self, name: str) -> None:
        """Rename the only output of this queue. Raises QueueError."""
        with self._lock, self._change("FULL"):
            least = min(self._progress.values(), key=lambda one: one.acknowledged, default=None)
            self._progress.replace({name: least or Progress(self._tables.ends()[0] - 1)})

    def delete_before(self, before: str) -> dict[str, int]:
        """Delete events before a UTC time, written as in records; return as `put` does. Raises QueueError."""
        with self._lock, self._change("FULL"):
            dropped = self._delete(self._tables.older(before))
            self._tables.delete_aside(before)
        return dropped

    def test_write(self) -> None:
        """Write the progress of all outputs. Raises QueueError if the disk refuses it."""
        with self._lock, self._change("FULL"):
            self._progress.acknowledge_up_to(0, self._progress)
            self._delete_delivered()

    def rewrite(self, boot_id: str, change: Callable[[Event], object], announcement: Event) -> bool:
        """Change the waiting events of a boot, because its time is now known, and append `announcement`.

        Returns whether there ever was such an event of this boot; else nothing changes. Raises QueueError.
        """
        with self._lock, self._change("FULL"):
            known = self._tables.rewrite(boot_id, change)
            if known:
                self._append([announcement])
            return known

    def restore(self, names: Sequence[str], found: Salvage) -> int:
        """Fill this new queue with what was found of a damaged one; return the number of events. Raises QueueError.

        Outputs in `names` without known progress get all events.
        """
        count = 0
        with self._lock, self._change("FULL"):
            unknown = {name: Progress(0) for name in names} if found.progress_incomplete else {}
            self._progress.replace(unknown | found.progress)
            for name, address in found.addresses.items():
                self._tables.set_address(name, address)
            upto, self._last = self._progress.lowest(0), self._progress.highest(0)
            unnumbered: list[Event] = []
            for number, event in found.events(after=upto):
                count += 1
                if number is None or not 0 < number < _HIGHEST or not self._insert(event, number):
                    unnumbered.append(event)
            self._last = max(self._last, self._tables.ends()[1])
            for event in unnumbered:
                self._insert(event)
        return count

    def adopt(self, found: Sequence[NumberedBody]) -> int:
        """Add events that are in a damaged log and not in the file; return how many. Raises QueueError."""
        later = (body for number, body in found if number is not None and number > self._last)
        events = [event for body in later if (event := read_event(body)) is not None]
        if not events:
            return 0
        with self._lock, self._change("FULL"):
            for event in events:
                self._insert(event)
            self._progress.incomplete |= not self._progress
        return len(events)

    def close(self) -> None:
        """Write the remaining progress, and close the file."""
        with self._lock:
            with suppress(QueueError), self._change("FULL"):
                pass
            self._database.close()

    def _read_state(self) -> None:
        with self._database.explained():
            self._progress.read()
            self._tables.repair_sizes()
            first, last = self._tables.ends()
            # An event that all outputs have is deleted. If it is still there, the row of an output is lost.
            self._progress.incomplete |= last > 0 and first <= self._progress.lowest(last)
            # Numbers are not reused: an output would take the new event for the old one.
            self._last = max(last, self._progress.highest(0))
            if self._last >= _HIGHEST or first < 1:
                raise sqlite3.DatabaseError("its numbers are out of range")

    def _append(self, events: Iterable[Event]) -> dict[str, int]:
        for event in events:
            while not self._insert(event):  # a damaged row has taken the number
                pass
        return self._make_room()

    def _insert(self, event: Event, number: int | None = None) -> bool:
        """Insert an event at a number, by default at the end; return False if the number is taken."""
        number = self._last + 1 if number is None else number
        self._last = max(self._last, number)
        return self._tables.insert(number, event)

    def _delete(self, numbers: Sequence[int]) -> dict[str, int]:
        """Delete events; return how many of them each output lacks."""
        dropped = self._progress.drop(numbers)
        self._tables.delete(numbers)
        self._deleted = set(numbers)
        return dropped

    def _make_room(self) -> dict[str, int]:
        """Drop the oldest events while there are too many; return how many of them each output lacks."""
        numbers = self._tables.oldest(self._tables.size - self._most, self._last)
        if not numbers:
            return {}
        dropped = self._progress.drop(numbers)
        self._dropped_upto = numbers[-1]
        self._progress.acknowledge_up_to(self._dropped_upto, dropped)
        self._tables.delete_up_to(self._dropped_upto)
        return dropped

    def _delete_delivered(self) -> None:
        self._tables.delete_up_to(self._progress.lowest(self._last))

    def _waiting(self, name: str) -> int:
        return self._tables.count_after(self._progress[name].acknowledged)

    @contextmanager
    def _change(self, synchronous: str) -> Iterator[None]:
        """Do everything or nothing, and write the progress; see `QueueDatabase.transaction`."""
        before = self._progress.snapshot()
        numbers = self._last, self._tables.size, self._dropped_upto
        try:
            with self._database.transaction(synchronous):
                yield
                self._progress.write()
        except BaseException:
            self._progress.roll_back(before)
            self._last, self._tables.size, self._dropped_upto = numbers
            raise
        self._progress.written()
