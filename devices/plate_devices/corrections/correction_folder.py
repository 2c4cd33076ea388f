"""The folder of corrections: a crop for each vehicle, and `labels.csv` with the texts that people have confirmed.

`plate-train plate --data` and `plate-eval --labels` read it.
"""

from __future__ import annotations

import csv
import fcntl
import io
import os
import re
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from plate_devices.private_files import clean_folder, create_folder, replacing, sync_folder
from plate_devices.unique_ids import UUID7
from plate_runtime.errors import DataError, DeviceError
from plate_runtime.files import read_whole

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime
    from pathlib import Path

LABELS = "labels.csv"
MOST = 20_000
"""Corrections in a folder; the file of labels is written again with each one."""

_HEADER = ["image", "text", "group"]
_LARGEST = 8 << 20
_ID = re.compile(UUID7, re.ASCII)


def _nothing() -> None: ...


class CorrectionFolder:
    """Keeps the newest correction of each vehicle. Thread-safe, also against other processes."""

    def __init__(self, folder: Path) -> None:
        """Use a folder; the first correction makes it."""
        self.folder = folder
        self._lock = threading.Lock()

    def texts(self) -> dict[str, str]:
        """Return the corrected texts by the id of the vehicle; "" is no plate. Raises DataError."""
        return {row[2]: row[1] for row in self._rows()}

    def save(
        self, vehicle: str, text: str, crop: bytes, moment: float, before: Callable[[], object] = _nothing
    ) -> None:
        """Save a correction, which replaces an earlier one of the vehicle. A crash leaves the old state or the new one.

        Args:
            vehicle: id of its record.
            text: in characters of the alphabet; "" if the crop shows no plate.
            crop: content of a JPEG.
            moment: when the vehicle passed, in seconds since 1970; `delete_before` compares it.
            before: is called right before something is written; if it raises an error, nothing is.

        Raises:
            DataError: the file of labels was written by another program, or there are too many corrections.
            DeviceError: the disk is full, or the folder is not writable.
        """
        if not _ID.fullmatch(vehicle):
            raise DataError(f"{vehicle[:40]!r} is not the id of a vehicle")
        image = f"{vehicle}.jpg"
        with self._written():
            rows = [row for row in self._rows() if row[2] != vehicle]
            if len(rows) >= MOST:
                raise DataError(f"{self.folder} holds {MOST} corrections; move them elsewhere, and train with them")
            before()
            with replacing(self.folder / image) as stream:
                stream.write(crop)
            os.utime(self.folder / image, (moment, moment))
            self._write([*rows, [image, text, vehicle]])

    def delete(self, vehicle: str, before: Callable[[], object] = _nothing) -> bool:
        """Delete the correction of a vehicle; return whether there was one. See `save`."""
        with self._written():
            rows = self._rows()
            left = [row for row in rows if row[2] != vehicle]
            if len(left) == len(rows):
                return False
            before()
            self._write(left)
            (self.folder / f"{vehicle}.jpg").unlink(missing_ok=True)
            return True

    def delete_before(self, before: datetime) -> int:
        """Delete corrections of vehicles that passed earlier, also crops that a kill has left without a row.

        Returns:
            Their number.

        Raises:
            DeviceError, DataError: see `save`.
        """
        if not self.folder.exists():
            return 0
        with self._written():
            rows, seconds = self._rows(), before.timestamp()
            left = [row for row in rows if self._passed(row[0]) >= seconds]
            if len(left) < len(rows):
                self._write(left)
            crops = {row[0] for row in rows} | {
                one.name for one in self.folder.glob("*.jpg") if _ID.fullmatch(one.stem)
            }
            old = {image for image in crops - {row[0] for row in left} if self._passed(image) < seconds}
            for image in old:
                (self.folder / image).unlink(missing_ok=True)
            return len(old)

    def _passed(self, image: str) -> float:
        with suppress(OSError):
            return (self.folder / image).stat().st_mtime
        return 0.0

    def _rows(self) -> list[list[str]]:
        """Return image, text and group of each correction."""
        path = self.folder / LABELS
        if not path.exists():
            return []
        try:
            text = read_whole(path, _LARGEST, DataError).decode("utf-8")
            header, *rows = list(csv.reader(io.StringIO(text, newline=""))) or [[]]
        except (UnicodeError, csv.Error) as error:
            raise DataError(f"{path} is damaged: {error}") from error
        if header != _HEADER or any(len(row) != len(_HEADER) or "/" in row[0] for row in rows):
            raise DataError(f"{path} has other rows than corrections; name another folder in [corrections]")
        return rows

    def _write(self, rows: list[list[str]]) -> None:
        with io.StringIO(newline="") as lines:
            csv.writer(lines, lineterminator="\n").writerows([_HEADER, *rows])
            content = lines.getvalue().encode()
        with replacing(self.folder / LABELS) as stream:
            stream.write(content)
        sync_folder(self.folder)

    @contextmanager
    def _written(self) -> Iterator[None]:
        """Make the folder, lock it, and delete unfinished files of killed processes."""
        with self._lock:
            try:
                create_folder(self.folder)
                handle = os.open(self.folder, os.O_RDONLY | os.O_CLOEXEC)
                try:
                    fcntl.flock(handle, fcntl.LOCK_EX)
                    clean_folder(self.folder)
                    yield
                finally:
                    os.close(handle)
            except OSError as error:
                raise DeviceError(f"corrections in {self.folder} cannot be saved: {error.strerror or error}") from error
