"""The views of a picture for a detector: the whole picture, and closer ones where small plates would be lost."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from .manifest import InputSpec

MOST_TILES = 12
"""Tiles of a very large picture at most; they bound the time."""

# Plates of 60 of 1280 pixels are detected. At this scale of the picture, plates are lost that are easy to read.
_CLOSE_ENOUGH, _FIRST_TILE = 0.3, 0.5
_SMALLEST_FOUND = 32  # pixels of the input
_FAINT = 24
_HARDLY_SMALLER = 0.65
# A picture twice as wide as high is no frame of a camera but a crop, which a plate may fill.
_CROP_ASPECT = 2.0


class View(NamedTuple):
    """A part of a picture in its pixels, and the factor by which it is reduced."""

    x: int
    y: int
    width: int
    height: int
    reduction: int = 1
    tile: bool = False

    def crop(self, gray: NDArray[np.uint8]) -> NDArray[np.uint8] | None:
        """Return the part of gray uint8 (h, w); None for a tile without any contrast, such as sky."""
        part = gray[self.y : self.y + self.height, self.x : self.x + self.width]
        if self.tile and int(part.max()) - int(part.min()) < _FAINT:
            return None
        if self.reduction > 1:
            return np.asarray(Image.fromarray(np.ascontiguousarray(part)).reduce(self.reduction))
        return part


def find_views(width: int, height: int, spec: InputSpec) -> list[View]:
    """Return the views of a picture of this size: the whole, maybe from afar, and at most `MOST_TILES`."""
    views = [View(0, 0, width, height)]
    most_height, most_width, _ = spec.shape
    scale = min(1.0, most_width / width, most_height / height)
    if width >= _CROP_ASPECT * height and 2 * width * scale > most_width:
        # Reduced more than needed, so that a plate from edge to edge becomes one of half the width.
        views.append(view_from_afar(width, height, spec))
    if scale < _CLOSE_ENOUGH:
        views += _tiles(width, height, spec, scale)
    return views


def view_from_afar(width: int, height: int, spec: InputSpec) -> View:
    """Return the whole picture at half the size at which it fits into the input: for plates that nearly fill it."""
    scale = min(1.0, spec.shape[1] / width, spec.shape[0] / height)
    return View(0, 0, width, height, 2 * max(1, math.ceil(1 / scale)))


def view_around(x: float, y: float, width: int, height: int, spec: InputSpec) -> View | None:
    """Return the part around a point that fits into the input unreduced; None if the whole picture nearly does."""
    across, down = min(width, spec.shape[1]), min(height, spec.shape[0])
    if min(across / width, down / height) > _HARDLY_SMALLER:
        return None
    left = min(max(0, round(x - across / 2)), width - across)
    top = min(max(0, round(y - down / 2)), height - down)
    return View(left, top, across, down)


def _tiles(width: int, height: int, spec: InputSpec, scale: float) -> list[View]:
    """Return the smallest tiles, at most `MOST_TILES`, that cover a picture and overlap by the largest lost plate."""
    overlap = math.ceil(_SMALLEST_FOUND / scale)
    close = _FIRST_TILE
    while close > 1.3 * scale:
        across, down = min(width, int(spec.shape[1] / close)), min(height, int(spec.shape[0] / close))
        left, top = _starts(width, across, overlap), _starts(height, down, overlap)
        if left and top and len(left) * len(top) <= MOST_TILES:
            return [View(x, y, across, down, tile=True) for y in top for x in left]
        close *= 0.9
    return []


def _starts(whole: int, part: int, overlap: int) -> list[int]:
    """Return the starts of parts that cover a side with this overlap; empty if the parts are too small for it."""
    if part >= whole:
        return [0]
    if part <= overlap:
        return []
    count = math.ceil((whole - overlap) / (part - overlap))
    return [round(place * (whole - part) / (count - 1)) for place in range(count)]
