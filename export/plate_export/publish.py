"""Publishes a set of files: all of them or none, even if the process is killed.

Files are written and flushed in a hidden folder inside the destination. Renaming that folder is the decision: before it
the old files are unchanged, after it the new ones are complete on the disk and only have to be renamed, one by one. If
the process is killed in between, the next export into the same folder finishes this first.
"""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Any

from plate_runtime.errors import DeviceError, UsageError

_UNDECIDED, _DECIDED, _OLD = ".plate-export-unfinished", ".plate-export-decided", ".plate-export-old"


class Staging:
    """The hidden folder in which an export prepares its files; `stage` makes and removes it."""

    def __init__(self, out: Path) -> None:
        self.out = out
        self.folder = out / _UNDECIDED

    def path(self, name: str) -> Path:
        """Return the path of a file of that name until it is published."""
        return self.folder / name

    def write(self, name: str, content: bytes) -> Path:
        """Write a file to be published as `name`, flush it to the disk, and return its path until then.

        Raises:
            DeviceError: it cannot be written, or the disk is full.
        """
        path = self.path(name)
        with _device_errors(self.out), path.open("wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        return path

    def publish(self) -> list[Path]:
        """Move every file written so far to the destination and return the paths; Ctrl-C waits until this is done.

        Raises:
            DeviceError: a file could not be moved; files moved before it are restored.
        """
        names = sorted(path.name for path in self.folder.iterdir())
        with _device_errors(self.out), _signals_wait():
            _keep_old(self.out, names)
            _sync_folder(self.folder)
            self.folder.rename(self.out / _DECIDED)
            _sync_folder(self.out)
            try:
                _move_all(self.out)
            except OSError:
                _put_back(self.out, names)
                raise
            _sync_folder(self.out)
        return [self.out / name for name in names]


@contextlib.contextmanager
def stage(out: Path) -> Iterator[Staging]:
    """Prepare files for the folder `out`; files that were not published are removed when the block ends.

    One export at a time may prepare files for a folder. Leftovers of a killed export are finished or removed first.

    Raises:
        UsageError: `out` is a file. DeviceError: it cannot be written, the disk is full, or it is in use.
    """
    made = _make_folders(out)
    try:
        with _locked(out):
            staging = Staging(out)
            with _device_errors(out):
                _recover(out)
                staging.folder.mkdir()
            try:
                yield staging
            finally:
                for leftover in (_UNDECIDED, _OLD):
                    shutil.rmtree(out / leftover, ignore_errors=True)
    finally:
        for folder in made:
            with contextlib.suppress(OSError):
                folder.rmdir()  # fails if files were published


def _make_folders(out: Path) -> list[Path]:
    """Create `out` and return the folders that were missing, the innermost first."""
    missing = [folder for folder in (out, *out.parents) if not folder.exists()]
    try:
        out.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError) as error:
        raise UsageError(f"{out} is not a folder; name one with --out") from error
    except OSError as error:
        raise DeviceError(f"{out} cannot be created: {error.strerror or error}") from error
    return missing


def _recover(out: Path) -> None:
    """Finish an export that was killed after its decision; remove the files of one killed before."""
    if (out / _DECIDED).is_dir():
        _move_all(out)
    for leftover in (_UNDECIDED, _OLD):
        if (out / leftover).is_dir():
            shutil.rmtree(out / leftover)


def _keep_old(out: Path, names: list[str]) -> None:
    """Keep the files that will be replaced under a second name."""
    old = out / _OLD
    old.mkdir()
    for name in names:
        if (out / name).exists():
            try:
                os.link(out / name, old / name)
            except OSError:  # file systems of memory cards have no links
                shutil.copy2(out / name, old / name)


def _move_all(out: Path) -> None:
    decided = out / _DECIDED
    for path in sorted(decided.iterdir()):
        path.replace(out / path.name)
    decided.rmdir()


def _put_back(out: Path, names: list[str]) -> None:
    """Undo an incomplete move: the folder holds the old set again."""
    for name in names:
        kept = out / _OLD / name
        if (out / _DECIDED / name).exists():
            continue
        if kept.exists():
            kept.replace(out / name)
        else:
            (out / name).unlink(missing_ok=True)
    shutil.rmtree(out / _DECIDED, ignore_errors=True)


@contextlib.contextmanager
def _locked(out: Path) -> Iterator[None]:
    """Lock the folder against a second export, on systems that have such locks."""
    try:
        import fcntl
    except ImportError:
        yield
        return
    handle = os.open(out, os.O_RDONLY)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise DeviceError(f"another export writes to {out}; wait for it, or name another --out") from error
        except OSError as error:
            if error.errno not in (errno.ENOLCK, errno.ENOTSUP, errno.EINVAL):
                raise
        yield
    finally:
        os.close(handle)


@contextlib.contextmanager
def _device_errors(out: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if isinstance(error, BrokenPipeError):
            raise
        where = error.filename or out
        raise DeviceError(f"{where} cannot be written: {error.strerror or error}; nothing was published") from error


@contextlib.contextmanager
def _signals_wait() -> Iterator[None]:
    """Delay Ctrl-C and SIGTERM until the end of the block."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    received: list[int] = []

    def note(number: int, _frame: FrameType | None) -> None:
        received.append(number)

    before: dict[int, Any] = {number: signal.signal(number, note) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler if handler is not None else signal.SIG_DFL)
        for number in received:
            signal.raise_signal(number)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        with contextlib.suppress(OSError):  # some file systems cannot
            os.fsync(handle)
    finally:
        os.close(handle)
