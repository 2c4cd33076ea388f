"""Labelled pictures on disk: `labels.csv` and class folders, read the same way by everybody who scores."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from .alphabet import ALPHABET, normalise
from .errors import DataError
from .image import SUFFIXES


@dataclass(frozen=True)
class LabelledPicture:
    """A picture file and what stands in it.

    Attributes:
        text: A-Z0-9; empty for a plate that is not scored for reading, or none at all.
        corners: four (x, y) from top left clockwise in pixels, or None; group: e.g. the vehicle, or None.
    """

    path: Path
    text: str
    corners: tuple[tuple[float, float], ...] | None = None
    group: str | None = None


def read_labels(file: str | Path) -> list[LabelledPicture]:
    """Read a `labels.csv` with the columns image, text and maybe corners and group; others are ignored.

    Raises:
        DataError: the file cannot be read, lacks a column, has no rows, or a row that makes no sense.
    """
    file = Path(file)
    try:
        with file.open(newline="", encoding="utf-8-sig") as stream:
            rows = csv.DictReader(stream)
            if not {"image", "text"} <= set(rows.fieldnames or ()):
                raise DataError(f"{file} has no header with the columns image and text")
            found = [_picture(file, rows.line_num, row) for row in rows]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{file} cannot be read: {getattr(error, 'strerror', None) or error}") from error
    if not found:
        raise DataError(f"{file} names no pictures")
    return found


def read_class_folders(folder: str | Path) -> list[LabelledPicture]:
    """Read class folders `X` or `class_X`, sorted by class and name; other files and folders are ignored.

    Raises:
        DataError: the folder cannot be read, holds no class folders, or one of them holds no picture.
    """
    folder = Path(folder)
    try:
        entries = sorted(entry for entry in folder.iterdir() if entry.is_dir())
    except OSError as error:
        raise DataError(f"{folder} cannot be read: {error.strerror or error}") from error
    found = []
    for entry in entries:
        name = entry.name.removeprefix("class_")
        if len(name) != 1 or name not in ALPHABET:
            continue
        pictures = sorted(path for path in entry.iterdir() if path.suffix.lower() in SUFFIXES and path.is_file())
        if not pictures:
            raise DataError(f"class folder {entry} holds no picture; fill it or remove it")
        found += [LabelledPicture(path, name) for path in pictures]
    if not found:
        raise DataError(f"{folder} holds no class folders (named X or class_X, X one of 0-9 A-Z)")
    return found


@dataclass(frozen=True)
class LabelledFrame:
    """A picture file and every plate that is labelled in it, none where it shows none.

    A plate without corners may stand anywhere in the picture; one without text is not scored for reading.
    """

    path: Path
    plates: tuple[LabelledPicture, ...]


def by_picture(rows: Iterable[LabelledPicture]) -> list[LabelledFrame]:
    """Gather the rows of a set by their picture, in the order in which pictures come up first."""
    gathered: dict[Path, list[LabelledPicture]] = {}
    for row in rows:
        plates = gathered.setdefault(row.path, [])
        if row.text or row.corners is not None:
            plates.append(row)
    return [LabelledFrame(path, tuple(plates)) for path, plates in gathered.items()]


def set_digest(pictures: Iterable[LabelledPicture]) -> str:
    """Return the SHA-256 of a labelled set: of each file's content, text and corners, in an order of its own.

    File names and folders do not count, so a copied or renamed set keeps its digest.

    Raises:
        DataError: a file cannot be read.
    """
    entries = []
    for picture in pictures:
        try:
            content = hashlib.sha256(picture.path.read_bytes()).hexdigest()
        except OSError as error:
            raise DataError(f"{picture.path} cannot be read: {error.strerror or error}") from error
        corners = "".join(f" {x:g} {y:g}" for x, y in picture.corners or ())
        entries.append(f"{content} {picture.text}{corners}\n")
    return hashlib.sha256("".join(sorted(entries)).encode()).hexdigest()


def _picture(file: Path, line: int, row: dict[str, str | None]) -> LabelledPicture:
    image = (row.get("image") or "").strip()
    if not image:
        raise DataError(f"{file}, line {line}: no image is named")
    group = (row.get("group") or "").strip() or None
    corners = parse_corners(file, line, row.get("corners") or "")
    return LabelledPicture(file.parent / image, normalise(row.get("text") or ""), corners, group)


def parse_corners(file: Path, line: int, typed: str) -> tuple[tuple[float, float], ...] | None:
    """Read eight numbers, x and y of four corners; None for nothing. Raises DataError, naming the line, for others."""
    text = typed.split()
    if not text:
        return None
    try:
        numbers = [float(number) for number in text]
    except ValueError as error:
        raise DataError(f"{file}, line {line}: corners are eight numbers, not {' '.join(text)!r}") from error
    if len(numbers) != 8:
        raise DataError(f"{file}, line {line}: corners are eight numbers, not {len(numbers)}")
    return tuple(zip(numbers[::2], numbers[1::2], strict=True))
