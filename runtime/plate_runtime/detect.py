"""What a detector's output says of plates in a picture, and cutting them out straight; `search` runs the detector.

A detector looks at the picture in a grid of cells, of several sizes for plates of several sizes. Each cell says how
sure it is that a plate's middle lies in it, and where the plate's corners are.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from .errors import UsageError
from .geometry import Corners, contains, is_plate_shaped, polygon_iou, project, quadrilateral_areas, square_to

if TYPE_CHECKING:
    from .manifest import Manifest

MIN_DETECTION = 0.5
"""Taken where a model's manifest does not say `min_detection`."""

MOST_PLATES = 32
"""Detections returned of one picture, the surest ones: what comes after takes time, and no street holds more."""

# Neighbouring cells answer for the same plate, a dozen for a large one.
_MOST_CANDIDATES = 400
_SAME_PLATE = 0.3
# Shares of the plate's own width and height, on both sides together. Less cuts characters where corners are a little
# off, more lets in what a reader takes for characters; with exact corners readers do not mind.
_GROWN_WIDTH, _GROWN_HEIGHT = 0.1, 0.1
_MOST_ACROSS = 320


@dataclass(frozen=True)
class Detection:
    """A plate in a picture: four corners from its own top left clockwise, in pixels, and how sure it is one, 0..1."""

    corners: Corners
    confidence: float


def find_in_output(
    answer: NDArray[np.float32], manifest: Manifest, size: tuple[int, int], min_confidence: float | None = None
) -> list[Detection]:
    """Return the plates that a detector's answer for one input names, in pixels of the input; see `decode_corners`."""
    return most_confident(*decode_corners(answer, manifest, size, min_confidence), manifest)


