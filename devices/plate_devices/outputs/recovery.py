"""Opening the queue, also one that bad luck has damaged."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from plate_devices.outputs.database import QueueError
from plate_devices.outputs.queue import EventQueue

if TYPE_CHECKING:
    from pathlib import Path

    from plate_devices.outputs.base import Remark

FILE = "queue.sqlite"


def open_queue(folder: Path, most_bytes: int, remark: Remark) -> EventQueue:
    """Open the queue in a folder; a damaged one is set aside, `remark` told of it, and a new one begun.

    Raises:
        QueueError: the folder cannot be made or written, or another process has the queue.
    """
    path = folder / FILE
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise QueueError(f"{folder} cannot be made: {error.strerror or error}") from error
    try:
        return EventQueue(path, most_bytes)
    except QueueError as error:
        if not error.damaged:
            raise
        aside = path.with_name(f"{FILE}.damaged-{time.time_ns()}")
        path.replace(aside)
        remark(
            "queue_damaged", f"{path} was damaged: {error.__cause__}; it is kept as {aside.name}, and a new one begun"
        )
        for left in ("-wal", "-shm", "-journal"):
            path.with_name(FILE + left).unlink(missing_ok=True)
        return EventQueue(path, most_bytes)
