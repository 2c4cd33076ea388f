"""A small copy of a picture in the free part of a detector's input: a plate that fills the picture is detected in it.

A detector misses plates that are much larger than those it was trained on. A second pass would double the time of every
picture without plates. Most pictures leave a strip of the input free, and a copy in it costs no time.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from .manifest import InputSpec
from .preprocess import fit, fitted_size

_LARGEST, _WIDEST = 0.5, 96
"""Size of the copy, relative to the picture as the input has it, and in pixels. A larger one disturbs the picture."""
_DETECTED = 330
"""Pixels of the input. Plates that fill a picture of at most this width are detected without a copy."""
_LEAST_WIDTH = 48
"""Pixels of the input. In a smaller copy no plate is detected."""
_GAP = 8


class Thumbnail(NamedTuple):
    """A picture in the size of the input with its small copy: uint8 (h, w), and where the copy is, in its pixels."""

    sheet: NDArray[np.uint8]
    left: int
    top: int
    width: int
    height: int


def add_thumbnail(gray: NDArray[np.uint8], spec: InputSpec) -> Thumbnail | None:
    """Return the input for a gray picture, uint8 (h, w), with its copy at the bottom right.

    None if there is no room for a copy, or no need.

    The input changes only far from the picture, so the detections in the picture stay the same.
    """
    sheet_height, sheet_width, _ = spec.shape
    width, height = fitted_size(gray.shape[1], gray.shape[0], spec)
    right, below = sheet_width - width - _GAP, sheet_height - height - _GAP
    largest = min(_LARGEST, _WIDEST / width)
    to_the_right = min(largest, right / width, sheet_height / height)
    downwards = min(largest, sheet_width / width, below / height)
    scale = max(to_the_right, downwards)
    if width <= _DETECTED or scale * width < _LEAST_WIDTH:
        return None
    size = int(scale * width), max(1, int(scale * height))
    # In the corner that is farthest from the picture.
    left, top = sheet_width - size[0], sheet_height - size[1]
    sheet = fit(gray, spec)
    copy = Image.fromarray(sheet[:height, :width]).resize(size, Image.Resampling.BOX)
    sheet[top : top + size[1], left : left + size[0]] = np.asarray(copy)
    return Thumbnail(sheet, left, top, *size)
