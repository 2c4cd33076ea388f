"""Where events wait for outputs: in a queue on the disk, in memory while the disk fails."""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from datetime import UTC
from typing import TYPE_CHECKING

from plate_devices.backoff import BackOff
from plate_devices.events.records import timestamp
from plate_devices.outputs.queue import EventQueue
from plate_devices.outputs.queue_database import QueueError
from plate_devices.outputs.queues_by_address import QueuesByAddress
from plate_devices.outputs.recovery import FILE, open_queue
from plate_devices.private_files import delete_set_aside

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from plate_devices.events.clock import Clock
    from plate_devices.outputs.output import Event, Report
    from plate_devices.outputs.output_settings import Destination, QueueSettings

IN_MEMORY = 4 << 20
"""Bytes of events that are kept in memory while the disk fails."""

_LONGEST_RETRY = 30.0
_REPORT_DROPS_EVERY = 600.0


class EventStore:
    """The queues of all outputs. Thread-safe.

    While the disk is full or broken, events wait in memory. They move to the disk once it works again.

    Attributes:
        disk_error: why events are kept in memory, "" while the disk works.
    """

    def __init__(
        self,
        addresses: Mapping[str, Destination | None],
        settings: QueueSettings,
        clock: Clock,
        report: Report,
    ) -> None:
        """Open the queues.

        Args:
            addresses: of the outputs by name, None for an output without one.
            settings: folder and size of the queue on the disk.
            clock: corrects the times of waiting events once it is set.
            report: is called when the disk fails, and when it works again.

        Raises:
            QueueError: the folder cannot be used. A full disk is not an error.
        """
        self.disk_error = ""
        self._names: Sequence[str] = list(addresses)
        self._settings, self._clock, self._report = settings, clock, report
        self._lock = threading.Lock()
        self._drops = _DropReport(report)
        self._memory = EventQueue(None, IN_MEMORY)
        self._memory.set_outputs(self._names)
        self._most_bytes = settings.most_megabytes << 20
        self._by_address = QueuesByAddress(settings.place, self._most_bytes, addresses, report)
        self._disk: EventQueue | None = None
        self._broken: QueueError | None = None
        self._unreadable_before = 0
        self._to_correct = True
        self._retry = BackOff(_LONGEST_RETRY)
        self._retry_at = 0.0
        try:
            self._disk = self._open_disk()
        except QueueError as error:
            if not error.temporary:
                raise
            self._disk_fails(error)

    def put(self, events: Sequence[Event]) -> None:
        """Add events in one write."""
        with self._lock:
            for event in events:
                self._clock.correct(event)
            try:
                queue = self._memory if self.disk_error else self._queues()[0]
                self._drops.add(queue.put(events))
            except QueueError as error:
                self._disk_fails(error)
                self._drops.add(self._memory.put(events))

    def queues_of(self, name: str) -> tuple[EventQueue, ...]:
        """Return the queues in which events of an output wait, the oldest events first."""
        own = self._by_address.queues.get(name)
        return self._queues() if own is None else (own, *self._queues())

    @property
    def unreadable(self) -> int:
        """How many damaged events on the disk were set aside since the start."""
        return self._unreadable_before + sum(queue.unreadable for queue in self._queues())

    def note_damage(self, error: QueueError) -> None:
        """Replace the queue soon if the error says that it is damaged. A full disk shows with the next event."""
        if error.damaged:
            self._broken = error

    def maintain(self) -> bool:
        """Correct times once the clock is set, and return to the disk; return whether there are more events to send."""
        changed = False
        with self._lock:
            with suppress(QueueError):
                changed = self._correct()
            if self._broken is not None and not self.disk_error:
                self._disk_fails(self._broken)
            if self.disk_error and time.monotonic() >= self._retry_at:
                changed |= self._move_to_disk()
        return changed

    def delete_before(self, before: datetime, problems: list[str]) -> int:
        """Delete older events; return how many. Failures are appended to `problems`."""
        deleted, moment = 0, timestamp(before.astimezone(UTC)) or ""
        with self._lock:
            try:
                for queue in self._queues():
                    deleted += max(queue.delete_before(moment).values(), default=0)
                deleted += self._by_address.delete_before(moment)
            except QueueError as error:
                problems.append(str(error))
                self.note_damage(error)
        try:
            deleted += delete_set_aside(self._settings.place / FILE, before.timestamp())
        except OSError as error:
            problems.append(f"a damaged queue in {self._settings.place} cannot be deleted: {error.strerror or error}")
        return deleted

    def close(self) -> None:
        """Move events from memory to the disk if possible, report those that are lost, and close the queues."""
        with self._lock:
            if self.disk_error:
                self._move_to_disk()
            self._drops.report()
            if self.disk_error and (lost := max(map(self._waiting, self._names))):
                self._report("events_lost", f"up to {lost} events are lost with the memory: {self.disk_error}")
            self._by_address.close()
            for queue in self._queues():
                queue.close()

    def _waiting(self, name: str) -> int:
        waiting = 0
        for queue in self.queues_of(name):
            with suppress(QueueError):
                waiting += queue.progress(name)[1]
        return waiting

    def _correct(self) -> bool:
        """Once the clock is set, correct the times of waiting events, and announce it to outputs that have others."""
        if not self._to_correct or not self._clock.look():
            return False
        for queue in self._queues():
            if queue.rewrite(self._clock.boot_id, self._clock.correct, self._clock.announcement()):
                self._report("clock_set", "the clock is set; the times of waiting events are corrected")
        self._to_correct = False
        return True

    def _move_to_disk(self) -> bool:
        """Move events from memory to the disk; return False if it still fails."""
        try:
            if self._disk is not None and self._broken is not None:
                damaged, self._disk = self._disk, None
                self._unreadable_before += damaged.unreadable
                damaged.close()
            if self._disk is None:
                self._disk = self._open_disk()
                self._to_correct = True
            self._disk.test_write()
            left = {one.number: one.event for name in self._names for one in self._memory.take(name, -1, 1 << 40)}
            self._drops.add(self._disk.put(left[number] for number in sorted(left)))
        except QueueError as error:
            self._disk_fails(error)
            return False
        self._memory.skip()
        self._report("disk_back", "events are written to the disk again")
        self.disk_error = ""
        self._retry.reset()
        return True

    def _disk_fails(self, error: QueueError) -> None:
        if not self.disk_error:
            self._report(
                "disk_failed",
                f"{error}; events are kept in memory, at most {IN_MEMORY >> 20} MB, until the disk works again",
            )
        self.disk_error = str(error)
        self.note_damage(error)
        self._retry_at = time.monotonic() + self._retry.next()

    def _open_disk(self) -> EventQueue:
        queue = open_queue(self._settings.place, self._most_bytes, self._names, self._report, self._broken)
        self._broken = None
        try:
            self._by_address.separate(queue)
        except QueueError:
            queue.close()
            raise
        return queue

    def _queues(self) -> tuple[EventQueue, ...]:
        """Return the queues of all outputs, the oldest events first."""
        return (self._memory,) if self._disk is None else (self._disk, self._memory)


class _DropReport:
    """Reports dropped events: the first at once, then their number every ten minutes."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._counts: dict[str, int] = {}
        self._reported_at = float("-inf")

    def add(self, dropped: dict[str, int]) -> None:
        for name, count in dropped.items():
            self._counts[name] = self._counts.get(name, 0) + count
        if time.monotonic() - self._reported_at >= _REPORT_DROPS_EVERY:
            self.report()

    def report(self) -> None:
        if self._counts:
            counts = ", ".join(f"{count} for {name}" for name, count in self._counts.items())
            self._report("queue_full", f"the queue is full; the oldest waiting events are dropped: {counts}")
            self._counts, self._reported_at = {}, time.monotonic()
