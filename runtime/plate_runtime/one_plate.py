"""A picture that is the crop of one plate: recognised by what a detector sees in it, and read as one."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from .plate_evidence import after_reading
from .recognise import read_plate

if TYPE_CHECKING:
    from .model import Model
    from .pictures.open_picture import Picture
    from .recognise import Plate
    from .search import Search

_WIDE = 1.8
"""Width by height from which on a picture is rather a crop than a frame of a camera, which has at most 1.78."""
_FILLED, _WIDE_FILLED = 0.9, 0.05
"""Least confidence of a detection that fills a picture; of a wide one, a hint is enough."""
_SECOND_LOOK = 0.1
"""Confidence of the first look below which a picture is no plate: further looks would cost as much as the frame."""
_PLATE = 0.995
"""How probable it is that a picture which is filled, and read with confidence, is a plate, before its text counts.

Of 732 pictures without plates, two are filled and read with confidence."""


def may_be_one_plate(search: Search, width: int, height: int) -> bool:
    """Whether a picture of this size may be the crop of one plate. `search` has looked at it with `may_be_filled`."""
    if width < _WIDE * height:
        return search.filled >= _FILLED
    return search.filled >= _WIDE_FILLED or not search.detections


def read_one_plate(picture: Picture, model: Model, region: str | None = None) -> Plate | None:
    """Read a picture as the crop of one plate; None if there is nothing to read.

    Raises:
        UsageError: the region is unknown, see `formats.find_region`.
    """
    plate = read_plate(picture, model, region, second_look=_SECOND_LOOK)
    if plate is None:
        return None
    likely = round(after_reading(_PLATE, plate.text, region, model.manifest.script), 4)
    return replace(plate, detection_confidence=likely)
