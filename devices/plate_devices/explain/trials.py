"""Read a picture again in ways that undo one trouble: what helps shows what was wrong."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from PIL import Image, ImageOps

from plate_runtime.search import joint_confidence
from plate_runtime.steps import Steps

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from plate_devices.networks import Networks
    from plate_runtime.results import Corners, Plate

_ANGLES = (-60, -40, -20, 20, 40, 60)
_PADDING = 128
_TILE, _TILES_A_SIDE, _OVERLAP = (320, 192), 4, 0.1
_INPUT = 640, 384
_CLOSE_UP, _NEAR = 10, 0.15
"""Widths of a plate across a close-up, and how far from its middle, in parts of its sides, a plate is the same one."""


class Sight(NamedTuple):
    """A possible plate.

    Attributes:
        corners: in pixels of the picture.
        detected: confidence of the detection.
        plate: what is read there, in pixels of what was read; None without text.
        product: of the confidences of detection and reading.
    """

    corners: Corners
    detected: float
    plate: Plate | None
    product: float


def sights(steps: Steps, place: Callable[[Corners], Corners] | None = None) -> list[Sight]:
    """Return the possible plates of a reading, the most confident reading first; `place` maps their corners."""
    found = [
        Sight(one.corners if place is None else place(one.corners), one.confidence, plate, joint_confidence(plate))
        for one, plate in (*steps.found, *((one, None) for one in steps.unread))
    ]
    return sorted(found, key=lambda sight: (-sight.product, -sight.detected))


class Trials:
    """Reads a gray picture, uint8 (h, w), rotated, with more contrast, with a margin, and enlarged."""

    def __init__(self, reader: Networks, gray: NDArray[np.uint8], region: str | None = None) -> None:
        self._reader, self._region = reader, region
        self._picture = Image.fromarray(np.ascontiguousarray(gray))

    def rotated(self) -> Iterator[list[Sight]]:
        """Yield the possible plates at each of several rotations."""
        width, height = self._picture.size
        for angle in _ANGLES:
            rotated = self._picture.rotate(angle, Image.Resampling.BILINEAR, expand=True, fillcolor=128)
            yield self._read(rotated, _unrotate(angle, (width, height), rotated.size))

    def with_contrast(self) -> list[Sight]:
        """Return the possible plates after the histogram was equalised."""
        return self._read(ImageOps.equalize(self._picture), lambda corners: corners)

    def with_margin(self) -> list[Sight]:
        """Return the possible plates where the picture has a gray margin: a detector needs some space around them."""
        padded = ImageOps.expand(self._picture, _PADDING, 110)
        return self._read(padded, lambda corners: tuple((x - _PADDING, y - _PADDING) for x, y in corners))

    def enlarged(self) -> list[Sight]:
        """Return the possible plates of overlapping parts of the picture, each enlarged to the detector's input."""
        width, height = self._picture.size
        across, down = max(_TILE[0], width // _TILES_A_SIDE), max(_TILE[1], height // _TILES_A_SIDE)
        factor = max(1.0, min(_INPUT[0] / across, _INPUT[1] / down))
        found = []
        for top in _starts(height, down):
            for left in _starts(width, across):
                part = self._picture.crop((left, top, min(width, left + across), min(height, top + down)))
                size = max(1, round(part.width * factor)), max(1, round(part.height * factor))
                found += self._read(part.resize(size, Image.Resampling.BICUBIC), _unscaled(factor, left, top))
        return sorted(found, key=lambda sight: (-sight.product, -sight.detected))

    def close_up(self, sight: Sight) -> float:
        """Return how confidently a possible plate is detected again in an enlarged part around it, 0 to 1."""
        x, y = np.mean(sight.corners, axis=0)
        across = _CLOSE_UP * math.dist(*sight.corners[:2])
        down = across * _INPUT[1] / _INPUT[0]
        box = round(x - across / 2), round(y - down / 2), round(x + across / 2), round(y + down / 2)
        part = self._picture.crop(box).resize(_INPUT, Image.Resampling.BICUBIC)
        middles = ((np.mean(one.corners, axis=0), one.detected) for one in self._read(part, lambda corners: corners))
        limit = _NEAR * np.array(_INPUT)
        return max((seen for at, seen in middles if (np.abs(at - np.array(_INPUT) / 2) < limit).all()), default=0.0)

    def _read(self, picture: Image.Image, place: Callable[[Corners], Corners]) -> list[Sight]:
        steps = Steps()
        self._reader.read(np.asarray(picture), "frame", region=self._region, min_confidence=None, steps=steps)
        return sights(steps, place)


def _unrotate(angle: float, size: tuple[int, int], rotated: tuple[int, int]) -> Callable[[Corners], Corners]:
    """Return the map from pixels of a rotated picture to those of the picture, which has this size."""
    cosine, sine = math.cos(math.radians(angle)), math.sin(math.radians(angle))

    def place(corners: Corners) -> Corners:
        centred = [(x - rotated[0] / 2, y - rotated[1] / 2) for x, y in corners]
        return tuple((size[0] / 2 + cosine * x - sine * y, size[1] / 2 + sine * x + cosine * y) for x, y in centred)

    return place


def _unscaled(factor: float, left: int, top: int) -> Callable[[Corners], Corners]:
    return lambda corners: tuple((left + x / factor, top + y / factor) for x, y in corners)


def _starts(whole: int, part: int) -> list[int]:
    """Return the starts of parts of this length that cover a side, and overlap by a tenth at least."""
    if part >= whole:
        return [0]
    count = math.ceil((whole - part) / (part * (1 - _OVERLAP))) + 1
    return [round(number * (whole - part) / (count - 1)) for number in range(count)]
