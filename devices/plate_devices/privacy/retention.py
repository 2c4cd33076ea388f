"""What is too old is deleted: pictures that were saved, and rows wherever outputs keep some."""

from __future__ import annotations

import re
import threading
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from plate_runtime.errors import PlateEdgeError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

EVERY = 3600.0
"""Seconds between two looks."""

# Pictures of this project alone: the folder may be one that other pictures lie in, too.
_OURS = re.compile(
    r"([0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|.+-read|.+-plate\d+)(-\d+)?\.jpg|\..+\.\d+\.part\.jpg", re.ASCII
)


class Retention:
    """Deletes what is older than `keep_days`, at the start and every hour, in a thread of its own."""

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
            clock_set: nothing is deleted while it says no: who does not know the time does not know what is old.
            warn: is told what could not be deleted; it is tried again at the next look.
        """
        self._keep = timedelta(days=keep_days)
        self._folders, self._forget, self._clock_set, self._warn = folders, forget, clock_set, warn
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin; nothing happens where everything is kept for ever."""
        if self._keep:
            self._thread = threading.Thread(target=self._run, name="retention", daemon=True)
            self._thread.start()

    def close(self) -> None:
        """End, within a moment."""
        self._stopped.set()
        if self._thread is not None:
            self._thread.join(5.0)

    def delete_old(self, now: datetime) -> int:
        """Delete what is too old at `now`, and return how many pictures and rows that were."""
        before = now - self._keep
        deleted = sum(self._delete_pictures(folder, before) for folder in self._folders)
        for forget in self._forget:
            try:
                deleted += forget(before)
            except PlateEdgeError as error:
                self._warn(f"{error}; rows older than {before:%Y-%m-%d %H:%M} are still there")
        return deleted

    def _delete_pictures(self, folder: Path, before: datetime) -> int:
        deleted = 0
        try:
            for path in folder.iterdir():
                if _OURS.fullmatch(path.name) and path.lstat().st_mtime < before.timestamp():
                    path.unlink(missing_ok=True)
                    deleted += 1
        except FileNotFoundError:
            return deleted
        except OSError as error:
            self._warn(f"old pictures in {folder} cannot be deleted: {error.strerror or error}")
        return deleted

    def _run(self) -> None:
        due = time.monotonic()
        while not self._stopped.is_set():
            if time.monotonic() >= due and self._clock_set():
                self.delete_old(datetime.now(UTC))
                due = time.monotonic() + EVERY
            self._stopped.wait(min(60.0, max(1.0, due - time.monotonic())))
