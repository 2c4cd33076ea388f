"""Files below a folder, in natural order. Links are followed, and each folder is read once."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

COMPANIONS = frozenset({"labels.csv", "Thumbs.db", "desktop.ini"})
"""Files in a folder of pictures that are not pictures."""

_DIGITS = re.compile(r"([0-9]+)")


def natural(name: str) -> tuple[list[str | int], str]:
    """Return a sorting key that puts img2 before img10."""
    # Every second piece is a number, so that equal positions have equal types. int() refuses longer numbers.
    pieces = _DIGITS.split(name)
    return [int(piece[:1000]) if place % 2 else piece for place, piece in enumerate(pieces)], name


def walk(folder: str, left_out: set[Path]) -> Iterator[str]:
    """Yield the files below a folder in natural order, without hidden files and companions.

    A folder that cannot be listed is yielded like a file, so that opening it reports the error.
    """
    seen = {identity for path in left_out if (identity := _identity(str(path))) is not None}
    waiting = [(folder, True)]
    while waiting:
        path, is_folder = waiting.pop()
        if not is_folder:
            yield path
            continue
        identity = _identity(path)
        if path != folder and identity in seen:
            continue
        try:
            with os.scandir(path) as listing:
                entries = sorted(listing, key=lambda entry: natural(entry.name), reverse=True)
        except OSError:
            yield path
            continue
        if identity is not None:
            seen.add(identity)
        waiting += [
            (entry.path, entry.is_dir()) for entry in entries if entry.name[0] != "." and entry.name not in COMPANIONS
        ]


def _identity(folder: str) -> tuple[int, int] | None:
    """Return device and inode, which are the same for all links to a folder."""
    try:
        found = os.stat(folder)  # noqa: PTH116
    except OSError:
        return None
    return found.st_dev, found.st_ino
