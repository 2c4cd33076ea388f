"""Make plates in a picture unreadable."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from plate_devices.sources.source import Roi

_MARGIN = 0.2
"""Masked margin around a plate, as a fraction of its height: detected corners are not exact to the pixel."""


def mask_boxes(rgb: NDArray[np.uint8], boxes: Iterable[Roi]) -> NDArray[np.uint8]:
    """Return a copy of a picture, uint8 (h, w, 3), with boxes (x, y, width, height) filled with their mean colour.

    A blur hides less: comparing it with blurred pictures of all possible plates reveals the text. A mean colour holds
    no text.
    """
    masked = rgb.copy()
    height, width = rgb.shape[:2]
    for x, y, across, down in boxes:
        margin = max(2.0, _MARGIN * min(across, down))
        left, top = max(0, math.floor(x - margin)), max(0, math.floor(y - margin))
        right, bottom = min(width, math.ceil(x + across + margin)), min(height, math.ceil(y + down + margin))
        if right > left and bottom > top:
            masked[top:bottom, left:right] = rgb[top:bottom, left:right].mean(axis=(0, 1)).astype(np.uint8)
    return masked
