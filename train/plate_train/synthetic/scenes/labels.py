"""Labels of a scene as one line of text, so that scenes and plates are stored in the same shards."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from plate_runtime.errors import DataError

from .spec import Corners

_PLATE, _IGNORED = "p", "i"


@dataclass(frozen=True)
class PlateLabel:
    """A plate: corners float32 (4, 2) in pixels, its text, and whether a detector must find it or it is ignored."""

    corners: Corners
    text: str
    required: bool = True


def encode(labels: list[PlateLabel]) -> str:
    """Return labels as text: `p|i TEXT x y x y x y x y`, separated by semicolons; pixels with two decimals."""
    return ";".join(
        " ".join((_PLATE if label.required else _IGNORED, label.text, *(f"{x:.2f}" for x in label.corners.ravel())))
        for label in labels
    )


def decode(text: str) -> list[PlateLabel]:
    """Return the labels of a text of `encode`. Raises DataError if it is damaged."""
    try:
        return [_label(entry.split(" ")) for entry in text.split(";") if entry]
    except (ValueError, IndexError) as error:
        raise DataError(f"{text[:60]!r} is not a list of plates; delete the shard") from error


def _label(fields: list[str]) -> PlateLabel:
    corners = np.array([float(value) for value in fields[2:]], np.float32).reshape(4, 2)
    if fields[0] not in (_PLATE, _IGNORED):
        raise ValueError(fields[0])
    return PlateLabel(corners, fields[1], fields[0] == _PLATE)
