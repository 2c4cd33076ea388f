"""A folder that something else fills while we watch, such as an FTP server with a camera's pictures."""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from plate_devices.sources.folder_walk import natural, walk
from plate_devices.sources.source import Frame, Roi
from plate_runtime.errors import InputError
from plate_runtime.pictures.decoder import Limits
from plate_runtime.pictures.open_picture import CAMERA, SUFFIXES, open_picture

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np
    from numpy.typing import NDArray

    from plate_devices.sources.live import Listener

COMPLETE_AFTER = 1.0
"""Seconds without a change after which a file is complete."""

GIVEN_UP_AFTER = 10.0
"""Seconds without a change after which a file that cannot be read is reported, and left."""

_GLANCE = 0.25
# Seconds between two looks; longer where a look takes long, so that it takes a quarter of the time at most.
_SHARE = 4.0
_JUST_NOW = 60.0
_LIMITS = Limits(("JPEG", "PNG"), CAMERA.pixels)


class _File(NamedTuple):
    """One content of a file, whatever it is called: a renamed file is the same, one written again is another."""

    device: int
    inode: int
    size: int
    modified: int


class WatchedFolder:
    """The pictures that come into a folder, and into those in it, each once, as soon as it is complete.

    What is there at the start is left, unless it is asked for. A picture that cannot be read is tried again whenever it
    changes. No picture is dropped: they wait in the folder.

    Attributes:
        listener: is told of what cannot be read, and called while nothing comes.
    """

    still = False
    dropped = 0
    default_roi: Roi | None = None

    def __init__(self, folder: str, old_too: bool = False, leave_out: set[Path] | None = None) -> None:
        """Take the folder; `old_too` says that what is in it at the start is read first."""
        self.name = folder
        self.listener: Listener | None = None
        self.state = ""
        self._old_too = old_too
        self._leave_out = leave_out or set()
        self._closed = False
        self._seen: dict[_File, float] = {}
        self._done: set[_File] = set()
        self._gone_at = 0.0

    def frames(self) -> Iterator[Frame]:
        """Yield the pictures until `close`. What goes wrong is told the listener."""
        number = 0
        if not self._old_too:
            self._done = set(self._look())
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

    def close(self) -> None:
        """Look no more."""
        self._closed = True

    def _complete(self) -> list[tuple[_File, str]]:
        """Look at the folder; return what has not changed for a while, the oldest first."""
        there = self._look()
        now = time.monotonic()
        self._done &= there.keys()
        self._seen = {file: self._seen.get(file, now) for file in there.keys() - self._done}
        found = [file for file, since in self._seen.items() if now - since >= COMPLETE_AFTER]
        return [(file, there[file]) for file in sorted(found, key=lambda one: (one.modified, natural(there[one])))]

    def _look(self) -> dict[_File, str]:
        """Return the pictures that are there, by content, with their paths."""
        if not Path(self.name).is_dir():
            if not self.state:
                self._gone_at = time.time()
            self._say("cannot be read; is its disk there?")
            return {}
        was_gone = bool(self.state)
        self._say("")
        there = {}
        for path in walk(self.name, self._leave_out):
            if Path(path).suffix.lower() in SUFFIXES and (file := _file(path)) is not None:
                there[file] = path
        if was_gone:  # a disk that is back may have other numbers; only what has come since is new
            self._done |= {file for file in there if file.modified < self._gone_at * 1e9}
        return there

    def _read(self, file: _File, path: str) -> NDArray[np.uint8] | None:
        """Return a picture, or None where it cannot be read, yet."""
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

    def _say(self, wrong: str) -> None:
        """Report once that the folder is gone, and once that it is back."""
        if self.listener is not None and bool(wrong) != bool(self.state):
            self.listener.report(f"{self.name} {wrong or 'is back'}")
        self.state = wrong

    def _wait(self, started: float) -> None:
        """Give the listener its turn until the next look is due."""
        due = time.monotonic() + max(_GLANCE, _SHARE * (time.monotonic() - started))
        while not self._closed and (rest := due - time.monotonic()) > 0:
            time.sleep(min(rest, _GLANCE))
            if self.listener is not None:
                self.listener.waiting()


def _file(path: str) -> _File | None:
    try:
        found = os.stat(path)  # noqa: PTH116
    except (OSError, ValueError):
        return None
    return _File(found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns)


def _moment(file: _File) -> datetime:
    """When a picture was complete: by its file where that says so, else now."""
    now = time.time()
    modified = file.modified / 1e9
    return datetime.fromtimestamp(modified if 0 <= now - modified < _JUST_NOW else now, UTC)
