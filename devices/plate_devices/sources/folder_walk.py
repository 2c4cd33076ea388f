"""Files below a folder, in natural order. Links are followed, and each folder is read once."""

from __future__ import annotations

import os
import re
from itertools import islice
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

COMPANIONS = frozenset({"labels.csv", "labels-draft.csv", "Thumbs.db", "desktop.ini"})
"""Files in a folder of pictures that are not pictures."""

MOST_SORTED = 50_000
"""Most entries of one folder that are sorted at once: half a second and 60 MB. A larger folder is read in blocks of so
many entries, as the disk lists them, and each block is sorted."""

_DIGITS = re.compile(r"([0-9]+)")


def natural(name: str) -> tuple[list[str | int], str]:
    """Return a sorting key that puts img2 before img10."""
    # Every second piece is a number, so that equal positions have equal types. int() refuses longer numbers.
    pieces = _DIGITS.split(name)
    return [int(piece[:1000]) if place % 2 else piece for place, piece in enumerate(pieces)], name


def walk(folder: str, left_out: set[Path], ordered: bool = True) -> Iterator[str]:
    """Yield the files below a folder in natural order, without hidden files and companions.

    The memory is bounded, and the first file comes at once, however many there are; `MOST_SORTED` says what this means
    for the order. A folder that cannot be listed is yielded like a file, so that opening it reports the error.

    Args:
        folder: where to begin.
        left_out: folders that are not read; they may be created while it walks.
        ordered: False to save the sorting where only the number of files matters.
    """
    seen = {_identity(folder)} - {None}
    waiting = [(folder, _entries(folder, ordered))]
    while waiting:
        path, entries = waiting[-1]
        try:
            found, is_folder = next(entries, ("", False))
        except OSError:
            found, is_folder = "", False
            yield path
        if not found:
            waiting.pop()
        elif not is_folder or (identity := _identity(found)) is None:
            yield found
        elif identity not in seen and identity not in map(_identity, map(str, left_out)):
            seen.add(identity)
            waiting.append((found, _entries(found, ordered)))


def _entries(folder: str, ordered: bool) -> Iterator[tuple[str, bool]]:
    """Yield the path of each entry, and whether it is a folder. Raises OSError when it is first asked for one."""
    with os.scandir(folder) as listing:  # closes itself at its end: folders may be deeper than files can be open
        while block := list(islice(listing, MOST_SORTED)):
            kept = [entry for entry in block if entry.name[0] != "." and entry.name not in COMPANIONS]
            if ordered:
                kept.sort(key=lambda entry: natural(entry.name))
            yield from ((entry.path, _is_folder(entry)) for entry in kept)


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link to itself
        return False


def _identity(folder: str) -> tuple[int, int] | None:
    """Return device and inode, which are the same for all links to a folder."""
    try:
        found = os.stat(folder)  # noqa: PTH116
    except OSError:
        return None
    return found.st_dev, found.st_ino
