"""The output of a detector -> detections; `search` runs the detector on a picture.

A detector divides its input into a grid of cells, in several sizes for plates of several sizes. Each cell gives a score
for a plate's middle in it, and the plate's corners.
"""

from __future__ import annotations

import math
from functools import cache
from typing import TYPE_CHECKING, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from .geometry import contains, is_plate_shaped, polygon_iou, quadrilateral_areas
from .results import Corners, Detection

if TYPE_CHECKING:
    from .manifest import Manifest

MIN_DETECTION = 0.5
"""Used where a model's manifest does not give `min_detection`."""

MOST_PLATES = 32
"""Detections returned of one picture, the most confident ones: each costs the time of a reading."""

# Neighbouring cells detect the same plate, a dozen for a large one.
_MOST_CANDIDATES = 400
_SAME_PLATE = 0.3


@runtime_checkable
class Detector(Protocol):
    """Detects plates in a picture; `PlateReader` accepts any object with this method."""

    def detect(self, gray: NDArray[np.uint8]) -> list[Detection]:
        """Return the plates in a gray picture, uint8 (h, w), with corners in its pixels, in any order."""
        ...


def find_in_output(
    output: NDArray[np.float32], manifest: Manifest, size: tuple[int, int], min_confidence: float | None = None
) -> list[Detection]:
    """Return the detections in a detector's output for one input, in pixels of the input; see `decode_corners`."""
    return most_confident(*decode_corners(output, manifest, size, min_confidence), manifest)


def decode_corners(
    output: NDArray[np.float32], manifest: Manifest, size: tuple[int, int], min_confidence: float | None = None
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Decode a detector's output, float32 (cells, 9): per cell the logit of its score, and x, y of four corners.

    Corners are relative to the cell's middle, in units of its stride. Confidence is sigmoid(logit / temperature).

    Args:
        size: width and height of the picture in the input; detections on the black beside it are omitted.
        min_confidence: if None, the threshold stored in the model is used.

    Returns:
        Corners, float64 (n, 4, 2) in pixels of the input, and logits, float64 (n,). Several may be of one plate.
    """
    if min_confidence is None:
        min_confidence = manifest.thresholds.get("min_detection", MIN_DETECTION)
    scores = output[:, 0]
    # Thresholded before anything is computed: a few of 5,040 cells remain.
    chosen = np.flatnonzero(scores >= least_logit(min_confidence, manifest.temperature))
    if len(chosen) > _MOST_CANDIDATES:
        chosen = chosen[np.argsort(-scores[chosen], kind="stable")[:_MOST_CANDIDATES]]
    middles, strides = _cells(manifest.input.shape[:2], manifest.strides)
    offsets = output[chosen, 1:].astype(np.float64).reshape(-1, 4, 2)
    corners = middles[chosen, None, :] + offsets * strides[chosen, None, None]
    with np.errstate(invalid="ignore", over="ignore"):
        centres = corners.mean(axis=1)
        inside = (centres >= 0).all(axis=1) & (centres < np.array(size)).all(axis=1)
    inside &= is_plate_shaped(corners) & np.isfinite(scores[chosen])
    return corners[inside], scores[chosen][inside].astype(np.float64)


def suppress(corners: NDArray[np.float64], logits: NDArray[np.float64]) -> NDArray[np.intp]:
    """Return indices into (n, 4, 2), the most confident first, without those of a plate that already has one.

    Two are the same plate if the middle of one lies in the other, or their intersection over union is above 0.3.
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
        # Plates overlap enough only if their upright boxes do: few remain for the polygons.
        common = sides[touching].prod(axis=1)
        doubtful = ~same & (common > _SAME_PLATE * (areas[near] + areas[first] - common))
        for place in np.flatnonzero(doubtful):
            same[place] = polygon_iou(_points(corners[first]), _points(corners[near[place]])) > _SAME_PLATE
        touching[touching] = same
        waiting = waiting[~touching]
    return np.array(kept, np.intp)


def merge(
    corners: NDArray[np.float64], logits: NDArray[np.float64], kept: NDArray[np.intp], temperature: float = 1.0
) -> NDArray[np.float64]:
    """Return corners, (k, 4, 2), for the indices `kept`: the mean over all cells of the same plate, by confidence.

    Cells are of the same plate if each has its middle in the other, and neither is twice as large. The most confident
    cell knows best that there is a plate, but not where the plate ends.
    """
    middles, areas, confidences = corners.mean(axis=1), quadrilateral_areas(corners), sigmoid(logits / temperature)
    merged = corners[kept]
    for number, place in enumerate(kept.tolist()):
        same = contains(corners[place], middles) & contains(corners, middles[place])
        same &= (areas < 2 * areas[place]) & (2 * areas > areas[place])
        mean = np.average(corners[same], axis=0, weights=confidences[same])
        if is_plate_shaped(mean[None])[0]:
            merged[number] = mean
    return merged


def most_confident(corners: NDArray[np.float64], logits: NDArray[np.float64], manifest: Manifest) -> list[Detection]:
    """Return one detection per plate, the most confident first, at most `MOST_PLATES`; see `decode_corners`."""
    kept = suppress(corners, logits)
    merged = merge(corners, logits, kept, manifest.temperature).round(2)
    confidences = sigmoid(logits[kept] / manifest.temperature).tolist()
    return [Detection(_points(one), round(value, 4)) for one, value in zip(merged, confidences, strict=True)]


def least_logit(confidence: float, temperature: float) -> float:
    """Return the logit that has this confidence, 0..1."""
    if confidence <= 0:
        return -math.inf
    return temperature * math.log(confidence / (1 - confidence)) if confidence < 1 else math.inf


def sigmoid(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return 1 / (1 + exp(-logits))."""
    return np.asarray(1 / (1 + np.exp(-np.clip(logits, -60, 60))), np.float64)


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


def _points(corners: NDArray[np.float64]) -> Corners:
    return tuple((x, y) for x, y in corners.tolist())
