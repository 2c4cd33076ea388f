"""Sends events from the queues to one output at its own pace, and reports its outages."""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from itertools import takewhile
from typing import TYPE_CHECKING

from plate_devices.backoff import SETTLED_AFTER, BackOff
from plate_devices.outputs.output import EventRefusedError, OutputError, OutputState
from plate_devices.outputs.queue_database import QueueError
from plate_devices.threads import BackgroundThread, describe

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from plate_devices.outputs.output import Event, Output, Report
    from plate_devices.outputs.queue import EventQueue
    from plate_devices.outputs.queue_tables import QueuedEvent

LONGEST_WAIT = 60.0
"""Longest wait between two tries, in seconds, unless the output itself asks for more."""

CHECK_EVERY = 5.0
"""Seconds without events after which the sender checks whether the output is still available."""

LONGEST_REQUESTED_WAIT = 15 * 60.0
"""Longest wait, in seconds, that an output may ask for."""

_REPORT_REFUSED_EVERY = 60.0


class Sender:
    """One output and the thread that sends its events."""

    def __init__(
        self,
        output: Output,
        queues: Callable[[], Sequence[EventQueue]],
        report: Report,
        note_damage: Callable[[QueueError], None],
        *,
        tags: Sequence[str] = (),
        types: Sequence[str] = (),
    ) -> None:
        """Begin to send.

        Args:
            output: of one sender alone.
            queues: returns the queues to send from, in their order.
            report: is called for outages, from the thread.
            note_damage: is called with the error of a queue that cannot be read or written.
            tags: other events than those with one of these tags are passed over; empty for all events.
            types: the same for the types of events.
        """
        self.name = output.name
        self._output, self._queues, self._report, self._note_damage = output, queues, report, note_damage
        self._tags, self._types = frozenset(tags), frozenset(types)
        self._awake, self._finishing, self._stopped = threading.Event(), threading.Event(), threading.Event()
        self._back_off = BackOff(LONGEST_WAIT)
        self._outage = Outage(output.name, report)
        self._open = False
        self._refusal_reported = float("-inf")
        self._thread = BackgroundThread(self._run, f"output {self.name}")
        self._thread.start()

    def state(self) -> OutputState:
        """Return the state of the output."""
        waiting = delivered = dropped = 0
        for queue in self._queues():
            with suppress(QueueError):
                progress, left = queue.progress(self.name)
                waiting, delivered = waiting + left, delivered + progress.delivered
                dropped += progress.dropped
        return OutputState(self.name, waiting, delivered, dropped, self._outage.reason, self._outage.seconds)

    def wake(self) -> None:
        """Look for new events in the queues now."""
        self._awake.set()

    def finish(self) -> None:
        """Send the waiting events without a second try, and end."""
        self._finishing.set()
        self._awake.set()

    def join(self, seconds: float) -> bool:
        """Wait for the end. Other events stay in the queue. Returns whether the thread ended."""
        self._thread.join(seconds)
        self._stopped.set()
        return not self._thread.is_alive()

    def _run(self) -> None:
        more = True
        while more and not self._stopped.is_set():
            try:
                more = self._step()
            except EventRefusedError as error:
                self._report_refused(str(error))
            except OutputError as error:
                more = self._lost(error)
            except Exception as error:  # a programming error in one output must not end its deliveries
                more = self._lost(OutputError(describe(error)))
        with suppress(Exception):
            self._output.close()

    def _step(self) -> bool:
        """Open, send or wait once; return whether to continue."""
        self._awake.clear()
        self._report_notices()
        if not self._open:
            self._output.open()
            self._open = True
        queue, batch = self._next()
        if batch:
            wanted = self._wants(batch[0].event)
            alike = list(takewhile(lambda one: self._wants(one.event) == wanted, batch))
            if wanted:
                self._send(queue, alike)
            else:
                self._acknowledge(queue, alike)
            return True
        self._output.send(())
        if self._outage.over():
            self._back_off.reset()
        if self._finishing.is_set():
            return False
        self._awake.wait(CHECK_EVERY)
        return True

    def _wants(self, event: Event) -> bool:
        """Whether the output gets an event; corrections of the clock go to all."""
        if event.get("type") == "clock":
            return True
        wanted_type = not self._types or event.get("type") in self._types
        return wanted_type and (not self._tags or not self._tags.isdisjoint(event.get("tags", ())))

    def _send(self, queue: EventQueue, batch: Sequence[QueuedEvent]) -> None:
        try:
            count = self._output.send([waiting.event for waiting in batch])
        except EventRefusedError as error:
            self._acknowledge(queue, batch[: error.acknowledged + 1], refused=1)
            raise
        except OutputError:
            raise
        except Exception as error:  # the output may fail over one event
            self._skip_damaged(queue, batch, error)
            return
        if not count:
            raise OutputError("accepts no events")
        self._acknowledge(queue, batch[:count])
        self._back_off.reset()
        self._outage.over()

    def _skip_damaged(self, queue: EventQueue, batch: Sequence[QueuedEvent], error: Exception) -> None:
        """Skip the first events of a batch, up to one that the output accepts.

        If it accepts none, the error may be in the output itself: raises OutputError, and all events wait.
        """
        for place, waiting in enumerate(batch):
            with suppress(Exception):
                self._output.close()
            self._output.open()
            try:
                taken = self._output.send([waiting.event])
            except OutputError:
                raise
            except Exception as another:
                error = another
                continue
            if place and taken:
                self._acknowledge(queue, batch[:place], refused=place)
                self._report_refused(f"{place} damaged events are left out: {describe(error)}")
            if taken:
                self._acknowledge(queue, batch[place : place + 1])
                return
        raise OutputError(describe(error)) from error

    def _next(self) -> tuple[EventQueue, list[QueuedEvent]]:
        for queue in self._queues():
            try:
                if batch := queue.take(self.name):
                    return queue, batch
            except QueueError as error:
                self._note_damage(error)
        return self._queues()[0], []

    def _acknowledge(self, queue: EventQueue, batch: Sequence[QueuedEvent], refused: int = 0) -> None:
        try:
            queue.acknowledge(self.name, batch, refused)
        except QueueError as error:  # the queue remembers it until the process ends
            self._note_damage(error)

    def _lost(self, error: OutputError) -> bool:
        """Close the output and wait for the next try; return whether there is one."""
        self._outage.began(str(error))
        self._report_notices()
        with suppress(Exception):
            self._output.close()
        self._open = False
        return not self._finishing.wait(self._back_off.next(at_least=min(error.wait, LONGEST_REQUESTED_WAIT)))

    def _report_notices(self) -> None:
        for notice in self._output.notices():
            self._report("output_notice", f"{self.name}: {notice}")

    def _report_refused(self, reason: str) -> None:
        """Report a refused event, at most once a minute."""
        if time.monotonic() - self._refusal_reported >= _REPORT_REFUSED_EVERY:
            self._refusal_reported = time.monotonic()
            self._report("event_refused", f"{self.name}: {reason} (it is counted as dropped)")


class Outage:
    """Reports once that an output is not available, and once that it works again and has settled."""

    def __init__(self, name: str, report: Report) -> None:
        """Begin with an output that works."""
        self._name, self._report = name, report
        self._began: float | None = None
        self._since = time.monotonic()
        self.reason = ""

    @property
    def seconds(self) -> float:
        """Seconds since the state last changed."""
        return time.monotonic() - self._since

    def began(self, reason: str) -> None:
        """Note that the output is not available."""
        if not self.reason:
            self._since = time.monotonic()
        if self._began is None:
            self._began = time.monotonic()
            self._report("output_lost", f"{self._name}: {reason} (events wait; trying again until it is back)")
        self.reason = reason

    def over(self) -> bool:
        """Note that the output works. Returns whether it has settled."""
        if self.reason:
            self.reason, self._since = "", time.monotonic()
        settled = self.seconds >= SETTLED_AFTER
        if settled and self._began is not None:
            self._report("output_back", f"{self._name} accepts events again, after {self._since - self._began:.0f} s")
            self._began = None
        return settled
