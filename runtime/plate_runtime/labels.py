"""Labelled pictures on disk: `labels.csv` and class folders."""

from __future__ import annotations

import hashlib
import math
import os
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from .errors import DataError, damage_as
from .files import read_whole
from .geometry import is_convex
from .label_table import read_table
from .pictures.open_picture import SUFFIXES
from .results import Corners
from .script import LATIN, Script

_LONGEST_PATH = 4096
_LARGEST_PICTURE = 512 << 20  # bytes
_FARTHEST = 1e6  # pixels
_CONFIRMED = ("yes", "y", "true", "1", "x")


@dataclass(frozen=True)
class LabelledPicture:
    """A picture file and its label.

    Attributes:
        text: in characters of a script; empty for a plate that is not scored for reading, and for no plate.
        corners: of the plate, or None. group: for example the vehicle, or None.
    """

    path: Path
    text: str
    corners: Corners | None = None
    group: str | None = None


def read_labels(file: str | Path, script: Script = LATIN) -> list[LabelledPicture]:
    """Read a `labels.csv` with the columns image, text and maybe corners and group; others are ignored.

    See `label_table` for the headers, delimiters and encodings that are understood, `Script.to_characters` for texts.
    If there is a column `confirmed`, it has to say yes in every row: a draft holds what a reader read, and a set of
    its own readings would say that it is always right.

    Raises:
        DataError: the file cannot be read, lacks a column, has no rows, or a row that makes no sense or is a draft.
    """
    file = Path(file)
    found = [_picture(file, line, row, script) for line, row in read_table(file)]
    if not found:
        raise DataError(f"{file} names no pictures")
    return found


def read_class_folders(
    folder: str | Path, note: Callable[[str], object] = lambda _line: None, script: Script = LATIN
) -> list[LabelledPicture]:
    """Read class folders, sorted by folder and name: `X`, `class_X`, in capitals or not, X of the script.

    Args:
        note: called with one line for each folder, and for the files of each class, that are left out.

    Raises:
        DataError: the folder cannot be read, holds no class folders, two of one class, or one without a picture.
    """
    folder = Path(folder)
    try:
        entries = sorted(entry for entry in folder.iterdir() if entry.is_dir() and not _is_hidden(entry))
        classes: dict[str, Path] = {}
        for entry in entries:
            if (character := class_of(entry.name, script)) is None:
                note(f"{entry} is left out: its name is not a class (X or class_X, X one of {script.alphabet})")
                continue
            if character in classes:
                raise DataError(f"{classes[character]} and {entry} are of one class; join them, or remove one")
            classes[character] = entry
        found = [one for character in classes for one in _of_class(classes[character], character, note)]
    except OSError as error:
        raise DataError(f"{error.filename or folder} cannot be read: {error.strerror or error}") from error
    if not found:
        raise DataError(f"{folder} holds no class folders (named X or class_X, X {script.name})")
    return found


def class_of(name: str, script: Script = LATIN) -> str | None:
    """Return the character that a class folder is named after, or None."""
    plain, alphabet = without_prefix(name), script.alphabet
    if len(plain) != 1:
        return None
    return plain if plain in alphabet else plain.upper() if plain.upper() in alphabet else None


def without_prefix(name: str) -> str:
    """Return the name of a class folder without "class_"."""
    plain = unicodedata.normalize("NFC", name.strip())
    return plain[6:].strip() if plain[:5].lower() == "class" and plain[5:6] in ("_", "-", " ") else plain


def _of_class(folder: Path, character: str, note: Callable[[str], object]) -> list[LabelledPicture]:
    entries = sorted(entry for entry in folder.iterdir() if not _is_hidden(entry))
    pictures = [path for path in entries if path.suffix.lower() in SUFFIXES and path.is_file()]
    if not pictures:
        raise DataError(f"class folder {folder} holds no picture; fill it or remove it")
    if others := [path.name for path in entries if path not in set(pictures)]:
        more = f" and {len(others) - 3} more" if len(others) > 3 else ""
        note(f"{folder}: {', '.join(others[:3])}{more} left out: they cannot be decoded as pictures")
    return [LabelledPicture(path, character) for path in pictures]


