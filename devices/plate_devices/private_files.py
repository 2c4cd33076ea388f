"""Files with access for their owner only, written atomically, without following links. A kill leaves nothing behind."""

from __future__ import annotations

import fcntl
import os
import re
import stat
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from plate_devices.unique_ids import UUID7, uuid7
from plate_runtime.files import require_replaceable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

_SCRATCH = re.compile(rf"\.plate-edge-{UUID7}\.part", re.ASCII)
_SET_ASIDE = re.compile(r"\.damaged-\d{1,20}(-wal|-shm|-journal)?", re.ASCII)


def create_folder(folder: Path) -> None:
    """Create a folder and its missing parents, with access for the owner only. Raises OSError."""
    try:
        folder.mkdir(mode=0o700)
    except FileNotFoundError:
        create_folder(folder.parent)
        folder.mkdir(mode=0o700, exist_ok=True)
    except OSError:
        if not folder.is_dir():
            raise


def open_private(path: Path, flags: int) -> int:
    """Open a file, or create it for the owner only; return its descriptor. Raises OSError, also for a link."""
    return os.open(path, flags | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK, 0o600)


def read_regular(path: Path) -> BinaryIO:
    """Open a regular file for reading. Raises OSError, also for links and other files."""
    stream = os.fdopen(os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK), "rb")
    if not stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
        stream.close()
        raise OSError(None, "it is not a file")
    return stream


@contextmanager
def replacing(path: Path, like: os.stat_result | None = None, sync: bool = True) -> Iterator[BinaryIO]:
    """Write a temporary file that replaces `path` at the end, and is deleted on errors.

    Args:
        like: a file whose mode and owner are copied, as far as permitted; by default only the owner has access.
        sync: write it to the disk before it replaces `path`.

    Raises:
        OSError: it cannot be written, or `path` is a device, a pipe or a socket.
    """
    require_replaceable(path)
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
    """Create a temporary file that is locked while its process lives."""
    while True:
        scratch = folder / f".plate-edge-{uuid7()}.part"
        handle = open_private(scratch, os.O_RDWR | os.O_EXCL)
        with suppress(OSError):  # a file system without locks
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.fstat(handle).st_nlink:
            return scratch, handle
        os.close(handle)  # another process cleaned up in between


def clean_folder(folder: Path) -> int:
    """Delete temporary files of killed processes; return their number. Failures are ignored until the next call."""
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
    """Rename a damaged file so that `delete_set_aside` finds it; return the new path. Raises OSError."""
    aside = path.with_name(f"{path.name}.damaged-{time.time_ns()}")
    for suffix in ("", "-wal", "-shm", "-journal"):
        found = path.with_name(path.name + suffix)
        if not suffix or os.path.lexists(found):
            found.replace(aside.with_name(aside.name + suffix))
    return aside


def delete_set_aside(path: Path, before: float) -> int:
    """Delete files renamed by `set_aside` that are older than `before`, in seconds since 1970; return their number.

    Raises:
        OSError: a file cannot be deleted; the others are.
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
    """Write a folder's entries to the disk, so that new files survive a power failure. Raises OSError."""
    opened = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
