"""The way of events out of the device: first onto its disk, then to every output at its own pace."""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from datetime import UTC
from functools import partial
from typing import TYPE_CHECKING

from plate_devices.events.records import timestamp, to_line
from plate_devices.outputs.database import QueueError
from plate_devices.outputs.make_outputs import destinations, make_outputs
from plate_devices.outputs.output import OutputError
from plate_devices.outputs.output_settings import QueueSettings
from plate_devices.outputs.queue import EventQueue
from plate_devices.outputs.queues_by_address import ByAddress
from plate_devices.outputs.recovery import FILE, open_queue
from plate_devices.outputs.sender import Courier
from plate_devices.private_files import forget_set_aside
from plate_devices.sources.outages import BackOff
from plate_devices.threads import Worker, describe

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from plate_devices.events.clock import Clock
    from plate_devices.outputs.output import Event, Output, OutputState, Remark
    from plate_devices.outputs.output_settings import OutputSettings
    from plate_devices.outputs.urls import Destination

IN_MEMORY = 4 << 20
"""Bytes of events that are kept in memory while the disk takes none."""

_LOOK_EVERY = 2.0
_LONGEST_RETRY = 30.0
_TELL_OF_DROPS_EVERY = 600.0


def deliver(outputs: Sequence[OutputSettings], queue: QueueSettings | None, clock: Clock, remark: Remark) -> Delivery:
    """Begin to deliver to the outputs that settings name.

    Raises:
        MissingPartError: one needs what is not installed. UsageError: two have the same name.
        QueueError: see `Delivery`.
    """
    queue = queue or QueueSettings()
    return Delivery(make_outputs(outputs, queue.place), queue, clock, remark, destinations(outputs))


