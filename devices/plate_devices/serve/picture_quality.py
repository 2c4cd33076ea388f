"""Measures of plates and frames: size, sharpness, light. Each takes a millisecond or two."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from plate_runtime.median import percentiles

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from plate_devices.sources.source import Roi
    from plate_runtime.results import Plate

_MOST_ROWS = 360
_LEAST_RANGE = 12.0
# In a frame of one gray, such as a road, the noise would count as sharp.
_LEAST_FRAME_RANGE = 48.0


class PlateQuality(NamedTuple):
    """Image quality of a plate.

    Attributes:
        width: pixels along its text.
        tilt: angle of its text in degrees; positive where it runs downwards.
        blur: width of its vertical edges as a fraction of its own width; 0.01 to 0.02 for sharp plates.
        smear: width of vertical edges relative to horizontal ones; far above 1 for a plate in motion.
        dark, light: gray levels, 0 to 255, that 5 % of its pixels lie below and above.
    """

    width: float
    tilt: float
    blur: float
    smear: float
    dark: float
    light: float


class FrameQuality(NamedTuple):
    """Image quality of a whole frame.

    Attributes:
        sharpness: 0 to 100; contrast of the sharpest edges relative to the whole frame. 100 is a step from one pixel
            to the next. Comparable between frames of one scene only.
        middle: median gray level, 0 to 255.
        glare: fraction of overexposed pixels, 0 to 1.
    """

    sharpness: float
    middle: float
    glare: float


def measure_plate(rgb: NDArray[np.uint8], plate: Plate) -> PlateQuality | None:
    """Measure a plate in its frame, uint8 (height, width, 3); None where it is too small or has no contrast."""
    height, width = rgb.shape[:2]
    x, y, across, down = plate.box
    part = rgb[max(0, y) : min(height, y + down), max(0, x) : min(width, x + across), 1]
    if part.shape[0] < 8 or part.shape[1] < 16:
        return None
    dark, light = percentiles(part, 5, 95)
    if light - dark < _LEAST_RANGE:
        return None
    (ax, ay), (bx, by) = plate.corners[:2]
    long = max(1.0, math.hypot(bx - ax, by - ay))
    vertical, horizontal = _edge(part, 1, light - dark), _edge(part, 0, light - dark)
    return PlateQuality(
        long, math.degrees(math.atan2(by - ay, bx - ax)), vertical / long, vertical / horizontal, dark, light
    )


def measure_frame(rgb: NDArray[np.uint8], roi: Roi | None = None) -> FrameQuality:
    """Measure a frame, uint8 (height, width, 3), or its ROI."""
    if roi is not None:
        x, y, across, down = roi
        rgb = rgb[y : y + down, x : x + across]
    green = rgb[:: max(1, rgb.shape[0] // _MOST_ROWS), :, 1]
    low, middle, high = percentiles(green[:, ::4], 1, 50, 99)
    steps = np.abs(np.diff(green.astype(np.int16), axis=1))
    sharp = percentiles(steps, 99.9)[0] / max(_LEAST_FRAME_RANGE, high - low) if steps.size else 0.0
    return FrameQuality(100 * min(1.0, sharp), middle, float((green >= 250).mean()))


def _edge(part: NDArray[np.uint8], axis: int, contrast: float) -> float:
    """Return the width of the sharpest edges in pixels: the contrast divided by the largest steps."""
    steps = np.abs(np.diff(part.astype(np.int16), axis=axis))
    return contrast / max(1.0, percentiles(steps, 99)[0])
