"""Files for their owner alone: whole or not at all, through no symbolic link, with nothing left behind by a kill."""

from __future__ import annotations

import fcntl
import os
import re
import stat
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from plate_devices.events.records import UUID7, uuid7

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

_SCRATCH = re.compile(rf"\.plate-edge-{UUID7}\.part", re.ASCII)
_SET_ASIDE = re.compile(r"\.damaged-\d{1,20}(-wal|-shm|-journal)?", re.ASCII)


def make_folder(folder: Path) -> None:
    """Make a folder, and those above it that are missing, for the owner alone. Raises OSError."""
    try:
        folder.mkdir(mode=0o700)
    except FileNotFoundError:
        make_folder(folder.parent)
        folder.mkdir(mode=0o700, exist_ok=True)
    except OSError:
        if not folder.is_dir():
            raise


def open_private(path: Path, flags: int) -> int:
    """Open a file, or make it for the owner alone, and return its descriptor. Raises OSError, also for a link."""
    return os.open(path, flags | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK, 0o600)


def read_regular(path: Path) -> BinaryIO:
    """Open a file for reading. Raises OSError, also where it is a link or no regular file."""
    stream = os.fdopen(os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK), "rb")
    if not stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
        stream.close()
        raise OSError(None, "it is no file")
    return stream


@contextmanager
def replacing(path: Path, like: os.stat_result | None = None, sync: bool = True) -> Iterator[BinaryIO]:
    """Write a file that takes the place of `path` at the end, and is taken away where that fails.

    Args:
        like: a file whose mode and owner it gets, as far as that is permitted; by default only the owner may read it.
        sync: it is on the disk before it takes the place.

    Raises:
        OSError: it cannot be written.
    """
    scratch, handle = _begin(path.parent)
    try:
        with os.fdopen(handle, "wb") as stream:
            yield stream
            stream.flush()
            if like is not None:
                with suppress(OSError):
                    os.fchown(handle, like.st_uid, like.st_gid)
                with suppress(OSError):  # FAT has no modes
                    os.fchmod(handle, like.st_mode & 0o777)
            if sync:
                os.fsync(handle)
            scratch.replace(path)
    finally:
        scratch.unlink(missing_ok=True)


def _begin(folder: Path) -> tuple[Path, int]:
    """Make a temporary file that is locked as long as its process lives."""
    while True:
        scratch = folder / f".plate-edge-{uuid7()}.part"
        handle = open_private(scratch, os.O_RDWR | os.O_EXCL)
        with suppress(OSError):  # a file system without locks
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.fstat(handle).st_nlink:
            return scratch, handle
        os.close(handle)  # another process cleaned up in between


def clean_folder(folder: Path) -> int:
    """Delete temporary files of processes that were killed; return how many. What fails is left for the next time."""
    deleted = 0
    with suppress(OSError):
        for entry in os.scandir(folder):
            if _SCRATCH.fullmatch(entry.name) and entry.is_file(follow_symlinks=False):
                with suppress(OSError):
                    deleted += _delete_abandoned(Path(entry.path))
    return deleted


def _delete_abandoned(scratch: Path) -> bool:
    handle = os.open(scratch, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        scratch.unlink()
    except BlockingIOError:
        return False
    finally:
        os.close(handle)
    return True


def set_aside(path: Path) -> Path:
    """Give a damaged file another name, under which `forget_set_aside` finds it; return that. Raises OSError."""
    aside = path.with_name(f"{path.name}.damaged-{time.time_ns()}")
    for suffix in ("", "-wal", "-shm", "-journal"):
        found = path.with_name(path.name + suffix)
        if not suffix or os.path.lexists(found):
            found.replace(aside.with_name(aside.name + suffix))
    return aside


def forget_set_aside(path: Path, before: float) -> int:
    """Delete what `set_aside` kept of a file and is older than `before`, in seconds since 1970; return how many.

    Raises:
        OSError: one cannot be deleted; the others were.
    """
    deleted, failed = 0, None
    for aside in sorted(path.parent.iterdir()) if path.parent.is_dir() else ():
        if aside.name.startswith(path.name) and _SET_ASIDE.fullmatch(aside.name[len(path.name) :]):
            try:
                if aside.is_file() and aside.lstat().st_mtime < before:
                    aside.unlink()
                    deleted += 1
            except OSError as error:
                failed = error
    if failed is not None:
        raise failed
    return deleted


def sync_folder(folder: Path) -> None:
    """Make sure that a new file has its name also after a power failure. Raises OSError."""
    opened = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
