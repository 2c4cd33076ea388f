"""A folder that another program fills with pictures, such as an FTP server for a camera."""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from plate_devices.sources.folder_walk import natural, walk
from plate_devices.sources.source import Frame, Source
from plate_runtime.errors import InputError
from plate_runtime.pictures.decoder import Limits
from plate_runtime.pictures.open_picture import CAMERA, SUFFIXES, open_picture

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from plate_devices.sources.source import Frames

COMPLETE_AFTER = 1.0
"""Seconds without a change after which a file is complete."""

GIVEN_UP_AFTER = 10.0
"""Seconds without a change after which a file that cannot be read is reported and skipped."""

_POLL_EVERY = 0.25
# Seconds between two scans of the folder; a pause is at least so many times longer than a scan.
_PAUSE_RATIO = 4.0
_JUST_NOW = 60.0
_LIMITS = Limits(("JPEG", "PNG"), CAMERA.pixels)


class _File(NamedTuple):
    """Identity of a file's content: renaming keeps it, writing again changes it."""

    device: int
    inode: int
    size: int
    modified: int


class WatchedFolder(Source):
    """New pictures of a folder and its subfolders, each once, when it is complete.

    A picture that cannot be read is tried again when it changes. No picture is dropped.

    Attributes:
        listener: is called about pictures that cannot be read, and while there is none.
    """

    def __init__(self, folder: str, old_too: bool = False, leave_out: set[Path] | None = None) -> None:
        """Take the folder; with `old_too`, the pictures that are in it at the start are read first."""
        self.name = folder
        self._state = ""
        self._old_too = old_too
        self._leave_out = leave_out or set()
        self._closed = False
        self._seen: dict[_File, float] = {}
        self._done: set[_File] = set()
        self._scanned_at = self._gone_at = 0.0
        self._done_before: set[tuple[int, int]] = set()
        self._seen_before: set[tuple[int, int]] = set()
        self._unread = old_too  # until the first scan

    @property
    def state(self) -> str:
        return self._state

    def frames(self) -> Frames:
        """Yield the pictures until `close`. Errors are reported to the listener."""
        number, self._scanned_at = 0, time.time()
        if not self._old_too:
            self._done = set(self._scan())
        while not self._closed:
            started = time.monotonic()
            for file, path in self._complete():
                rgb = self._read(file, path)
                if rgb is not None:
                    yield Frame(rgb, number, _moment(file))
                    number += 1
                if self._closed:
                    return
            self._wait(started)

    def interrupt(self) -> None:
        """Stop watching."""
        self._closed = True

    def close(self) -> None:
        """See `interrupt`."""
        self.interrupt()

    def _complete(self) -> list[tuple[_File, str]]:
        """Scan the folder; return the pictures that have not changed for a while, the oldest first."""
        there = self._scan()
        now = time.monotonic()
        self._done &= there.keys()
        self._seen = {file: self._seen.get(file, now) for file in there.keys() - self._done}
        found = [file for file, since in self._seen.items() if now - since >= COMPLETE_AFTER]
        return [(file, there[file]) for file in sorted(found, key=lambda one: (one.modified, natural(there[one])))]

    def _scan(self) -> dict[_File, str]:
        """Return the pictures in the folder, with their paths."""
        started = time.time()
        if not os.path.isdir(self.name):  # noqa: PTH112  Path raises an error where the folder above is closed
            if not self._state and not self._unread:
                self._remember()
            self._set_state("cannot be read; is its disk there?")
            return {}
        was_gone, self._unread = bool(self._state), False
        self._set_state("")
        self._scanned_at, there = started, {}
        for path in walk(self.name, self._leave_out):
            if Path(path).suffix.lower() in SUFFIXES and (file := _file(path)) is not None:
                there[file] = path
        if was_gone:
            self._done |= {file for file in there if self._was_done(file)}
        return there

    def _remember(self) -> None:
        """Note what was read of a folder that has gone away. The last scan may be long ago."""
        self._gone_at = self._scanned_at - COMPLETE_AFTER
        self._done_before = {(file.size, file.modified) for file in self._done}
        self._seen_before = {(file.size, file.modified) for file in self._seen}

    def _was_done(self, file: _File) -> bool:
        """Return whether a file was read before its folder went away. After mounting again, its numbers may differ."""
        known = file.size, file.modified
        if known in self._done_before or known in self._seen_before:
            return known in self._done_before
        return file.modified < self._gone_at * 1e9

    def _read(self, file: _File, path: str) -> NDArray[np.uint8] | None:
        """Return a picture, None where it cannot be read yet."""
        try:
            rgb = open_picture(path, limits=_LIMITS).rgb
        except InputError as error:
            gone = _file(path) != file  # deleted, renamed, or written again
            if not gone and time.monotonic() - self._seen[file] >= GIVEN_UP_AFTER:
                self._done.add(file)
                if self.listener is not None:
                    self.listener.report(str(error))
            return None
        self._done.add(file)
        return rgb

    def _set_state(self, problem: str) -> None:
        """Report once that the folder is missing, and once that it is back."""
        if self.listener is not None and bool(problem) != bool(self._state):
            self.listener.report(f"{self.name} {problem or 'is back'}")
        self._state = problem

    def _wait(self, started: float) -> None:
        """Call the listener until the next scan is due."""
        due = time.monotonic() + max(_POLL_EVERY, _PAUSE_RATIO * (time.monotonic() - started))
        while not self._closed and (rest := due - time.monotonic()) > 0:
            time.sleep(min(rest, _POLL_EVERY))
            if self.listener is not None:
                self.listener.waiting()


def _file(path: str) -> _File | None:
    try:
        found = os.stat(path)  # noqa: PTH116
    except (OSError, ValueError):
        return None
    return _File(found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns)


def _moment(file: _File) -> datetime:
    """Return when a picture was taken: the file's time if it is recent, else now."""
    now = time.time()
    modified = file.modified / 1e9
    return datetime.fromtimestamp(modified if 0 <= now - modified < _JUST_NOW else now, UTC)
