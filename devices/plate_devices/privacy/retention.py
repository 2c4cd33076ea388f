"""Delete saved pictures and stored events that are too old."""

from __future__ import annotations

import os
import re
import stat
import threading
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from plate_devices.events.system_times import RELEASED
from plate_devices.outputs.label_draft import FILE_NAME, delete_labels
from plate_devices.outputs.saved_pictures import MARK
from plate_devices.private_files import clean_folder, read_regular
from plate_devices.threads import BackgroundThread, describe
from plate_devices.unique_ids import UUID7
from plate_runtime.errors import PlateEdgeError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

EVERY = 3600.0
"""Seconds between two runs."""

RETRY = 60.0
"""Seconds to the next run after one that could not delete everything."""

# Only pictures of this program: the folder may hold others.
_NAMED_BY_ID = re.compile(rf"{UUID7}(-\d+)?\.jpg|\.{UUID7}\.\d+\.part\.jpg", re.ASCII)
_BEGINNING = 1024
"""Bytes at the beginning of a JPEG that hold the comment of this program."""

_DAY = 86400.0


class Retention:
    """Deletes everything older than `keep_days`, at the start and every hour, in its own thread.

    Attributes:
        problem: why something was not deleted in the last run, "" if everything was.
    """

    def __init__(
        self,
        keep_days: float,
        folders: Sequence[Path],
        delete: Sequence[Callable[[datetime], int]] = (),
        clock_set: Callable[[], bool] = lambda: True,
        warn: Callable[[str], None] = lambda _: None,
    ) -> None:
        """Prepare; `start` begins.

        Args:
            keep_days: days that everything is kept, 0 to keep it indefinitely.
            folders: of saved pictures; other pictures in them stay.
            delete: functions that delete everything older than a time and return the number.
            clock_set: whether the clock is right. Nothing is deleted before.
            warn: is called with a sentence about what could not be deleted; the next run tries again.
        """
        self.problem = ""
        self._keep = timedelta(days=keep_days)
        self._folders, self._delete, self._clock_set, self._warn = folders, delete, clock_set, warn
        self._stopped = threading.Event()
        self._worker: BackgroundThread | None = None

    def start(self) -> None:
        """Begin, unless everything is kept indefinitely."""
        if self._keep:
            self._worker = BackgroundThread(self._run, "retention")
            self._worker.start()

    def close(self) -> None:
        """End soon."""
        self._stopped.set()
        if self._worker is not None:
            self._worker.join(5.0)

    def delete_old(self, now: datetime) -> int:
        """Delete everything too old at `now`; return the number of pictures and events.

        A failure does not stop the rest.
        """
        before = now - self._keep
        problems: list[str] = []
        deleted = sum(self._delete_pictures(folder, before.timestamp(), problems) for folder in self._folders)
        for delete in self._delete:
            try:
                deleted += delete(before)
            except PlateEdgeError as error:
                problems.append(f"{error}; events before {before:%Y-%m-%d %H:%M} are not deleted")
            except Exception as error:  # a programming error in one output must not keep the plates of others
                problems.append(f"{describe(error)}; events before {before:%Y-%m-%d %H:%M} may not be deleted")
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
        try:
            deleted += delete_labels(folder)
        except OSError as error:
            failed.append(f"{FILE_NAME}: {error.strerror or error}")
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
    """Whether a file is an old picture of this program. One from the future begins to age now. Raises OSError."""
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
