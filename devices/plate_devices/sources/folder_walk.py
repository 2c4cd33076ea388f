"""The files below a folder, in the order in which people count, links followed and each folder read once."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

COMPANIONS = frozenset({"labels.csv", "Thumbs.db", "desktop.ini"})
"""What belongs to a folder of pictures without being one."""

_DIGITS = re.compile(r"([0-9]+)")


def natural(name: str) -> tuple[list[str | int], str]:
    """Return what to sort names by, so that img2 stands before img10."""
    # Every second piece is a number: pieces at one place are of one type. Longer numbers than these are text to int().
    pieces = _DIGITS.split(name)
    return [int(piece[:1000]) if place % 2 else piece for place, piece in enumerate(pieces)], name


def walk(folder: str, left_out: set[Path]) -> Iterator[str]:
    """Yield the files below a folder in natural order; hidden ones and companions are passed over.

    A folder that cannot be listed is yielded as if it were a file: it comes up again as one that cannot be read.
    """
    out = {identity for path in left_out if (identity := _identity(str(path))) is not None}
    seen = set(out)
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
    """Which folder it is, by whatever links it is reached."""
    try:
        found = os.stat(folder)  # noqa: PTH116
    except OSError:
        return None
    return found.st_dev, found.st_ino
