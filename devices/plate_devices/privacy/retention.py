"""What is too old is deleted: pictures that were saved, and rows wherever outputs keep some."""

from __future__ import annotations

import os
import re
import stat
import threading
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from plate_devices.events.times import RELEASED
from plate_devices.outputs.pictures import MARK
from plate_devices.private_files import clean_folder, read_regular
from plate_devices.records import UUID7
from plate_devices.threads import Worker, describe
from plate_runtime.errors import PlateEdgeError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

EVERY = 3600.0
"""Seconds between two looks..."""
RETRY = 60.0
"""...and after one that could not delete everything."""

# Pictures of this project alone: the folder may be one that other pictures lie in, too.
_NAMED_BY_ID = re.compile(rf"{UUID7}(-\d+)?\.jpg|\.{UUID7}\.\d+\.part\.jpg", re.ASCII)
_BEGINNING = 1024
"""Bytes of a JPEG in which the comment of this project stands."""

_DAY = 86400.0


class Retention:
    """Deletes what is older than `keep_days`, at the start and every hour, in a thread of its own.

    Attributes:
        problem: why something old is still there, as found at the last look; "" where nothing is.
    """

    def __init__(
        self,
        keep_days: float,
        folders: Sequence[Path],
        forget: Sequence[Callable[[datetime], int]] = (),
        clock_set: Callable[[], bool] = lambda: True,
        warn: Callable[[str], None] = lambda _: None,
    ) -> None:
        """Take what there is to delete.

        Args:
            folders: where pictures are saved; others than ours stay.
            forget: delete all that is older than a moment and return how much that was.
            clock_set: nothing is deleted while it says no: without the right time it is not known what is old.
            warn: is told what could not be deleted; it is tried again at the next look.
        """
        self.problem = ""
        self._keep = timedelta(days=keep_days)
        self._folders, self._forget, self._clock_set, self._warn = folders, forget, clock_set, warn
        self._stopped = threading.Event()
        self._worker: Worker | None = None

    def start(self) -> None:
        """Begin; nothing happens where everything is kept."""
        if self._keep:
            self._worker = Worker(self._run, "retention")
            self._worker.start()

    def close(self) -> None:
        """End, within a moment."""
        self._stopped.set()
        if self._worker is not None:
            self._worker.join(5.0)

    def delete_old(self, now: datetime) -> int:
        """Delete what is too old at `now`, and return how many pictures and rows that were.

        What cannot be deleted keeps nothing else from being deleted.
        """
        before = now - self._keep
        problems: list[str] = []
        deleted = sum(self._delete_pictures(folder, before.timestamp(), problems) for folder in self._folders)
        for forget in self._forget:
            try:
                deleted += forget(before)
            except PlateEdgeError as error:
                problems.append(f"{error}; rows older than {before:%Y-%m-%d %H:%M} are still there")
            except Exception as error:  # a mistake in one output must not keep the plates of the others
                problems.append(f"{describe(error)}; rows older than {before:%Y-%m-%d %H:%M} may still be there")
        for problem in problems:
            self._warn(problem)
        self.problem = "; ".join(problems)
        return deleted

    def _delete_pictures(self, folder: Path, before: float, problems: list[str]) -> int:
        deleted, failed = 0, list[str]()
        clean_folder(folder)
        try:
            paths = sorted(folder.iterdir())
        except FileNotFoundError:
            return 0
        except OSError as error:
            problems.append(f"old pictures in {folder} cannot be deleted: {error.strerror or error}")
            return 0
        for path in paths:
            try:
                if _is_old_picture(path, before):
                    path.unlink(missing_ok=True)
                    deleted += 1
            except FileNotFoundError:
                continue
            except OSError as error:
                failed.append(f"{path.name}: {error.strerror or error}")
        if failed:
            problems.append(f"{len(failed)} old pictures in {folder} cannot be deleted, such as {failed[0]}")
        return deleted

    def _run(self) -> None:
        due = time.monotonic()
        while not self._stopped.is_set():
            if time.monotonic() >= due and self._clock_set():
                self.delete_old(datetime.now(UTC))
                due = time.monotonic() + (RETRY if self.problem else EVERY)
            self._stopped.wait(min(60.0, max(1.0, due - time.monotonic())))


def _is_old_picture(path: Path, before: float) -> bool:
    """Whether a file is a picture of ours and old. One with a time in the future begins to age now. Raises OSError."""
    by_id = _NAMED_BY_ID.fullmatch(path.name) is not None
    if not by_id and path.suffix != ".jpg":
        return False
    found = path.lstat()
    if not stat.S_ISREG(found.st_mode):
        return False
    now = time.time()
    if found.st_mtime > max(now, RELEASED) + _DAY and (by_id or _is_marked(path)):
        os.utime(path, (now, now), follow_symlinks=False)
        return False
    return found.st_mtime < before and (by_id or _is_marked(path))


def _is_marked(path: Path) -> bool:
    with read_regular(path) as stream:
        beginning = stream.read(_BEGINNING)
    return beginning.startswith(b"\xff\xd8") and MARK in beginning
