"""Plates made unreadable in a picture, for good."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    Box = tuple[float, float, float, float]

_MARGIN = 0.2
"""Of a plate's height that is covered around it: corners are seldom found to the pixel."""


def cover(rgb: NDArray[np.uint8], boxes: Iterable[Box]) -> NDArray[np.uint8]:
    """Return a copy of a picture, uint8 (h, w, 3), with boxes (x, y, width, height) under their mean colour.

    A blur would look nicer and hide less: whoever blurs every possible plate likewise finds the one that fits. A mean
    colour says nothing about a text.
    """
    covered = rgb.copy()
    height, width = rgb.shape[:2]
    for x, y, across, down in boxes:
        margin = max(2.0, _MARGIN * min(across, down))
        left, top = max(0, math.floor(x - margin)), max(0, math.floor(y - margin))
        right, bottom = min(width, math.ceil(x + across + margin)), min(height, math.ceil(y + down + margin))
        if right > left and bottom > top:
            covered[top:bottom, left:right] = rgb[top:bottom, left:right].mean(axis=(0, 1)).astype(np.uint8)
    return covered
