"""Open the queue; replace it if it is damaged."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING

from plate_devices.outputs.event_json import majority
from plate_devices.outputs.queue import EventQueue
from plate_devices.outputs.queue_database import QueueError
from plate_devices.outputs.salvage import read_bytes, salvage
from plate_devices.private_files import create_folder, set_aside, sync_folder

if TYPE_CHECKING:
    from collections.abc import Sequence

    from plate_devices.outputs.event_json import NumberedBody
    from plate_devices.outputs.output import Report

FILE = "queue.sqlite"

_NO_SPACE = (errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS)
_SUFFIXES = ("-wal", "-shm", "-journal")


def open_queue(
    folder: Path, most_bytes: int, names: Sequence[str], report: Report, broken: QueueError | None = None
) -> EventQueue:
    """Open the queue in a folder, for these outputs.

    A damaged file is set aside. A new one is made of the events that can still be read of it, and `report` is called.

    Args:
        broken: an error that was found while the file was in use; the file is then replaced in any case.

    Raises:
        QueueError: the folder cannot be made or written, another process has the queue, or the disk is full.
    """
    queue = _open(folder, most_bytes, names, report, broken)
    try:
        for name, count in queue.set_outputs(names).items():
            report(
                "output_removed", f"{count} events waited for {name}, which is no longer an output; they are dropped"
            )
    except QueueError:
        queue.close()
        raise
    return queue


def _open(folder: Path, most_bytes: int, names: Sequence[str], report: Report, broken: QueueError | None) -> EventQueue:
    path = folder / FILE
    try:
        create_folder(folder)
        log = majority(read_bytes(path.with_name(FILE + "-wal")))  # before SQLite, which deletes a damaged log
        _make_way(path, report)
        try:
            if broken is not None:
                raise broken
            queue = EventQueue(path, most_bytes, report)
        except QueueError as error:
            if not error.damaged:
                raise _on_read_only(error, folder) from error
            restored, aside = _replace(path, most_bytes, names, log)
            kept = f"it is kept as {aside}; a new queue holds the {restored} events that could be read of it"
            report("queue_damaged", f"{path} was damaged, {error.__cause__ or error}; {kept}")
            return EventQueue(path, most_bytes, report)
        if adopted := queue.adopt(log):
            report("queue_damaged", f"{path}-wal was damaged; the {adopted} events that could be read of it are kept")
        return queue
    except OSError as error:
        failed = QueueError(f"{folder} cannot be made or written: {error.strerror or error}")
        failed.temporary = error.errno in _NO_SPACE
        raise failed from error


def _make_way(path: Path, report: Report) -> None:
    """Finish a replacement that a kill interrupted, and set aside anything but a regular file. Raises OSError."""
    new = _new(path)
    if not os.path.lexists(path) and new.is_file():
        for suffix in _SUFFIXES:  # of the old queue: SQLite would use them for the new one
            if os.path.lexists(found := path.with_name(path.name + suffix)):
                set_aside(found)
        new.replace(path)
    for suffix in ("", *_SUFFIXES):
        new.with_name(new.name + suffix).unlink(missing_ok=True)
    for suffix in ("", *_SUFFIXES):
        found = path.with_name(path.name + suffix)
        if found.exists() and not stat.S_ISREG(found.stat().st_mode):
            aside = set_aside(found)
            report("queue_damaged", f"{found} is not a regular file; it is kept as {aside.name}")


def _replace(path: Path, most_bytes: int, names: Sequence[str], log: list[NumberedBody]) -> tuple[int, str]:
    """Replace a damaged queue by a new one; return the number of events, and the damaged file's new name.

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
    """Mark an error as temporary if the file system became read-only, as Linux makes it after a disk error."""
    try:
        error.temporary = error.temporary or bool(os.statvfs(folder).f_flag & os.ST_RDONLY)
    except OSError:
        return error
    return error
