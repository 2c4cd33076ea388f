"""Measures of plates and frames: size, sharpness, light. Each takes a millisecond or two."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from plate_runtime.errors import UsageError
from plate_runtime.median import percentiles

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from plate_devices.sources.source import Roi
    from plate_runtime.results import Corners

_MOST_ROWS = 360
_LEAST_SIZE = 16, 8
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

    def describe(self) -> dict[str, float]:
        """Return the figures as a JSON object, rounded."""
        return {
            "width": round(self.width), "tilt": round(self.tilt, 1), "edge_width": round(self.blur * self.width, 1),
            "edge_ratio": round(self.smear, 2), "dark": round(self.dark), "light": round(self.light),
        }  # fmt: skip


class FrameQuality(NamedTuple):
    """Image quality of a whole frame.

    Attributes:
        sharpness: 0 to 100; contrast of the sharpest vertical edges relative to the whole frame. 100 is a step from one
            pixel to the next. Comparable between frames of one scene only.
        rows: the same for horizontal edges. Motion along the frame blurs vertical edges only.
        dark, middle, light: gray levels, 0 to 255; 1 % of the pixels lie below `dark`, half below `middle`, 1 % above
            `light`.
        glare: fraction of overexposed pixels, 0 to 1.
    """

    sharpness: float
    rows: float
    dark: float
    middle: float
    light: float
    glare: float

    def describe(self) -> dict[str, float]:
        """Return the figures as a JSON object, rounded."""
        return {name: round(value, 2 if name == "glare" else 0) for name, value in self._asdict().items()}


def measure_plate(gray: NDArray[np.uint8], corners: Corners, is_whole: bool = False) -> PlateQuality | None:
    """Measure a plate in its frame, gray uint8 (height, width); None where it is too small or has no contrast.

    It is measured in its rectified crop, as it is read. `is_whole`: the picture is the crop of one plate.
    """
    from plate_runtime.rectify import MARGINS, rectify

    margins = (0.0, 0.0) if is_whole else MARGINS
    try:
        crop = rectify(gray, corners, margins)
    except UsageError:  # outside the frame
        return None
    (ax, ay), (bx, by) = corners[:2]
    long = max(1.0, math.hypot(bx - ax, by - ay))
    scale = long * (1 + margins[0]) / crop.shape[1]
    if crop.shape[1] * scale < _LEAST_SIZE[0] or crop.shape[0] * scale < _LEAST_SIZE[1]:
        return None
    dark, light = percentiles(crop, 5, 95)
    if light - dark < _LEAST_RANGE:
        return None
    vertical, horizontal = _edge(crop, 1, light - dark), _edge(crop, 0, light - dark)
    tilt = math.degrees(math.atan2(by - ay, bx - ax))
    return PlateQuality(long, tilt, vertical * scale / long, vertical / horizontal, dark, light)


def measure_frame(gray: NDArray[np.uint8], roi: Roi | None = None) -> FrameQuality:
    """Measure a frame, gray uint8 (height, width), or its ROI."""
    if roi is not None:
        x, y, across, down = roi
        gray = gray[y : y + down, x : x + across]
    step = max(1, gray.shape[0] // _MOST_ROWS)
    rows = gray[::step]
    low, middle, high = percentiles(rows[:, ::4], 1, 50, 99)
    contrast = max(_LEAST_FRAME_RANGE, high - low)
    return FrameQuality(
        _sharpness(rows, 1, contrast), _sharpness(gray[:, ::step], 0, contrast), low, middle, high,
        float((rows >= 250).mean()),
    )  # fmt: skip


def _sharpness(gray: NDArray[np.uint8], axis: int, contrast: float) -> float:
    steps = np.abs(np.diff(gray.astype(np.int16), axis=axis))
    return 100 * min(1.0, percentiles(steps, 99.9)[0] / contrast) if steps.size else 0.0


def _edge(part: NDArray[np.uint8], axis: int, contrast: float) -> float:
    """Return the width of the sharpest edges in pixels: the contrast divided by the largest steps."""
    steps = np.abs(np.diff(part.astype(np.int16), axis=axis))
    return contrast / max(1.0, percentiles(steps, 99)[0])
