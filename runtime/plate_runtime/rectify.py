"""Cutting a plate out of a picture and undoing its perspective."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from .errors import UsageError
from .geometry import is_plate_shaped, project, square_to
from .preprocess import require_gray
from .results import Corners

MARGINS = (0.1, 0.1)
"""Fractions of the plate's width and height by which the crop is larger, on both sides together.

Less cuts characters off if corners are slightly wrong. More shows the recogniser what it takes for characters.
"""
_MAX_SIDE = 320


def rectify(gray: NDArray[np.uint8], corners: Corners, margins: tuple[float, float] = MARGINS) -> NDArray[np.uint8]:
    """Return a plate of gray uint8 (h, w) as seen from the front, uint8 (h, w), at most 320 pixels wide and high.

    Args:
        margins: see `MARGINS`.

    Raises:
        UsageError: the array is no gray picture, or the corners are no convex quadrilateral, or lie outside it.
    """
    require_gray(gray)
    points = np.asarray(corners, np.float64)
    if points.shape != (4, 2) or not is_plate_shaped(points[None])[0]:
        raise UsageError(f"{list(corners)} are not the four corners of a plate, clockwise from its top left")
    width, height = _crop_size(corners, margins)
    factor = max(1.0, width / _MAX_SIDE, height / _MAX_SIDE)
    across, down = max(2, round(width / factor)), max(2, round(height / factor))
    right, below = margins[0] / 2, margins[1] / 2
    outer = [(-right, -below), (1 + right, -below), (1 + right, 1 + below), (-right, 1 + below)]
    around = project(square_to(corners), outer)
    part, (left, top), reduced = _crop_around(gray, around, int(factor))
    matrix = square_to([((x - left) / reduced, (y - top) / reduced) for x, y in around])
    coefficients = (matrix / [across, down, 1]).ravel()[:8].tolist()
    tone = round(sum(value * count for value, count in enumerate(part.histogram())) / (part.width * part.height))
    rectified = part.transform(
        (across, down), Image.Transform.PERSPECTIVE, coefficients, Image.Resampling.BILINEAR, fillcolor=tone
    )
    return np.asarray(rectified)


def _crop_around(gray: NDArray[np.uint8], around: Corners, factor: int) -> tuple[Image.Image, tuple[int, int], int]:
    """Return the upright part of a picture that holds the points, its top left, and by how much it is reduced."""
    height, width = gray.shape
    (left, right), (top, bottom) = (
        (max(0, math.floor(min(axis)) - 2), min(side, math.ceil(max(axis)) + 2))
        for axis, side in (([x for x, _ in around], width), ([y for _, y in around], height))
    )
    if left >= right or top >= bottom:
        raise UsageError(f"the corners {list(around)} lie outside the picture, which is {width}x{height}")
    part = Image.fromarray(np.ascontiguousarray(gray[top:bottom, left:right]))
    if factor > 1 and min(part.size) >= factor:
        return part.reduce(factor), (left, top), factor
    return part, (left, top), 1


def _crop_size(corners: Corners, margins: tuple[float, float]) -> tuple[float, float]:
    """Return width and height of a plate with its margins, in pixels: the means of opposite edges."""
    top_left, top_right, bottom_right, bottom_left = corners
    width = (math.dist(top_left, top_right) + math.dist(bottom_left, bottom_right)) / 2
    height = (math.dist(top_left, bottom_left) + math.dist(top_right, bottom_right)) / 2
    return width * (1 + margins[0]), height * (1 + margins[1])
