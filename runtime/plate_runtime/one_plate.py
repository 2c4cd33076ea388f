"""A picture that is the crop of one plate: whether it is one, by its detections, and reading it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from .plate_evidence import plate_probability
from .recognise import read_plate

if TYPE_CHECKING:
    from .pictures.open_picture import Picture
    from .recognise import Recogniser
    from .results import Plate
    from .search import FrameSearch

_WIDE = 1.8
"""Width by height from which on a picture is rather a crop than a frame of a camera, which has at most 1.78."""
_FILLED, _WIDE_FILLED = 0.9, 0.05
"""Least confidence of a detection that fills a picture; of a wide one, a hint is enough."""
_SMALL = (640, 384)
"""Width and height up to which a picture may be a crop although no plate is detected: cut tight, or tilted."""
SECOND_LOOK = 0.1
"""Confidence of the first look below which a picture is no plate: further looks would cost as much as the frame."""
ENOUGH, ENOUGH_OF_CUT = 0.5, 0.6
"""Confidence from which on the picture is not searched for other plates, and is a plate although none is detected.

Of 732 pictures without plates, one is read with more than 0.5, and that one is filled."""
_FILLED_PLATE, _CUT_PLATE = 0.995, 0.9
"""Probability that a picture read with confidence is a plate, before its text counts: a filled one, and one in which no
plate is detected. Of 732 pictures without plates, two are filled and read with confidence. A number of four digits in
such a picture is rather a price or a time."""


def may_be_one_plate(search: FrameSearch, width: int, height: int) -> bool:
    """Whether a picture of this size may be the crop of one plate. `search` has looked at it with `may_be_filled`."""
    if width < _WIDE * height:
        return search.filled >= _FILLED
    return search.filled >= _WIDE_FILLED or not search.detections


def may_be_cut_plate(width: int, height: int) -> bool:
    """Whether a picture of this size may be the crop of one plate in which nothing is detected or read."""
    return width >= _WIDE * height or (width <= _SMALL[0] and height <= _SMALL[1])


def read_one_plate(
    picture: Picture, recogniser: Recogniser, region: str | None = None, filled: float | None = None
) -> Plate | None:
    """Read a picture as the crop of one plate; None if there is no text.

    Args:
        recogniser: that of a model takes second looks from `SECOND_LOOK` on, or from `ENOUGH` on in a cut plate.
        filled: see `FrameSearch`; None if the picture may be a cut plate.

    Raises:
        UsageError: the region is unknown, see `formats.find_region`.
    """
    plate = read_plate(picture, recogniser, region)
    if plate is None:
        return None
    detected = _CUT_PLATE if filled is None else max(_FILLED_PLATE, filled)
    likely = plate_probability(detected, plate.text, region, recogniser.script)
    return replace(plate, detection_confidence=round(likely, 4))
