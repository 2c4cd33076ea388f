"""`labels-draft.csv` beside saved crops: what was read of each, to be confirmed by a person before it is used.

Its column `confirmed` says "no" in every row. `plate_runtime.labels` refuses such rows under any name of the file.
"""

from __future__ import annotations

import csv
import fcntl
import io
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

from plate_devices.formulas import FORMULA
from plate_devices.private_files import open_private, replacing

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FILE_NAME = "labels-draft.csv"
_HEADER = b"image,text,group,confidence,confirmed\n"


class DraftLabel(NamedTuple):
    """What was read of a crop.

    Attributes:
        text, confidence: of the reading.
        group: crops with one group show one vehicle: its record's id, or the file that it was read in.
    """

    text: str
    confidence: float
    group: str


def append_label(folder: Path, image: str, label: DraftLabel) -> None:
    """Append a row for a crop in a folder, whole or not at all. Raises OSError."""
    with io.StringIO(newline="") as line:
        row = (_plain(image), label.text, label.group, f"{label.confidence:.4f}", "no")
        csv.writer(line, lineterminator="\n").writerow(row)
        content = line.getvalue().encode(errors="backslashreplace")  # names of files may not be Unicode
    with _locked(folder / FILE_NAME) as handle:
        size = os.fstat(handle).st_size
        if not size:
            content = _HEADER + content
        elif os.pread(handle, 1, size - 1) != b"\n":  # the power failed within a row
            content = b"\n" + content
        try:
            if os.write(handle, content) < len(content):
                raise OSError(28, "no space left on the disk")
        except OSError:
            os.ftruncate(handle, size)
            raise


def delete_labels(folder: Path) -> int:
    """Delete the rows whose picture is gone; return their number. Raises OSError."""
    path = folder / FILE_NAME
    if not path.exists():
        return 0
    with _locked(path) as handle, os.fdopen(os.dup(handle), "rb") as lines:
        if lines.readline() != _HEADER:  # written by another program
            return 0
        deleted = sum(not _has_picture(folder, line) for line in lines)
        if deleted:
            lines.seek(len(_HEADER))
            with replacing(path, os.fstat(handle)) as stream:
                stream.write(_HEADER)
                stream.writelines(line for line in lines if _has_picture(folder, line))
    return deleted


def _has_picture(folder: Path, line: bytes) -> bool:
    cells = next(csv.reader([line.decode("utf-8", "replace")]), [])
    return bool(cells) and "\0" not in cells[0] and (folder / cells[0]).exists()


@contextmanager
def _locked(path: Path) -> Iterator[int]:
    """Open and lock the file; another thread or process may have replaced it before the lock."""
    while True:
        handle = open_private(path, os.O_RDWR | os.O_APPEND)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            if os.fstat(handle).st_nlink:
                yield handle
                return
        finally:
            os.close(handle)


def _plain(image: str) -> str:
    """Return the path of a picture in the folder; spreadsheets take some first characters as a formula."""
    return f"./{image}" if image.startswith(FORMULA) else image
