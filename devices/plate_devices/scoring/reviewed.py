"""Reviewed detections on no labelled plate. Labels of frames are often incomplete."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, NamedTuple

from plate_runtime.errors import DataError
from plate_runtime.labels import parse_corners

if TYPE_CHECKING:
    from pathlib import Path

    from plate_runtime.results import Corners

_IS_PLATE = {"yes": True, "no": False}


class ReviewedDetection(NamedTuple):
    """One reviewed detection: its corners in pixels of the picture, and whether it is a plate."""

    corners: Corners
    is_plate: bool


class Reviewed:
    """Reviewed detections by picture."""

    def __init__(self, by_picture: dict[str, list[ReviewedDetection]]) -> None:
        self._by_picture = by_picture

    def of(self, picture: Path) -> list[ReviewedDetection]:
        """Return the reviewed detections of a picture, which is identified by the end of its path."""
        path = f"/{picture.as_posix()}"
        return [one for image, some in self._by_picture.items() if path.endswith(f"/{image}") for one in some]


def read_reviewed(file: Path) -> Reviewed:
    """Read a CSV with the columns image, corners and plate, which is yes or no; others are ignored.

    Raises:
        DataError: the file cannot be read, lacks a column, or has an invalid row.
    """
    found: dict[str, list[ReviewedDetection]] = {}
    try:
        with file.open(newline="", encoding="utf-8-sig") as stream:
            rows = csv.DictReader(stream)
            if not {"image", "corners", "plate"} <= set(rows.fieldnames or ()):
                raise DataError(f"{file} has no header with the columns image, corners and plate")
            for row in rows:
                corners = parse_corners(file, rows.line_num, row.get("corners") or "")
                verdict = (row.get("plate") or "").strip().lower()
                if corners is None or verdict not in _IS_PLATE:
                    raise DataError(f"{file}, line {rows.line_num}: corners and plate, yes or no, are needed")
                found.setdefault((row["image"] or "").strip(), []).append(
                    ReviewedDetection(corners, _IS_PLATE[verdict])
                )
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{file} cannot be read: {getattr(error, 'strerror', None) or error}") from error
    return Reviewed(found)
