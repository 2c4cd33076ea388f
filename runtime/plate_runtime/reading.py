"""Pictures of one plate, of one character, or of a frame with plates that were found in it -> what stands on them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from .decode import Character, decode_logits, decode_softmax
from .plausible import after_reading

if TYPE_CHECKING:
    from .image import Picture
    from .locate import Detection
    from .model import Model

Box = tuple[int, int, int, int]
Corners = tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Plate:
    """A plate as read.

    Attributes:
        text: A-Z0-9; raw_text: before a region's format settled doubtful characters.
        confidence: probability, 0..1, that the whole text is right, with O=0 and I=1 taken as the same;
        detection_confidence: that it is a plate, its text considered: see `plausible.after_reading`.
        box: x, y, width, height in pixels of the picture, origin top left; corners: from top left clockwise.
        region: whose format the text has, or None where none was asked for or none fits;
        characters: one by one, with alternatives.
    """

    text: str
    raw_text: str
    confidence: float
    detection_confidence: float
    box: Box
    corners: Corners
    region: str | None
    characters: Sequence[Character]


def read_character(picture: Picture, model: Model) -> Plate:
    """Read the picture of one character."""
    manifest = model.manifest
    probabilities = model.predict_pictures([picture.gray()], "auto")
    (character,) = decode_softmax(probabilities, manifest.alphabet, manifest.temperature)
    box = (0, 0, picture.width, picture.height)
    return _plate([character], character.confidence, box, _around(box))


def read_plate(picture: Picture, model: Model) -> Plate | None:
    """Read the crop of one plate; None where nothing stands on it."""
    if model.manifest.kind == "character":
        return _cut_plate(picture.rgb, model)
    (found,) = _read_crops([picture.gray()], model)
    box = (0, 0, picture.width, picture.height)
    return None if found is None else _plate(*found, box, _around(box))


def read_found(gray: NDArray[np.uint8], detections: Sequence[Detection], model: Model) -> list[Plate | None]:
    """Read the plates that were found in a frame, gray uint8 (h, w), in their order; None where nothing stands.

    Raises:
        UsageError: corners of a detection that are no quadrilateral in the picture.
    """
    from .geometry import bounding_box
    from .locate import straighten

    crops = [straighten(gray, one.corners) for one in detections]
    height, width = gray.shape
    plates = []
    for one, found in zip(detections, _read_crops(crops, model), strict=True):
        box = bounding_box(one.corners, width, height)
        plates.append(_in_a_frame(_plate(*found, box, one.corners, one.confidence)) if found else None)
    return plates


def _read_crops(crops: Sequence[NDArray[np.uint8]], model: Model) -> list[tuple[Sequence[Character], float] | None]:
    """Read gray crops, uint8 (h, w), in one batch: characters and confidence of each."""
    manifest = model.manifest
    if manifest.kind == "character":
        cut = [_cut_plate(np.repeat(crop[:, :, None], 3, axis=2), model) for crop in crops]
        return [(plate.characters, plate.confidence) if plate else None for plate in cut]
    logits = model.predict_pictures(crops, "auto")
    readings = decode_logits(logits, manifest.decoding, manifest.alphabet, manifest.temperature)
    return [(one.characters, one.confidence) if one.characters else None for one in readings]


def _cut_plate(rgb: NDArray[np.uint8], model: Model) -> Plate | None:
    from .cutting import read_by_cutting

    found = read_by_cutting(rgb, model)
    return None if found is None else _plate(found.characters, found.confidence, found.box, found.corners)


def _plate(
    characters: Sequence[Character], confidence: float, box: Box, corners: Corners, detection: float = 1.0
) -> Plate:
    text = "".join(character.text for character in characters)
    return Plate(text, text, confidence, detection, box, corners, None, tuple(characters))


def _in_a_frame(plate: Plate) -> Plate:
    return replace(plate, detection_confidence=after_reading(plate.detection_confidence, plate.text))


def _around(box: Box) -> Corners:
    x, y, width, height = box
    return ((x, y), (x + width, y), (x + width, y + height), (x, y + height))
