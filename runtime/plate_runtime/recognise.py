"""Pictures of one plate, of one character, or of a frame with plates that were found in it -> what stands on them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from .crop_looks import BELOW, other_looks, read_looks
from .decode import (
    Candidate,
    Character,
    Reading,
    choose,
    decode_logits,
    decode_softmax,
    find_candidates,
    find_prior,
    find_spellings,
)
from .plate_evidence import after_reading
from .script import Script

if TYPE_CHECKING:
    from .detect import Detection
    from .model import Model
    from .pictures.open_picture import Picture

Box = tuple[int, int, int, int]
Corners = tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Plate:
    """A plate as read.

    Attributes:
        text: in characters of the model, A-Z0-9 of those that ship;
        raw_text: what the network alone finds most probable, without what plates usually show.
        confidence: probability, 0..1, that the whole text is right, with O=0 and I=1 taken as the same;
        detection_confidence: that it is a plate, its text considered: see `plausible.after_reading`.
        box: x, y, width, height in pixels of the picture, origin top left; corners: from top left clockwise.
        region: the region that was asked for, where the text has one of its formats, else None;
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


class Decoded(Protocol):
    """What decoding needs to know of a network; `manifest.Manifest` says it."""

    @property
    def kind(self) -> str:
        """Either "character" or "plate"."""

    @property
    def script(self) -> Script:
        """One character a class."""

    @property
    def decoding(self) -> str:
        """See `Manifest`."""

    @property
    def temperature(self) -> float:
        """See `Manifest`."""


def read_outputs(outputs: NDArray[np.float32], manifest: Decoded, region: str | None = None) -> list[Reading]:
    """Read what a network gave for n prepared pictures, float32 (n, *output_shape), of one character or plate each.

    The product, the check of characters in an export and training all decode here, so that they count the same. Only
    `read_crop` decodes by itself, where it combines several looks at a doubtful crop; the check of plates uses it.
    """
    if manifest.kind == "character":
        characters = decode_softmax(outputs, manifest.script, manifest.temperature)
        return [Reading((one,), one.confidence, one.text) for one in characters]
    return decode_logits(outputs, manifest.decoding, manifest.script, manifest.temperature, region)


def read_character(picture: Picture, model: Model) -> Plate:
    """Read the picture of one character."""
    (found,) = read_outputs(model.predict_pictures([picture.gray()]), model.manifest)
    box = (0, 0, picture.width, picture.height)
    return _plate(found, box, _around(box))


def read_plate(picture: Picture, model: Model, region: str | None = None, second_look: float = 0.0) -> Plate | None:
    """Read the crop of one plate, again where the first look leaves doubt; None where nothing stands on it.

    Args:
        second_look: confidence of the first look from which on there is a second one.

    Raises:
        UsageError: see `formats.check_spelled`.
    """
    if model.manifest.kind == "character":
        return _cut_plate(picture.rgb, model, region)
    found = read_crop(picture.gray(), model, region, second_look)
    box = (0, 0, picture.width, picture.height)
    return _plate(found, box, _around(box), region=region) if found.characters else None


def read_crop(gray: NDArray[np.uint8], model: Model, region: str | None = None, second_look: float = 0.0) -> Reading:
    """Read a gray crop, uint8 (h, w), by a network of whole plates; see `read_plate`."""
    below, prior = model.manifest.thresholds.get("second_look", BELOW), find_prior(region, model.manifest.script)
    (texts,) = _find_texts([gray], model)
    return read_looks(texts, lambda: _find_texts(other_looks(gray), model), prior, below, second_look)


def read_found(
    gray: NDArray[np.uint8], detections: Sequence[Detection], model: Model, region: str | None = None
) -> list[Plate | None]:
    """Read the plates that were found in a frame, gray uint8 (h, w), in their order; None where nothing stands.

    Raises:
        UsageError: corners of a detection that are no quadrilateral in the picture; a region, see `check_spelled`.
    """
    from .detect import straighten
    from .geometry import bounding_box

    crops = [straighten(gray, one.corners) for one in detections]
    height, width = gray.shape
    plates: list[Plate | None] = []
    for one, found in zip(detections, _read_crops(crops, model, region), strict=True):
        box = bounding_box(one.corners, width, height)
        if found is None:
            plates.append(None)
            continue
        detection = after_reading(one.confidence, found.text, region, model.manifest.script)
        plates.append(_plate(found, box, one.corners, round(detection, 4), region))
    return plates


def _read_crops(crops: Sequence[NDArray[np.uint8]], model: Model, region: str | None) -> list[Reading | None]:
    """Read gray crops, uint8 (h, w), in one batch."""
    if model.manifest.kind == "character":
        cut = [_cut_plate(np.repeat(crop[:, :, None], 3, axis=2), model, region) for crop in crops]
        return [Reading(tuple(one.characters), one.confidence, one.raw_text) if one else None for one in cut]
    readings = read_outputs(model.predict_pictures(crops), model.manifest, region)
    return [one if one.characters else None for one in readings]


def _find_texts(crops: Sequence[NDArray[np.uint8]], model: Model) -> list[list[Candidate]]:
    """Return of each gray crop, uint8 (h, w), the texts that a network of whole plates finds most likely."""
    manifest, logits = model.manifest, model.predict_pictures(crops)
    return find_candidates(logits, manifest.decoding, manifest.script, manifest.temperature)


def _cut_plate(rgb: NDArray[np.uint8], model: Model, region: str | None) -> Plate | None:
    from .segment.segmented_reader import read_by_cutting

    found = read_by_cutting(rgb, model)
    if found is None:
        return None
    script = model.manifest.script
    reading = choose(find_spellings(found.probabilities, script), find_prior(region, script))
    return _plate(reading, found.box, found.corners, region=region)


def _plate(reading: Reading, box: Box, corners: Corners, detection: float = 1.0, region: str | None = None) -> Plate:
    text = reading.text
    if region is not None:
        from .formats import find_region

        region = region if find_region(region).fits(text) else None
    return Plate(text, reading.raw_text, reading.confidence, detection, box, corners, region, reading.characters)


def _around(box: Box) -> Corners:
    x, y, width, height = box
    return ((x, y), (x + width, y), (x + width, y + height), (x, y + height))