def decode_corners(
    answer: NDArray[np.float32], manifest: Manifest, size: tuple[int, int], min_confidence: float | None = None
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Decode a detector's answer, float32 (cells, 9): per cell the logit of its score, and x, y of four corners.

    Corners are given from the cell's middle in units of its stride. Confidence is sigmoid(logit / temperature).

    Args:
        size: width and height of the picture in the input; what lies on the black beside it is left out.
        min_confidence: None takes the model's own threshold.

    Returns:
        Corners, float64 (n, 4, 2) in pixels of the input, and logits, float64 (n,), with neighbours for one plate.
    """
    if min_confidence is None:
        min_confidence = manifest.thresholds.get("min_detection", MIN_DETECTION)
    scores = answer[:, 0]
    # Compared before anything is computed: of 5,040 cells a handful is left.
    chosen = np.flatnonzero(scores >= least_logit(min_confidence, manifest.temperature))
    if len(chosen) > _MOST_CANDIDATES:
        chosen = chosen[np.argsort(-scores[chosen], kind="stable")[:_MOST_CANDIDATES]]
    middles, strides = _cells(manifest.input.shape[:2], manifest.strides)
    offsets = answer[chosen, 1:].astype(np.float64).reshape(-1, 4, 2)
    corners = middles[chosen, None, :] + offsets * strides[chosen, None, None]
    with np.errstate(invalid="ignore", over="ignore"):
        centres = corners.mean(axis=1)
        inside = (centres >= 0).all(axis=1) & (centres < np.array(size)).all(axis=1)
    inside &= is_plate_shaped(corners) & np.isfinite(scores[chosen])
    return corners[inside], scores[chosen][inside].astype(np.float64)


def suppress(corners: NDArray[np.float64], logits: NDArray[np.float64]) -> NDArray[np.intp]:
    """Return places in (n, 4, 2), the surest first, without those on a surer one's plate.

    Two are the same plate where the middle of one lies in the other, or they overlap by more than 0.3 of their union.
    """
    waiting = np.argsort(-logits, kind="stable")
    middles = corners.mean(axis=1)
    lows, highs = corners.min(axis=1), corners.max(axis=1)
    areas = quadrilateral_areas(corners)
    kept: list[int] = []
    while len(waiting) and len(kept) < MOST_PLATES:
        first, waiting = int(waiting[0]), waiting[1:]
        kept.append(first)
        sides = np.minimum(highs[waiting], highs[first]) - np.maximum(lows[waiting], lows[first])
        touching = (sides > 0).all(axis=1)
        near = waiting[touching]
        same = contains(corners[first], middles[near]) | contains(corners[near], middles[first])
        # Only where the upright boxes overlap enough can the plates: few are left for the polygons.
        common = sides[touching].prod(axis=1)
        doubtful = ~same & (common > _SAME_PLATE * (areas[near] + areas[first] - common))
        for place in np.flatnonzero(doubtful):
            same[place] = polygon_iou(_points(corners[first]), _points(corners[near[place]])) > _SAME_PLATE
        touching[touching] = same
        waiting = waiting[~touching]
    return np.array(kept, np.intp)


def straighten(
    gray: NDArray[np.uint8], corners: Corners, grown: tuple[float, float] = (_GROWN_WIDTH, _GROWN_HEIGHT)
) -> NDArray[np.uint8]:
    """Cut a plate out of gray uint8 (h, w) as if seen from the front, uint8 (h, w), at most 320 pixels wide.

    Args:
        grown: by what share of its width and height the crop is larger than the plate, on both sides together.

    Raises:
        UsageError: the corners are no convex quadrilateral, or lie outside the picture.
    """
    points = np.asarray(corners, np.float64)
    if points.shape != (4, 2) or not is_plate_shaped(points[None])[0]:
        raise UsageError(f"{list(corners)} are no four corners of a plate, clockwise from its top left")
    width, height = _own_size(corners, grown)
    shrink = max(1.0, width / _MOST_ACROSS, height / _MOST_ACROSS)
    across, down = max(2, round(width / shrink)), max(2, round(height / shrink))
    right, below = grown[0] / 2, grown[1] / 2
    outer = [(-right, -below), (1 + right, -below), (1 + right, 1 + below), (-right, 1 + below)]
    around = project(square_to(corners), outer)
    part, (left, top), reduced = _cut_around(gray, around, int(shrink))
    matrix = square_to([((x - left) / reduced, (y - top) / reduced) for x, y in around])
    coefficients = (matrix / [across, down, 1]).ravel()[:8].tolist()
    tone = round(sum(value * count for value, count in enumerate(part.histogram())) / (part.width * part.height))
    straight = part.transform(
        (across, down), Image.Transform.PERSPECTIVE, coefficients, Image.Resampling.BILINEAR, fillcolor=tone
    )
    return np.asarray(straight)


def _cut_around(gray: NDArray[np.uint8], around: Corners, factor: int) -> tuple[Image.Image, tuple[int, int], int]:
    """Return the upright part of a picture that holds the points, made smaller by `factor`, and its top left."""
    height, width = gray.shape
    (left, right), (top, bottom) = (
        (max(0, math.floor(min(way)) - 2), min(most, math.ceil(max(way)) + 2))
        for way, most in (([x for x, _ in around], width), ([y for _, y in around], height))
    )
    if left >= right or top >= bottom:
        raise UsageError(f"the corners {list(around)} lie outside the picture, which is {width}x{height}")
    part = Image.fromarray(np.ascontiguousarray(gray[top:bottom, left:right]))
    if factor > 1 and min(part.size) >= factor:
        return part.reduce(factor), (left, top), factor
    return part, (left, top), 1


def _own_size(corners: Corners, grown: tuple[float, float]) -> tuple[float, float]:
    """Return width and height of a plate and what is grown around it, in pixels: the means of opposite edges."""
    top_left, top_right, bottom_right, bottom_left = corners
    width = (math.dist(top_left, top_right) + math.dist(bottom_left, bottom_right)) / 2
    height = (math.dist(top_left, bottom_left) + math.dist(top_right, bottom_right)) / 2
    return width * (1 + grown[0]), height * (1 + grown[1])


@cache
def _cells(shape: tuple[int, int], strides: tuple[int, ...]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the middle, (cells, 2) in pixels, and the stride, (cells,), of every cell: levels one after the other."""
    middles, sizes = [], []
    for stride in strides:
        rows, columns = shape[0] // stride, shape[1] // stride
        y, x = np.mgrid[:rows, :columns]
        middles.append(np.stack([x.ravel(), y.ravel()], axis=1) * float(stride) + stride / 2)
        sizes.append(np.full(rows * columns, float(stride)))
    return np.concatenate(middles), np.concatenate(sizes)


def least_logit(confidence: float, temperature: float) -> float:
    """Return the logit from which on a cell is at least so sure."""
    if confidence <= 0:
        return -math.inf
    return temperature * math.log(confidence / (1 - confidence)) if confidence < 1 else math.inf


def merge(
    corners: NDArray[np.float64], logits: NDArray[np.float64], kept: NDArray[np.intp], temperature: float = 1.0
) -> NDArray[np.float64]:
    """Return the corners, (k, 4, 2), of those that were kept: means, by confidence, over all answers for that plate.

    Those are the ones of which each has its middle in the other, and neither is twice as large. The surest cell is
    the one that knows best that there is a plate, not where it ends.
    """
    middles, areas, shares = corners.mean(axis=1), quadrilateral_areas(corners), sigmoid(logits / temperature)
    merged = corners[kept]
    for number, place in enumerate(kept.tolist()):
        same = contains(corners[place], middles) & contains(corners, middles[place])
        same &= (areas < 2 * areas[place]) & (2 * areas > areas[place])
        mean = np.average(corners[same], axis=0, weights=shares[same])
        if is_plate_shaped(mean[None])[0]:
            merged[number] = mean
    return merged


def most_confident(corners: NDArray[np.float64], logits: NDArray[np.float64], manifest: Manifest) -> list[Detection]:
    """Return one detection a plate, the most confident first, at most `MOST_PLATES`; see `decode_corners`."""
    kept = suppress(corners, logits)
    merged = merge(corners, logits, kept, manifest.temperature).round(2)
    shares = sigmoid(logits[kept] / manifest.temperature).tolist()
    return [Detection(_points(one), round(share, 4)) for one, share in zip(merged, shares, strict=True)]


def sigmoid(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return 1 / (1 + exp(-logits))."""
    return np.asarray(1 / (1 + np.exp(-np.clip(logits, -60, 60))), np.float64)


def _points(corners: NDArray[np.float64]) -> Corners:
    return tuple((x, y) for x, y in corners.tolist())
