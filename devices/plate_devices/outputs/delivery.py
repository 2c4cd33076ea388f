"""Delivery of events: first to the disk, then to every output at its own pace."""

from __future__ import annotations

import threading
import time
from datetime import UTC
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from plate_devices.events.records import to_line
from plate_devices.outputs.event_store import EventStore
from plate_devices.outputs.make_outputs import destinations, make_outputs, tags_of, types_of
from plate_devices.outputs.output import OutputError
from plate_devices.outputs.output_settings import QueueSettings
from plate_devices.outputs.sender import Sender
from plate_devices.threads import BackgroundThread, describe

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from plate_devices.events.clock import Clock
    from plate_devices.outputs.output import Event, Output, OutputState, Report
    from plate_devices.outputs.output_settings import Destination, OutputSettings

_MAINTAIN_EVERY = 2.0


def deliver(
    outputs: Sequence[OutputSettings],
    queue: QueueSettings | None,
    clock: Clock,
    report: Report,
    shown: Shown | None = None,
) -> Delivery | None:
    """Begin to deliver to the outputs of the settings; None if there are none.

    Raises:
        MissingPartError: an output needs a package that is not installed.
        UsageError: two outputs have the same name.
        QueueError: see `Delivery`.
    """
    queue = queue or QueueSettings()
    made = make_outputs(outputs, queue.place)
    if not made:
        return None
    wanted = {"tags": tags_of(outputs), "types": types_of(outputs)}
    return Delivery(made, queue, clock, report, destinations(outputs), shown=shown, **wanted)


class Shown(NamedTuple):
    """What outputs announce.

    Attributes:
        cameras: names, with their tags.
        lists: names of the watch lists.
        pictures: folder of the pictures that events name, None if there are none.
    """

    cameras: Mapping[str, Sequence[str]]
    lists: Sequence[str] = ()
    pictures: Path | None = None


class Delivery:
    """Takes events and delivers each to every output at least once. Thread-safe.

    When `put` returns, the event is on the disk and survives a kill and a power failure. While the disk is full or
    broken, events are kept in memory; see `EventStore`.
    """

    def __init__(
        self,
        outputs: Sequence[Output],
        settings: QueueSettings,
        clock: Clock,
        report: Report,
        addresses: Mapping[str, Destination | None] | None = None,
        *,
        tags: Mapping[str, Sequence[str]] | None = None,
        types: Mapping[str, Sequence[str]] | None = None,
        shown: Shown | None = None,
    ) -> None:
        """Open the queue and begin to deliver the events that wait in it.

        Args:
            outputs: at least one, with different names.
            settings: folder and size of the queue.
            clock: stamps the events, and corrects waiting ones once it is set.
            report: is called from any thread with messages for the operator.
            addresses: of brokers and servers, by the output's name. Events that wait for another address stay there.
            tags: of the events that an output gets, by its name; none for all events.
            types: the same for the types of events.
            shown: what the outputs announce when they connect; None for nothing.

        Raises:
            QueueError: the folder cannot be used. A full disk is not an error.
        """
        self._outputs, self._report = outputs, report
        self._tags = {output.name: (tags or {}).get(output.name, ()) for output in outputs}
        self._lost: Collection[str] = frozenset()
        self._set_shown(shown or Shown({}))  # before they connect: they remove what is not shown
        self._stop = threading.Event()
        by_name = {output.name: (addresses or {}).get(output.name) for output in outputs}
        self._store = store = EventStore(by_name, settings, clock, report)
        self._senders = [
            Sender(
                output,
                partial(store.queues_of, output.name),
                report,
                store.note_damage,
                tags=self._tags[output.name],
                types=(types or {}).get(output.name, ()),
            )
            for output in outputs
        ]
        self._maintenance = BackgroundThread(self._maintain, "outputs")
        self._maintenance.start()

    def show(self, shown: Shown) -> None:
        """Set what the outputs announce."""
        self._set_shown(shown)
        self._wake_senders()

    def _set_shown(self, shown: Shown) -> None:
        for output in self._outputs:
            output.lists, output.pictures = tuple(shown.lists), shown.pictures
            wanted = set(self._tags[output.name])
            output.cameras = tuple(name for name, tags in shown.cameras.items() if not wanted or wanted & set(tags))

    def show_lost(self, cameras: Collection[str]) -> None:
        """Set the cameras that send no pictures now. Outputs with a state of each camera publish it."""
        lost = frozenset(cameras)
        if lost != self._lost:
            self._lost = lost
            for output in self._outputs:
                output.lost = lost
            self._wake_senders()

    def put(self, event: Event) -> None:
        """Take an event, which has an `id`. It never fails, and waits for the disk alone."""
        self.put_all([event])

    def put_all(self, events: Iterable[Event]) -> None:
        """Take several events in one write."""
        if self._stop.is_set():
            return
        self._store.put([event for event in events if self._is_json(event)])
        self._wake_senders()

    def state(self) -> list[OutputState]:
        """Return the state of every output, in their order."""
        return [sender.state() for sender in self._senders]

    def delete_before(self, before: datetime) -> int:
        """Delete older events in the files of outputs and in the queue; return how many.

        Raises:
            OutputError: some could not be deleted; all others were.
        """
        if self._stop.is_set():
            return 0
        problems: list[str] = []
        deleted = self._store.delete_before(before, problems)
        for output in self._outputs:
            try:
                deleted += output.delete_before(before.astimezone(UTC), partial(self._report, "retention"))
            except OutputError as error:
                problems.append(str(error))
            except Exception as error:  # a programming error in one output must not keep the plates of others
                problems.append(f"{output.name}: {describe(error)}")
        if problems:
            raise OutputError("; ".join(problems))
        return deleted

    @property
    def disk_error(self) -> str:
        """Why events are kept in memory; "" while the disk works."""
        return self._store.disk_error

    @property
    def unreadable(self) -> int:
        """How many damaged events on the disk were set aside since the start."""
        return self._store.unreadable

    def close(self, seconds: float = 5.0) -> None:
        """Deliver what can be delivered in so many seconds, and end; the rest waits on the disk for the next start."""
        if self._stop.is_set():
            return
        self._stop.set()
        deadline = time.monotonic() + seconds
        self._maintenance.join(seconds)
        for sender in self._senders:
            sender.finish()
        for sender in self._senders:
            sender.join(deadline - time.monotonic())
        self._store.close()

    def _is_json(self, event: Event) -> bool:
        try:
            to_line(event)
        except (ValueError, TypeError, RecursionError) as error:  # such as NaN, which no output accepts
            self._report("event_refused", f"an event cannot be written as JSON, and is left out: {error}")
            return False
        return True

    def _maintain(self) -> None:
        while not self._stop.wait(_MAINTAIN_EVERY):
            if self._store.maintain():
                self._wake_senders()

    def _wake_senders(self) -> None:
        for sender in self._senders:
            sender.wake()
