"""Raster operations on gray pictures, uint8 (h, w), in place: outlines, textures, masks, lettering."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from plate_runtime.errors import missing_extra

try:
    import cv2
except ImportError as error:
    raise missing_extra("rendering scenes needs OpenCV", "train") from error

cv2.setNumThreads(1)

Gray = NDArray[np.uint8]
Points = NDArray[np.float64]
"""Corners (n, 2), x and y in pixels."""
Spot = tuple[float, float]

_SHIFT = 4
_FAR = 20_000.0


def points(*spots: tuple[float, float]) -> Points:
    """Return corners as an array."""
    return np.array(spots, np.float64)


def rectangle(left: float, top: float, right: float, bottom: float) -> Points:
    """Return the corners of a box, from top left clockwise."""
    return points((left, top), (right, top), (right, bottom), (left, bottom))


def rounded(left: float, top: float, right: float, bottom: float, radius: float, *, steps: int = 4) -> Points:
    """Return a box with round corners."""
    radius = min(radius, (right - left) / 2, (bottom - top) / 2)
    spots = []
    for x, y, start in (
        (right - radius, top + radius, -90), (right - radius, bottom - radius, 0),
        (left + radius, bottom - radius, 90), (left + radius, top + radius, 180),
    ):  # fmt: skip
        for step in range(steps + 1):
            angle = math.radians(start + 90 * step / steps)
            spots.append((x + radius * math.cos(angle), y + radius * math.sin(angle)))
    return np.array(spots, np.float64)


def oval(x: float, y: float, across: float, down: float, steps: int = 20, *, rotation: float = 0.0) -> Points:
    """Return an ellipse around x, y with the given half axes, rotated by `rotation` radians."""
    angles = np.linspace(0, 2 * np.pi, steps, endpoint=False)
    px, py = across * np.cos(angles), down * np.sin(angles)
    cosine, sine = math.cos(rotation), math.sin(rotation)
    return np.stack([x + cosine * px - sine * py, y + sine * px + cosine * py], axis=1)


def smoothed(outline: Points, rounds: int = 2) -> Points:
    """Round a closed outline by cutting its corners `rounds` times (Chaikin)."""
    for _ in range(rounds):
        following = np.roll(outline, -1, axis=0)
        outline = np.stack([0.75 * outline + 0.25 * following, 0.25 * outline + 0.75 * following], axis=1).reshape(
            -1, 2
        )
    return outline


def fill(picture: Gray, outline: Points, tone: float) -> None:
    """Fill an outline."""
    cv2.fillPoly(picture, [_fixed(outline)], _tone(tone), cv2.LINE_AA, _SHIFT)


def stroke(picture: Gray, outline: Points, tone: float, width: float, closed: bool = False) -> None:
    """Draw a line through points, at least one pixel wide."""
    cv2.polylines(picture, [_fixed(outline)], closed, _tone(tone), max(1, round(width)), cv2.LINE_AA, _SHIFT)


def box_of(outline: Points, shape: tuple[int, ...]) -> tuple[int, int, int, int] | None:
    """Return left, top, right, bottom of the pixels that an outline touches; None if it is outside the picture."""
    low, high = np.floor(outline.min(axis=0)) - 1, np.ceil(outline.max(axis=0)) + 2
    left, top = max(0, int(low[0])), max(0, int(low[1]))
    right, bottom = min(shape[1], int(high[0])), min(shape[0], int(high[1]))
    return (left, top, right, bottom) if right - left > 0 and bottom - top > 0 else None


def stencil(outline: Points, box: tuple[int, int, int, int]) -> Gray:
    """Return the mask of an outline within a box, 0..255."""
    left, top, right, bottom = box
    mask = np.zeros((bottom - top, right - left), np.uint8)
    fill(mask, outline - (left, top), 255)
    return mask


def blend(under: Gray, over: Gray | float, mask: Gray, strength: float = 1.0) -> None:
    """Paint `over` on `under` where the mask is 255; all have one shape, or `over` is one tone."""
    opacity = mask * np.float32(strength / 255)
    under[:] = under + (np.asarray(over, np.float32) - under) * opacity + np.float32(0.5)


def shade(picture: Gray, outline: Points, over: Gray | float, strength: float = 1.0) -> None:
    """Paint a tone, or a texture stretched to the outline's box, inside the outline."""
    box = box_of(outline, picture.shape)
    if box is None:
        return
    left, top, right, bottom = box
    if isinstance(over, np.ndarray) and over.shape != (bottom - top, right - left):
        over = np.asarray(cv2.resize(over, (right - left, bottom - top), interpolation=cv2.INTER_LINEAR), np.uint8)
    blend(picture[top:bottom, left:right], over, stencil(outline, box), strength)


def paste(picture: Gray, over: Gray, mask: Gray, left: int, top: int) -> None:
    """Paste a smaller picture by its mask into a larger one; pixels outside are cropped."""
    x0, y0 = max(0, left), max(0, top)
    x1, y1 = min(picture.shape[1], left + over.shape[1]), min(picture.shape[0], top + over.shape[0])
    if x1 <= x0 or y1 <= y0:
        return
    inside = (slice(y0 - top, y1 - top), slice(x0 - left, x1 - left))
    blend(picture[y0:y1, x0:x1], over[inside], mask[inside])


def stamp(picture: Gray, mask: Gray, at: Spot, tone: float) -> None:
    """Paint lettering in a tone, centred at a point."""
    left, top = round(at[0] - mask.shape[1] / 2), round(at[1] - mask.shape[0] / 2)
    paste(picture, np.full_like(mask, round(min(255.0, max(0.0, tone)))), mask, left, top)


def fit_width(mask: Gray, most: int) -> Gray:
    """Scale lettering down if it is wider than `most` pixels."""
    if mask.shape[1] <= most:
        return mask
    size = max(1, most), max(1, round(mask.shape[0] * most / mask.shape[1]))
    return np.asarray(cv2.resize(mask, size, interpolation=cv2.INTER_AREA), np.uint8)


def ramp(length: int, stops: Sequence[tuple[float, float]]) -> NDArray[np.float32]:
    """Return tones along a line, float32 (length,), between stops (place 0..1, tone)."""
    places, tones = zip(*sorted(stops), strict=True)
    return np.asarray(np.interp(np.linspace(0, 1, length), places, tones), np.float32)


def to_bytes(tones: NDArray[np.float32]) -> Gray:
    """Clip tones to 0..255."""
    return np.asarray(np.clip(tones, 0, 255), np.uint8)


def _fixed(outline: Points) -> NDArray[np.int32]:
    return np.round(np.clip(outline, -_FAR, _FAR) * (1 << _SHIFT)).astype(np.int32)


def _tone(tone: float) -> tuple[float, ...]:
    return (float(min(255.0, max(0.0, tone))),)
