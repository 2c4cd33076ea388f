"""Carries events from the queue to one output, at its pace, and tells when it is away and back."""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from plate_devices.outputs.database import QueueError
from plate_devices.outputs.output import EventRefusedError, OutputError, OutputState
from plate_devices.sources.outages import SETTLED_AFTER, BackOff
from plate_devices.threads import Worker, describe

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from plate_devices.outputs.database import Waiting
    from plate_devices.outputs.output import Output, Remark
    from plate_devices.outputs.queue import EventQueue

LONGEST_WAIT = 60.0
"""Seconds between two tries, at most, unless the output itself asks for more."""

ASK_EVERY = 5.0
"""Seconds without events after which an output is asked whether it is still there."""

MOST_PATIENCE = 15 * 60.0
"""Seconds that an output may ask for."""

_COMPLAIN_EVERY = 60.0


class Courier:
    """One output and its thread."""

    def __init__(
        self,
        output: Output,
        queues: Callable[[], Sequence[EventQueue]],
        remark: Remark,
        broken: Callable[[QueueError], None] = lambda _: None,
    ) -> None:
        """Begin to carry from the queues, in their order.

        Args:
            remark: is told of outages, from the thread.
            broken: is told of a queue that can be neither read nor written.
        """
        self.name = output.name
        self._output, self._queues, self._remark, self._broken = output, queues, remark, broken
        self._news, self._hurry, self._enough = threading.Event(), threading.Event(), threading.Event()
        self._back_off = BackOff(LONGEST_WAIT)
        self._outage = Outage(output.name, remark)
        self._open = False
        self._complained = float("-inf")
        self._thread = Worker(self._run, f"output {self.name}")
        self._thread.start()

    def state(self) -> OutputState:
        """Return how the output fares."""
        waiting = delivered = dropped = 0
        for queue in self._queues():
            with suppress(QueueError):
                standing, left = queue.standing(self.name)
                waiting, delivered = waiting + left, delivered + standing.delivered
                dropped += standing.dropped
        return OutputState(self.name, waiting, delivered, dropped, self._outage.reason, self._outage.seconds)

    def nudge(self) -> None:
        """Say that there is something in a queue."""
        self._news.set()

    def finish(self) -> None:
        """Deliver what waits, without another try where that fails, and end."""
        self._hurry.set()
        self._news.set()

    def join(self, seconds: float) -> bool:
        """Wait for the end; what is not delivered by then stays in the queue. Returns whether the thread ended."""
        self._thread.join(seconds)
        self._enough.set()
        return not self._thread.is_alive()

    def _run(self) -> None:
        more = True
        while more and not self._enough.is_set():
            try:
                more = self._step()
            except EventRefusedError as error:
                self._complain(str(error))
            except OutputError as error:
                more = self._lost(error)
            except Exception as error:  # a mistake in one output must not silence it for good
                more = self._lost(OutputError(describe(error)))
        with suppress(Exception):
            self._output.close()

    def _step(self) -> bool:
        """Open, send or wait; return whether to go on."""
        self._news.clear()
        self._tell_notices()
        if not self._open:
            self._output.open()
            self._open = True
        queue, batch = self._next()
        if batch:
            self._send(queue, batch)
            return True
        self._output.send(())
        if self._outage.over():
            self._back_off.reset()
        if self._hurry.is_set():
            return False
        self._news.wait(ASK_EVERY)
        return True

    def _send(self, queue: EventQueue, batch: Sequence[Waiting]) -> None:
        try:
            count = self._output.send([waiting.event for waiting in batch])
        except EventRefusedError as error:
            self._done(queue, batch[: error.acknowledged + 1], refused=1)
            raise
        except OutputError:
            raise
        except Exception as error:  # one event may be what the output cannot take
            self._skip_damaged(queue, batch, error)
            return
        if not count:
            raise OutputError("takes nothing")
        self._done(queue, batch[:count])
        self._back_off.reset()
        self._outage.over()

    def _skip_damaged(self, queue: EventQueue, batch: Sequence[Waiting], error: Exception) -> None:
        """Refuse the first events of a batch, up to one that the output takes.

        As long as it takes none, the mistake may be the output's own: OutputError, and everything waits.
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
                self._done(queue, batch[:place], refused=place)
                self._complain(f"{place} damaged events are left out: {describe(error)}")
            if taken:
                self._done(queue, batch[place : place + 1])
                return
        raise OutputError(describe(error)) from error

    def _next(self) -> tuple[EventQueue, list[Waiting]]:
        for queue in self._queues():
            try:
                if batch := queue.take(self.name):
                    return queue, batch
            except QueueError as error:
                self._broken(error)
        return self._queues()[0], []

    def _done(self, queue: EventQueue, batch: Sequence[Waiting], refused: int = 0) -> None:
        try:
            queue.done(self.name, batch, refused)
        except QueueError as error:  # it holds as long as this process
            self._broken(error)

    def _lost(self, error: OutputError) -> bool:
        """Hang up and wait for the next try; return whether there is one."""
        self._outage.began(str(error))
        self._tell_notices()
        with suppress(Exception):
            self._output.close()
        self._open = False
        return not self._hurry.wait(self._back_off.next(at_least=min(error.wait, MOST_PATIENCE)))

    def _tell_notices(self) -> None:
        for notice in self._output.notices():
            self._remark("output_notice", f"{self.name}: {notice}")

    def _complain(self, reason: str) -> None:
        """Say that an event is refused; where all are, not of each."""
        if time.monotonic() - self._complained >= _COMPLAIN_EVERY:
            self._complained = time.monotonic()
            self._remark("event_refused", f"{self.name}: {reason} (it is counted as dropped)")


class Outage:
    """What people are told of one output: once that it is away, and once, when it has settled, that it is back."""

    def __init__(self, name: str, remark: Remark) -> None:
        """Begin as one that works."""
        self._name, self._remark = name, remark
        self._began: float | None = None
        self._since = time.monotonic()
        self.reason = ""

    @property
    def seconds(self) -> float:
        """For how long it has been as it is."""
        return time.monotonic() - self._since

    def began(self, reason: str) -> None:
        """It is away."""
        if not self.reason:
            self._since = time.monotonic()
        if self._began is None:
            self._began = time.monotonic()
            self._remark("output_lost", f"{self._name}: {reason} (events wait; trying again until it is back)")
        self.reason = reason

    def over(self) -> bool:
        """It works. Returns whether it has for long enough to call it well."""
        if self.reason:
            self.reason, self._since = "", time.monotonic()
        well = self.seconds >= SETTLED_AFTER
        if well and self._began is not None:
            self._remark("output_back", f"{self._name} takes events again, after {self._since - self._began:.0f} s")
            self._began = None
        return well
