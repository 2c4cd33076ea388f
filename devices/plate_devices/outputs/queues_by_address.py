"""A queue belongs to an address: what waits for one broker or server never goes to another one."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from plate_devices.outputs.database import QueueError
from plate_devices.outputs.queue import EventQueue

if TYPE_CHECKING:
    from collections.abc import Mapping

    from plate_devices.outputs.output import Remark
    from plate_devices.outputs.urls import Destination

_FILES = "queue-*.sqlite"


class ByAddress:
    """Queues in files of their own, one for each address that events waited for when the settings named another one.

    Attributes:
        queues: by the name of the output that has such an address again. It gets these events first.
    """

    def __init__(
        self, folder: Path, most_bytes: int, destinations: Mapping[str, Destination | None], remark: Remark
    ) -> None:
        """Take the folder of the queue, and where outputs send to, by name; None where that is of no meaning."""
        self._folder, self._most, self._destinations, self._remark = folder, most_bytes, destinations, remark
        self.queues: dict[str, EventQueue] = {}
        self._said = False

    def sort(self, queue: EventQueue) -> None:
        """Take events that wait for other addresses out of a queue; say what waits, the first time.

        Raises:
            QueueError: a queue cannot be read or written.
        """
        for name, now in self._destinations.items():
            before = queue.address(name)
            if now is not None and before is not None and before.digest != now.digest:
                self._put_away(queue, name, before)
            if now is not None:
                queue.set_address(name, now)
                self._fetch(name, now)
            waiting = queue.standing(name)[1] + (self.queues[name].standing(name)[1] if name in self.queues else 0)
            if waiting and not self._said:
                where = f"{name} at {now.shown}" if now is not None else name
                told = "1 event waits" if waiting == 1 else f"{waiting} events wait"
                self._remark("events_wait", f"{told} for {where} since an earlier run")
        self._said = True

    def forget(self, before: str) -> int:
        """Drop events before a UTC time, also of addresses that no output has now. Raises QueueError."""
        deleted = 0
        for path in sorted(self._folder.glob(_FILES)):
            queue = next((one for one in self.queues.values() if one.path == path), None)
            if queue is not None:
                deleted += sum(queue.forget(before).values())
                continue
            queue = EventQueue(path, self._most)
            deleted += sum(queue.forget(before).values())
            _close(queue)
        return deleted

    def close(self) -> None:
        """Let go of the files; those that nothing waits in are deleted."""
        for queue in self.queues.values():
            _close(queue)
        self.queues.clear()

    def _put_away(self, queue: EventQueue, name: str, before: Destination) -> None:
        waiting = queue.take(name, -1, 1 << 62)
        if waiting:
            aside = EventQueue(self._folder / f"queue-{before.digest}.sqlite", self._most)
            try:
                if aside.has_events():
                    aside.rename_only(name)
                else:
                    aside.open_for([name])
                aside.put(one.event for one in waiting)
            finally:
                aside.close()
            queue.pass_over(name)
            told = "1 event waits" if len(waiting) == 1 else f"{len(waiting)} events wait"
            self._remark("events_wait", f"{told} for {name} at {before.shown}, which gets them once it is set again")

    def _fetch(self, name: str, now: Destination) -> None:
        path = self._folder / f"queue-{now.digest}.sqlite"
        if name not in self.queues and path.exists():
            try:
                self.queues[name] = queue = EventQueue(path, self._most, self._remark)
                queue.rename_only(name)
            except QueueError as error:
                self._remark("queue_damaged", f"{error}; it is left as it is")


def _close(queue: EventQueue) -> None:
    empty = False
    with suppress(QueueError):
        empty = not queue.has_events()
    queue.close()
    if empty and queue.path is not None:
        for suffix in ("", "-wal", "-shm"):
            queue.path.with_name(queue.path.name + suffix).unlink(missing_ok=True)