class Delivery:
    """Takes events and sees to it that every output gets each at least once. Thread-safe.

    When `put` returns, the event is on the disk, and survives a kill and a power failure. While the disk is full or
    broken, events are kept in memory instead, `remark` is told once, and they move to the disk when it takes them.
    """

    def __init__(
        self,
        outputs: Sequence[Output],
        settings: QueueSettings,
        clock: Clock,
        remark: Remark,
        destinations: Mapping[str, Destination | None] | None = None,
    ) -> None:
        """Open the queue and begin to deliver what waits in it.

        Args:
            outputs: with different names; without any, no queue is made and events go nowhere.
            clock: who stamps the events; once it is set, those that wait are corrected.
            remark: is told, from any thread, what people should know.
            destinations: which broker or server outputs belong to, by name; what waits for another one stays there.

        Raises:
            QueueError: the folder cannot be used; a full disk is waited for.
        """
        self._couriers: list[Courier] = []
        if not outputs:
            return
        self._clock, self._remark = clock, remark
        self._outputs = outputs
        self._drops = _Drops(remark)
        self._memory = EventQueue(None, IN_MEMORY)
        self._memory.open_for([output.name for output in outputs])
        self._settings = settings
        addresses = {output.name: (destinations or {}).get(output.name) for output in outputs}
        self._by_address = ByAddress(settings.place, settings.most_megabytes << 20, addresses, remark)
        self._disk: EventQueue | None = None
        self._lock = threading.Lock()
        self._disk_error = ""
        self._broken: QueueError | None = None
        self._unreadable_before = 0
        self._to_correct = True
        self._retry = BackOff(_LONGEST_RETRY)
        self._retry_at = 0.0
        try:
            self._disk = self._open_disk()
        except QueueError as error:
            if not error.passing:
                raise
            self._disk_fails(error)
        self._couriers = [
            Courier(output, partial(self._queues_of, output.name), remark, self._found_broken) for output in outputs
        ]
        self._stop = threading.Event()
        self._keeper = Worker(self._keep, "outputs")
        self._keeper.start()

    def put(self, event: Event) -> None:
        """Take an event, which has an `id`; never fails and waits for nothing but the disk."""
        self.put_all([event])

    def put_all(self, events: Iterable[Event]) -> None:
        """Take several events in one write."""
        if not self._couriers:
            return
        events = [event for event in events if self._is_json(event)]
        with self._lock:
            for event in events:
                self._clock.correct(event)
            try:
                queue = self._queues()[0] if not self._disk_error else self._memory
                self._drops.add(queue.put(events))
            except QueueError as error:
                self._disk_fails(error)
                self._drops.add(self._memory.put(events))
        self._nudge()

    def _is_json(self, event: Event) -> bool:
        try:
            to_line(event)
        except (ValueError, TypeError, RecursionError) as error:  # NaN, for one: no output could take it
            self._remark("event_refused", f"an event cannot be written as JSON, and is left out: {error}")
            return False
        return True

    def state(self) -> list[OutputState]:
        """Return how every output fares, in the order they were given."""
        return [courier.state() for courier in self._couriers]

    def forget(self, before: datetime) -> int:
        """Delete what is older than a moment, in files of outputs and in the queue; return how much that was.

        Raises:
            OutputError: one could not; the others did.
        """
        if not self._couriers:
            return 0
        deleted, failed = 0, []
        with self._lock:
            try:
                for queue in self._queues():
                    dropped = queue.forget(timestamp(before.astimezone(UTC)) or "")
                    deleted += max(dropped.values(), default=0)
                deleted += self._by_address.forget(timestamp(before.astimezone(UTC)) or "")
            except QueueError as error:
                failed.append(str(error))
                self._found_broken(error)
        try:
            deleted += forget_set_aside(self._settings.place / FILE, before.timestamp())
        except OSError as error:
            failed.append(f"a damaged queue in {self._settings.place} cannot be deleted: {error.strerror or error}")
        for output in self._outputs:
            if forget := getattr(output, "forget", None):
                try:
                    deleted += forget(before.astimezone(UTC), partial(self._remark, "retention"))
                except OutputError as error:
                    failed.append(str(error))
                except Exception as error:  # a mistake in one output must not keep the plates of the others
                    failed.append(f"{output.name}: {describe(error)}")
        if failed:
            raise OutputError("; ".join(failed))
        return deleted

    @property
    def disk_error(self) -> str:
        """Why events are kept in memory at the moment; "" while the disk takes them."""
        return self._disk_error if self._couriers else ""

    @property
    def unreadable(self) -> int:
        """How many events were found damaged on the disk, and set aside, since the start."""
        if not self._couriers:
            return 0
        return self._unreadable_before + sum(queue.unreadable for queue in self._queues())

    def close(self, seconds: float = 5.0) -> None:
        """Deliver what can be delivered in so many seconds, and end; the rest waits on the disk for the next start."""
        if not self._couriers:
            return
        self._stop.set()
        deadline = time.monotonic() + seconds
        self._keeper.join(seconds)
        for courier in self._couriers:
            courier.finish()
        for courier in self._couriers:
            courier.join(deadline - time.monotonic())
        with self._lock:
            if self._disk_error:
                self._move_to_disk()
            self._drops.tell()
            lost = max((courier.state().waiting for courier in self._couriers), default=0) if self._disk_error else 0
            if lost:
                self._remark("events_lost", f"up to {lost} events are lost with the memory: {self._disk_error}")
            self._couriers = []
            self._by_address.close()
            for queue in self._queues():
                queue.close()

    def _keep(self) -> None:
        """See to what no event brings about: the clock is set, the disk has space again."""
        while not self._stop.wait(_LOOK_EVERY):
            with self._lock, suppress(QueueError):
                self._correct()
            with self._lock:
                if self._broken is not None and not self._disk_error:
                    self._disk_fails(self._broken)
                if self._disk_error and time.monotonic() >= self._retry_at:
                    self._move_to_disk()

    def _found_broken(self, error: QueueError) -> None:
        """Replace a queue that turned out to be damaged, soon; a full disk shows with the next event."""
        if error.damaged:
            self._broken = error

    def _correct(self) -> None:
        """Once the clock is set, give the events that wait their right times, and tell who has others."""
        if not self._to_correct or not self._clock.look():
            return
        for queue in self._queues():
            if queue.rewrite(self._clock.boot_id, self._clock.correct, self._clock.announcement()):
                self._remark("clock_set", "the clock is set; events that waited have their right times")
        self._to_correct = False
        self._nudge()

    def _move_to_disk(self) -> None:
        try:
            if self._disk is not None and self._broken is not None:
                damaged, self._disk = self._disk, None
                self._unreadable_before += damaged.unreadable
                damaged.close()
            if self._disk is None:
                self._disk = self._open_disk()
                self._to_correct = True
            self._disk.probe()
            left = {
                w.number: w.event for courier in self._couriers for w in self._memory.take(courier.name, -1, 1 << 40)
            }
            self._drops.add(self._disk.put(left[number] for number in sorted(left)))
        except QueueError as error:
            self._disk_fails(error)
            return
        self._memory.skip()
        self._remark("disk_back", "events are written to the disk again")
        self._disk_error = ""
        self._retry.reset()
        self._nudge()

    def _disk_fails(self, error: QueueError) -> None:
        if not self._disk_error:
            self._remark(
                "disk_failed",
                f"{error}; events are kept in memory, at most {IN_MEMORY >> 20} MB, until the disk takes them",
            )
        self._disk_error = str(error)
        self._found_broken(error)
        self._retry_at = time.monotonic() + self._retry.next()

    def _open_disk(self) -> EventQueue:
        names = [output.name for output in self._outputs]
        most = self._settings.most_megabytes << 20
        queue = open_queue(self._settings.place, most, names, self._remark, self._broken)
        self._broken = None
        try:
            self._by_address.sort(queue)
        except QueueError:
            queue.close()
            raise
        return queue

    def _queues(self) -> tuple[EventQueue, ...]:
        """Where events wait, what is older first."""
        return (self._memory,) if self._disk is None else (self._disk, self._memory)

    def _queues_of(self, name: str) -> tuple[EventQueue, ...]:
        """Where events of one output wait, what is older first."""
        kept = self._by_address.queues.get(name)
        return (*((kept,) if kept is not None else ()), *self._queues())

    def _nudge(self) -> None:
        for courier in self._couriers:
            courier.nudge()


class _Drops:
    """Tells of events that had to go: the first at once, then now and then how many."""

    def __init__(self, remark: Remark) -> None:
        self._remark = remark
        self._counts: dict[str, int] = {}
        self._told = float("-inf")

    def add(self, dropped: dict[str, int]) -> None:
        for name, count in dropped.items():
            self._counts[name] = self._counts.get(name, 0) + count
        if time.monotonic() - self._told >= _TELL_OF_DROPS_EVERY:
            self.tell()

    def tell(self) -> None:
        if self._counts:
            told = ", ".join(f"{count} for {name}" for name, count in self._counts.items())
            self._remark("queue_full", f"the queue is full, and the oldest events that wait are dropped: {told}")
            self._counts, self._told = {}, time.monotonic()
