"""Plane geometry of plates: four corners, clockwise from the plate's own top left, in pixels; y points down."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from .errors import UsageError
from .results import Box, Corners, Point

_TINY = 1e-9


def is_plate_shaped(corners: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return, bool (n,), which of (n, 4, 2) may be plates: finite, convex, clockwise, with an area of at least a pixel.

    Each edge is more than a quarter of the opposite one: a plate seen more from the side cannot be read.
    """
    with np.errstate(invalid="ignore", over="ignore"):
        edges = np.roll(corners, -1, axis=1) - corners
        following = np.roll(edges, -1, axis=1)
        crosses = edges[..., 0] * following[..., 1] - edges[..., 1] * following[..., 0]
        lengths = np.square(edges).sum(axis=2)
        even = np.minimum(lengths[:, :2], lengths[:, 2:]) * 16 > np.maximum(lengths[:, :2], lengths[:, 2:])
        shaped: NDArray[np.bool_] = (
            np.isfinite(crosses).all(axis=1) & (crosses > 0).all(axis=1) & (crosses.sum(axis=1) >= 4) & even.all(axis=1)
        )
    return shaped


def is_convex(corners: Sequence[Point]) -> bool:
    """Return whether four corners make a convex quadrilateral with an area; they may run in either direction."""
    turns = []
    for place, (x, y) in enumerate(corners):
        (x0, y0), (x1, y1) = corners[place - 2], corners[place - 1]
        turns.append((x1 - x0) * (y - y1) - (y1 - y0) * (x - x1))
    return min(turns) > 0 or max(turns) < 0


def quadrilateral_areas(corners: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the areas, float64 (n,), of convex (n, 4, 2): half the cross product of the diagonals."""
    first, second = corners[:, 2] - corners[:, 0], corners[:, 3] - corners[:, 1]
    areas: NDArray[np.float64] = np.abs(first[:, 0] * second[:, 1] - first[:, 1] * second[:, 0]) / 2
    return areas


def polygon_area(points: Sequence[Point]) -> float:
    """Return the area of a polygon, 0 or more, by the shoelace formula."""
    if len(points) < 3:
        return 0.0
    x0, y0 = points[0]
    translated = [(x - x0, y - y0) for x, y in points]
    return (
        abs(sum(x * v - u * y for (x, y), (u, v) in zip(translated, [*translated[1:], translated[0]], strict=True))) / 2
    )


def polygon_iou(first: Sequence[Point], second: Sequence[Point]) -> float:
    """Return the intersection of two convex polygons over their union, 0..1; 0 where one has no area."""
    areas = polygon_area(first), polygon_area(second)
    if not all(math.isfinite(area) and area > 0 for area in areas) or not _boxes_touch(first, second):
        return 0.0
    common = polygon_area(_clip(_clockwise(first), _clockwise(second)))
    return min(common, *areas) / (sum(areas) - min(common, *areas)) if math.isfinite(common) else 0.0


def square_to(corners: Sequence[Point]) -> NDArray[np.float64]:
    """Return the projective map, float64 (3, 3), of the square (0, 0), (1, 0), (1, 1), (0, 1) to four corners.

    In closed form: Heckbert 1989, "Fundamentals of Texture Mapping and Image Warping", section 2.2.3.

    Raises:
        UsageError: a point is no finite number, or three of them lie on a line.
    """
    (x0, y0), (x1, y1), (x2, y2), (x3, y3) = corners
    right, below = (x1 - x2, y1 - y2), (x3 - x2, y3 - y2)
    rest = x0 - x1 + x2 - x3, y0 - y1 + y2 - y3
    cross = right[0] * below[1] - below[0] * right[1]
    least = _TINY * max(1.0, *(abs(value) for value in (*right, *below)))
    if not math.isfinite(cross) or not math.isfinite(least) or abs(cross) < least:
        raise UsageError(f"no perspective fits the corners {list(corners)}; name four that make a quadrilateral")
    g = (rest[0] * below[1] - below[0] * rest[1]) / cross
    h = (right[0] * rest[1] - rest[0] * right[1]) / cross
    matrix = np.array([[x1 - x0 + g * x1, x3 - x0 + h * x3, x0], [y1 - y0 + g * y1, y3 - y0 + h * y3, y0], [g, h, 1.0]])
    with np.errstate(over="ignore", invalid="ignore"):
        sound = np.isfinite(matrix).all() and abs(np.linalg.det(matrix)) >= least
    if not sound:
        raise UsageError(f"no perspective fits the corners {list(corners)}; three of them lie on a line")
    return matrix


def project(matrix: NDArray[np.float64], points: Sequence[Point]) -> Corners:
    """Map points by a projective map, float64 (3, 3)."""
    mapped = np.column_stack([np.asarray(points, np.float64), np.ones(len(points))]) @ matrix.T
    return tuple((x / w, y / w) for x, y, w in mapped.tolist())


def bounding_box(corners: Sequence[Point], width: int, height: int) -> Box:
    """Return x, y, width, height of the whole pixels around the corners, as far as they lie in the picture."""
    across, down = [x for x, _ in corners], [y for _, y in corners]
    left, top = (min(max(0, math.floor(min(axis))), most - 1) for axis, most in ((across, width), (down, height)))
    right, bottom = min(width, math.ceil(max(across))), min(height, math.ceil(max(down)))
    return left, top, max(1, right - left), max(1, bottom - top)


def contains(corners: NDArray[np.float64], points: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return whether convex quadrilaterals (..., 4, 2) contain points (..., 2); both are broadcast."""
    edges = np.roll(corners, -1, axis=-2) - corners
    to_point = points[..., None, :] - corners
    crosses = edges[..., 0] * to_point[..., 1] - edges[..., 1] * to_point[..., 0]
    sides: NDArray[np.bool_] = np.all(crosses >= 0, axis=-1)
    return sides


def _boxes_touch(first: Sequence[Point], second: Sequence[Point]) -> bool:
    return all(
        max(min(p[axis] for p in first), min(p[axis] for p in second))
        < min(max(p[axis] for p in first), max(p[axis] for p in second))
        for axis in (0, 1)
    )


def _clockwise(points: Sequence[Point]) -> list[Point]:
    """Order a polygon's points as a plate's corners are; labels may run counterclockwise."""
    area = sum(x * v - u * y for (x, y), (u, v) in zip(points, [*points[1:], points[0]], strict=True))
    return list(points) if area >= 0 else list(points)[::-1]


def _clip(subject: list[Point], window: list[Point]) -> list[Point]:
    """Clip a polygon to a convex one, edge by edge: Sutherland and Hodgman 1974, "Reentrant Polygon Clipping"."""
    for (ax, ay), (bx, by) in zip(window, [*window[1:], window[0]], strict=True):
        sides = [(bx - ax) * (y - ay) - (by - ay) * (x - ax) for x, y in subject]
        kept: list[Point] = []
        for place, (point, side) in enumerate(zip(subject, sides, strict=True)):
            before, side_before = subject[place - 1], sides[place - 1]
            if (side >= 0) != (side_before >= 0) and abs(side_before - side) > _TINY:
                fraction = side_before / (side_before - side)
                kept.append(
                    (before[0] + fraction * (point[0] - before[0]), before[1] + fraction * (point[1] - before[1]))
                )
            if side >= 0:
                kept.append(point)
        subject = kept
        if len(subject) < 3:
            return []
    return subject
