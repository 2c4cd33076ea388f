"""Where plates are in a scene, as one line of text, so that scenes are kept the way drawn plates are."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from plate_runtime.errors import DataError

from .spec import Corners

_PLATE, _IGNORED = "p", "i"


@dataclass(frozen=True)
class Mark:
    """A plate: corners float32 (4, 2) in pixels, its text, and whether it counts or is ignored."""

    corners: Corners
    text: str
    counts: bool = True


def encode(marks: list[Mark]) -> str:
    """Return marks as text: `p|i TEXT x y x y x y x y`, with semicolons between them; pixels to a hundredth."""
    return ";".join(
        " ".join([_PLATE if mark.counts else _IGNORED, mark.text, *(f"{value:.2f}" for value in mark.corners.ravel())])
        for mark in marks
    )


def decode(text: str) -> list[Mark]:
    """Return the marks of a text. Raises DataError if it is none of `encode`."""
    try:
        return [_mark(part.split(" ")) for part in text.split(";") if part]
    except (ValueError, IndexError) as error:
        raise DataError(f"{text[:60]!r} does not say where plates are; delete the drawings") from error


def _mark(parts: list[str]) -> Mark:
    corners = np.array([float(value) for value in parts[2:]], np.float32).reshape(4, 2)
    if parts[0] not in (_PLATE, _IGNORED):
        raise ValueError(parts[0])
    return Mark(corners, parts[1], parts[0] == _PLATE)
