"""Labelled sets of plate-eval: a labels file or a folder."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from plate_runtime.errors import DataError
from plate_runtime.labels import LabelledPicture, read_class_folders, read_labels
from plate_runtime.script import LATIN, Script

LABELS = "labels.csv"


class LabelledSet(NamedTuple):
    """Labelled pictures: the name of the set, all rows, and those with a text."""

    name: str
    rows: list[LabelledPicture]
    pictures: list[LabelledPicture]

    @property
    def read_as(self) -> str:
        """The mode for the pictures: frames if there are corners or no texts, else characters or plates."""
        if not self.pictures or any(row.corners for row in self.rows):
            return "frame"
        return "character" if all(len(picture.text) == 1 for picture in self.pictures) else "plate"


def labels_file(file: Path, script: Script = LATIN) -> LabelledSet:
    """Read a labels file, texts in characters of a script. Raises DataError where it cannot be read."""
    return _scored(str(file), read_labels(file, script))


def data_folder(folder: Path, script: Script = LATIN) -> LabelledSet:
    """Read a folder with labels.csv or class folders, or its val/ where it has one.

    Raises:
        DataError: it holds no labelled pictures.
    """
    return next(candidates(folder, script))


def candidates(folder: Path, script: Script = LATIN) -> Iterator[LabelledSet]:
    """Yield the labelled sets that `folder` may stand for: its val/ first, then the folder itself.

    Raises:
        DataError: it holds no labelled pictures.
    """
    if not folder.is_dir():
        raise DataError(f"{folder} is not a folder")
    found = 0
    for part in (folder / "val", folder):
        if part.is_dir():
            try:
                labelled = _read_folder(part, script)
            except DataError:
                if part == folder and not found:
                    raise
                continue
            found += 1
            yield labelled


def _read_folder(folder: Path, script: Script) -> LabelledSet:
    if (folder / LABELS).is_file():
        return _scored(str(folder), read_labels(folder / LABELS, script))
    return _scored(str(folder), read_class_folders(folder, _print_note, script))


def _print_note(line: str) -> None:
    print(f"plate-eval: {line}", file=sys.stderr)


def _scored(name: str, rows: list[LabelledPicture]) -> LabelledSet:
    """Return the set. A row without text is a plate that cannot be read, or a picture without a plate."""
    return LabelledSet(name, rows, [row for row in rows if row.text])