def _is_hidden(path: Path) -> bool:
    return path.name.startswith((".", "__MACOSX")) or path.name == "Thumbs.db"


@dataclass(frozen=True)
class LabelledFrame:
    """A picture file and all plates that are labelled in it.

    A plate without corners may be anywhere in the picture. A plate without text is not scored for reading.
    """

    path: Path
    plates: tuple[LabelledPicture, ...]


def by_picture(rows: Iterable[LabelledPicture]) -> list[LabelledFrame]:
    """Group the rows of a set by their picture, in the order of the first rows."""
    gathered: dict[Path, list[LabelledPicture]] = {}
    for row in rows:
        plates = gathered.setdefault(row.path, [])
        if row.text or row.corners is not None:
            plates.append(row)
    return [LabelledFrame(path, tuple(plates)) for path, plates in gathered.items()]


def set_digest(pictures: Iterable[LabelledPicture]) -> str:
    """Return the SHA-256 of a labelled set: of each file's content, text and corners, independent of their order.

    File names and folders do not count, so a copied or renamed set keeps its digest.

    Raises:
        DataError: a file cannot be read, is no regular file, or has more than 512 MB.
    """
    entries = []
    for picture in pictures:
        content = hashlib.sha256(read_whole(picture.path, _LARGEST_PICTURE, DataError)).hexdigest()
        corners = "".join(f" {x:g} {y:g}" for x, y in picture.corners or ())
        entries.append(f"{content} {picture.text}{corners}\n")
    return hashlib.sha256("".join(sorted(entries)).encode()).hexdigest()


def _picture(file: Path, line: int, row: dict[str, str], script: Script) -> LabelledPicture:
    if not row["image"]:
        raise DataError(f"{file}, line {line}: no image is named")
    if row.get("confirmed", "yes").lower() not in _CONFIRMED:
        raise DataError(
            f"{file}, line {line}: the text {row['text'][:40]!r} is a draft; look at {row['image'][:80]}, correct the "
            'text, and write yes in the column "confirmed"; delete rows that you do not confirm'
        )
    if not row["image"].isprintable() or len(row["image"]) > _LONGEST_PATH:
        raise DataError(f"{file}, line {line}: {row['image'][:40]!r} is not the name of a picture")
    path = file.parent / row["image"]
    if "\\" in row["image"] and not os.path.exists(path):  # noqa: PTH110  # written on Windows
        path = file.parent / row["image"].replace("\\", "/")
    try:
        text = script.to_characters(row["text"])
    except ValueError as error:
        raise DataError(f"{file}, line {line}: {row['text']!r}: {error}") from error
    return LabelledPicture(path, text, parse_corners(file, line, row.get("corners", "")), row.get("group") or None)


def parse_corners(file: Path, line: int, typed: str) -> Corners | None:
    """Read eight numbers, x and y of four corners; None for nothing. Raises DataError, naming the line, for others."""
    text = typed.split()
    if not text:
        return None
    shown = " ".join(text)[:80]
    with damage_as(DataError, f"{file}, line {line}: corners are eight numbers, not {shown!r}"):
        numbers = [float(number) for number in text]
    if not all(math.isfinite(number) and abs(number) <= _FARTHEST for number in numbers):
        raise DataError(f"{file}, line {line}: corners are eight numbers of pixels, not {shown!r}")
    if len(numbers) != 8:
        raise DataError(f"{file}, line {line}: corners are eight numbers, not {len(numbers)}")
    corners = tuple(zip(numbers[::2], numbers[1::2], strict=True))
    if not is_convex(corners):
        raise DataError(
            f"{file}, line {line}: the corners {shown} are no quadrilateral; name them clockwise from the top left"
        )
    return corners
