"""A queue belongs to an address: events that wait for one broker or server never go to another one."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from plate_devices.outputs.queue import EventQueue
from plate_devices.outputs.queue_database import QueueError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from plate_devices.outputs.output import Report
    from plate_devices.outputs.output_settings import Destination

_FILES = "queue-*.sqlite"


class QueuesByAddress:
    """Queues of addresses that are no longer in the settings, one file each, while events wait for them.

    Attributes:
        queues: by the name of the output that has this address again. It gets these events first.
    """

    def __init__(
        self, folder: Path, most_bytes: int, destinations: Mapping[str, Destination | None], report: Report
    ) -> None:
        """Use the folder of the queue, and the address of each output by name, None for an output without one."""
        self._folder, self._most, self._destinations, self._report = folder, most_bytes, destinations, report
        self.queues: dict[str, EventQueue] = {}
        self._reported = False

    def separate(self, queue: EventQueue) -> None:
        """Move events that wait for other addresses out of a queue. The first call reports how many events wait.

        Raises:
            QueueError: a queue cannot be read or written.
        """
        for name, now in self._destinations.items():
            before = queue.address(name)
            if now is not None and before is not None and before.digest != now.digest:
                self._move_away(queue, name, before)
            if now is not None:
                queue.set_address(name, now)
                self._open_again(name, now)
            waiting = queue.progress(name)[1] + (self.queues[name].progress(name)[1] if name in self.queues else 0)
            if waiting and not self._reported:
                where = f"{name} at {now.shown}" if now is not None else name
                self._report("events_wait", f"{_events_wait(waiting)} for {where} since an earlier run")
        self._reported = True

    def delete_before(self, before: str) -> int:
        """Delete events before a UTC time, also of addresses that no output has now. Raises QueueError."""
        deleted = 0
        for path in sorted(self._folder.glob(_FILES)):
            queue = next((one for one in self.queues.values() if one.path == path), None)
            if queue is not None:
                deleted += sum(queue.delete_before(before).values())
                continue
            queue = EventQueue(path, self._most)
            deleted += sum(queue.delete_before(before).values())
            _close(queue)
        return deleted

    def close(self) -> None:
        """Close the files, and delete those without events."""
        for queue in self.queues.values():
            _close(queue)
        self.queues.clear()

    def _move_away(self, queue: EventQueue, name: str, before: Destination) -> None:
        waiting = queue.take(name, -1, 1 << 62)
        if waiting:
            aside = EventQueue(self._folder / f"queue-{before.digest}.sqlite", self._most)
            try:
                if aside.has_events():
                    aside.rename_only(name)
                else:
                    aside.set_outputs([name])
                aside.put(one.event for one in waiting)
            finally:
                aside.close()
            queue.skip(name)
            counted = _events_wait(len(waiting))
            self._report("events_wait", f"{counted} for {name} at {before.shown}; they go there once it is set again")

    def _open_again(self, name: str, now: Destination) -> None:
        path = self._folder / f"queue-{now.digest}.sqlite"
        if name not in self.queues and path.exists():
            try:
                self.queues[name] = queue = EventQueue(path, self._most, self._report)
                queue.rename_only(name)
            except QueueError as error:
                self._report("queue_damaged", f"{error}; it is not changed")


def _events_wait(count: int) -> str:
    return "1 event waits" if count == 1 else f"{count} events wait"


def _close(queue: EventQueue) -> None:
    empty = False
    with suppress(QueueError):
        empty = not queue.has_events()
    queue.close()
    if empty and queue.path is not None:
        for suffix in ("", "-wal", "-shm"):
            queue.path.with_name(queue.path.name + suffix).unlink(missing_ok=True)
