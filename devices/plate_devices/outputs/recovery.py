"""Opening the queue, also one that bad luck has damaged."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING

from plate_devices.outputs.database import QueueError
from plate_devices.outputs.event_json import agreed
from plate_devices.outputs.queue import EventQueue
from plate_devices.outputs.salvage import read_bytes, salvage
from plate_devices.private_files import make_folder, set_aside, sync_folder

if TYPE_CHECKING:
    from collections.abc import Sequence

    from plate_devices.outputs.event_json import Found
    from plate_devices.outputs.output import Remark

FILE = "queue.sqlite"

_NO_SPACE = (errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS)
_BESIDE = ("-wal", "-shm", "-journal")


def open_queue(
    folder: Path, most_bytes: int, names: Sequence[str], remark: Remark, broken: QueueError | None = None
) -> EventQueue:
    """Open the queue in a folder for outputs.

    A damaged one is set aside, and a new one begun with the events that can still be read of it; `remark` is told.

    Args:
        broken: what was found wrong with the file while it was in use; it is replaced in any case.

    Raises:
        QueueError: the folder cannot be made or written, another process has the queue, or the disk is full.
    """
    queue = _open(folder, most_bytes, names, remark, broken)
    try:
        for name, count in queue.open_for(names).items():
            remark("output_removed", f"{count} events waited for {name}, which is no output any more; they are dropped")
    except QueueError:
        queue.close()
        raise
    return queue


def _open(folder: Path, most_bytes: int, names: Sequence[str], remark: Remark, broken: QueueError | None) -> EventQueue:
    path = folder / FILE
    try:
        make_folder(folder)
        log = agreed(read_bytes(path.with_name(FILE + "-wal")))  # before SQLite, which drops what it does not like
        _make_way(path, remark)
        try:
            if broken is not None:
                raise broken
            queue = EventQueue(path, most_bytes, remark)
        except QueueError as error:
            if not error.damaged:
                raise _on_read_only(error, folder) from error
            restored, aside = _replace(path, most_bytes, names, log)
            told = f"it is kept as {aside}, and a new one begun with what could be read of it: {restored} events"
            remark("queue_damaged", f"{path} was damaged, {error.__cause__ or error}; {told}")
            return EventQueue(path, most_bytes, remark)
        if adopted := queue.adopt(log):
            remark("queue_damaged", f"{path}-wal was damaged: {adopted} events of it could still be read, and are kept")
        return queue
    except OSError as error:
        failed = QueueError(f"{folder} cannot be made or written: {error.strerror or error}")
        failed.passing = error.errno in _NO_SPACE
        raise failed from error


def _make_way(path: Path, remark: Remark) -> None:
    """Finish a replacement that a kill interrupted, and set aside what is no file. Raises OSError."""
    new = _new(path)
    if not os.path.lexists(path) and new.is_file():
        for beside in _BESIDE:  # of the old one: SQLite would take them for the new one's
            if os.path.lexists(found := path.with_name(path.name + beside)):
                set_aside(found)
        new.replace(path)
    for beside in ("", *_BESIDE):
        new.with_name(new.name + beside).unlink(missing_ok=True)
    for beside in ("", *_BESIDE):
        found = path.with_name(path.name + beside)
        if found.exists() and not stat.S_ISREG(found.stat().st_mode):
            aside = set_aside(found)
            remark("queue_damaged", f"{found} is no file; it is kept as {aside.name}")


def _replace(path: Path, most_bytes: int, names: Sequence[str], log: list[Found]) -> tuple[int, str]:
    """Make a new queue of what can be read of a damaged one; return how many events, and the old one's new name.

    A kill at any time leaves one or the other in place. Raises QueueError, OSError.
    """
    new = _new(path)
    queue = EventQueue(new, most_bytes)
    try:
        restored = queue.restore(names, salvage(path, log))
    finally:
        queue.close()
    if new.with_name(f"{new.name}-wal").exists():
        raise OSError(errno.ENOSPC, "the disk does not take the new queue")
    aside = set_aside(path)
    new.replace(path)
    sync_folder(path.parent)
    return restored, aside.name


def _new(path: Path) -> Path:
    return path.with_name(path.name + ".new")


def _on_read_only(error: QueueError, folder: Path) -> QueueError:
    """Take a file system that became read-only for a disk that may be well again, as Linux does after an error."""
    try:
        error.passing = error.passing or bool(os.statvfs(folder).f_flag & os.ST_RDONLY)
    except OSError:
        return error
    return error
