"""What a plate, and a whole frame, look like: size, sharpness, light. A millisecond or two each."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from plate_runtime.median import percentiles

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from plate_devices.sources.source import Roi
    from plate_runtime.reader import Plate

_MOST_ROWS = 360
_LEAST_RANGE = 12.0
# A road in one gray is all noise, and noise is always sharp.
_LEAST_FRAME_RANGE = 48.0


class PlateQuality(NamedTuple):
    """How well a plate is seen.

    Attributes:
        width: pixels along its text.
        tilt: degrees that its text runs downwards, negative upwards.
        blur: width of its upright edges as a share of its own width; sharp plates have 0.01 to 0.02.
        smear: how many times wider upright edges are than level ones; far above 1 where it moves.
        dark, light: gray levels, 0 to 255, that 5 % of it lie below and above: the letters' and the field's.
    """

    width: float
    tilt: float
    blur: float
    smear: float
    dark: float
    light: float


class FrameQuality(NamedTuple):
    """How a whole frame looks.

    Attributes:
        sharpness: 0 to 100; the sharpest edges as a share of all contrast there is: 100 is a step from one pixel to the
            next. Comparable between pictures of one scene alone.
        middle: median gray level, 0 to 255.
        glare: share of pixels that are as bright as can be, 0 to 1.
    """

    sharpness: float
    middle: float
    glare: float


def measure_plate(rgb: NDArray[np.uint8], plate: Plate) -> PlateQuality | None:
    """Measure a plate in its frame, uint8 (h, w, 3); None where it is too small, or one colour."""
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
    upright, level = _edge(part, 1, light - dark), _edge(part, 0, light - dark)
    return PlateQuality(long, math.degrees(math.atan2(by - ay, bx - ax)), upright / long, upright / level, dark, light)


def measure_frame(rgb: NDArray[np.uint8], roi: Roi | None = None) -> FrameQuality:
    """Measure a frame, uint8 (h, w, 3), or its ROI."""
    if roi is not None:
        x, y, across, down = roi
        rgb = rgb[y : y + down, x : x + across]
    green = rgb[:: max(1, rgb.shape[0] // _MOST_ROWS), :, 1]
    low, middle, high = percentiles(green[:, ::4], 1, 50, 99)
    steps = np.abs(np.diff(green.astype(np.int16), axis=1))
    sharp = percentiles(steps, 99.9)[0] / max(_LEAST_FRAME_RANGE, high - low) if steps.size else 0.0
    return FrameQuality(100 * min(1.0, sharp), middle, float((green >= 250).mean()))


def _edge(part: NDArray[np.uint8], axis: int, contrast: float) -> float:
    """Width of the sharpest edges in pixels: the contrast, by how much of it one step takes."""
    steps = np.abs(np.diff(part.astype(np.int16), axis=axis))
    return contrast / max(1.0, percentiles(steps, 99)[0])
