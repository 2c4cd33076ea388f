"""Opening the queue, also one that bad luck has damaged."""

from __future__ import annotations

import errno
import time
from typing import TYPE_CHECKING

from plate_devices.outputs.database import QueueError
from plate_devices.outputs.queue import EventQueue
from plate_devices.private_files import make_folder

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from plate_devices.outputs.base import Remark

FILE = "queue.sqlite"

_NO_SPACE = (errno.ENOSPC, errno.EDQUOT, errno.EIO)


def open_queue(folder: Path, most_bytes: int, names: Sequence[str], remark: Remark) -> EventQueue:
    """Open the queue in a folder for outputs; a damaged one is set aside, `remark` told of it, and a new one begun.

    Raises:
        QueueError: the folder cannot be made or written, another process has the queue, or the disk is full.
    """
    queue = _open(folder, most_bytes, remark)
    try:
        for name, count in queue.open_for(names).items():
            remark("output_removed", f"{count} events waited for {name}, which is no output any more; they are dropped")
    except QueueError:
        queue.close()
        raise
    return queue


def _open(folder: Path, most_bytes: int, remark: Remark) -> EventQueue:
    path = folder / FILE
    try:
        make_folder(folder)
    except OSError as error:
        failed = QueueError(f"{folder} cannot be made: {error.strerror or error}")
        failed.passing = error.errno in _NO_SPACE
        raise failed from error
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
