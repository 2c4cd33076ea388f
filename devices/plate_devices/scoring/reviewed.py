"""Reviewed detections on no labelled plate. Labels of frames are often incomplete."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, NamedTuple

from plate_runtime.errors import DataError
from plate_runtime.labels import parse_corners

if TYPE_CHECKING:
    from pathlib import Path

    from plate_runtime.results import Corners

_ANSWERS = {"yes": True, "no": False}


class Seen(NamedTuple):
    """One reviewed detection: its corners in pixels of the picture, and whether it is a plate."""

    corners: Corners
    is_plate: bool


class Reviewed:
    """Reviewed detections by picture."""

    def __init__(self, seen: dict[str, list[Seen]]) -> None:
        self._seen = seen

    def of(self, picture: Path) -> list[Seen]:
        """Return the reviewed detections of a picture, which is identified by the end of its path."""
        path = f"/{picture.as_posix()}"
        return [one for image, some in self._seen.items() if path.endswith(f"/{image}") for one in some]


def read_reviewed(file: Path) -> Reviewed:
    """Read a CSV with the columns image, corners and plate, which is yes or no; others are ignored.

    Raises:
        DataError: the file cannot be read, lacks a column, or has an invalid row.
    """
    seen: dict[str, list[Seen]] = {}
    try:
        with file.open(newline="", encoding="utf-8-sig") as stream:
            rows = csv.DictReader(stream)
            if not {"image", "corners", "plate"} <= set(rows.fieldnames or ()):
                raise DataError(f"{file} has no header with the columns image, corners and plate")
            for row in rows:
                corners = parse_corners(file, rows.line_num, row.get("corners") or "")
                answer = (row.get("plate") or "").strip().lower()
                if corners is None or answer not in _ANSWERS:
                    raise DataError(f"{file}, line {rows.line_num}: corners and plate, yes or no, are needed")
                seen.setdefault((row["image"] or "").strip(), []).append(Seen(corners, _ANSWERS[answer]))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{file} cannot be read: {getattr(error, 'strerror', None) or error}") from error
    return Reviewed(seen)
