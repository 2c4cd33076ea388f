"""Targets of each cell of a detector's output, from the corners of the plates in a picture.

A plate belongs to the level whose cells fit its width; near a border between two levels it belongs to both. Cells
around its centre are positive, cells farther out on it are ignored, all others are negative.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ..synthetic.scenes.labels import PlateLabel
from ..synthetic.scenes.spec import Corners

STRIDES = (8, 16, 32)
BORDERS = (56.0, 128.0)
"""Widths in pixels of the input up to which plates belong to the first and the second level."""
_BOTH, _IGNORED = 1.2, 1.6
"""Factors around a border: a plate belongs to both levels up to the first, the other ignores it up to the second."""
_CORE, _RING = (0.3, 0.5), (0.75, 1.1)
"""Half sizes of the positive and of the ignored area, in half widths and half heights of the plate."""
_RIM = 0.75
"""Distance of a target outline outside the plate's sheet, in pixels of the input."""
VALUES = 10
"""Of a cell: 1 plate, 0 background, -1 ignored; weight of the corners; dx and dy of four corners in strides."""


def sizes(corners: Corners) -> tuple[float, float]:
    """Return the mean length of the long and of the short sides of a plate, (4, 2), in pixels."""
    along, down = corners[[1, 2]] - corners[[0, 3]], corners[[3, 2]] - corners[[0, 1]]
    return float(np.hypot(*along.T).mean()), float(np.hypot(*down.T).mean())


def outline(corners: Corners) -> Corners:
    """Return the outline, (4, 2), that a detector should give for a sheet with these corners.

    Edges are blurred over more than a pixel of the input, and people label the holder as part of the plate. Outlines
    at the sheet's edge would often end inside it and crop strokes.
    """
    across, down = corners[1] + corners[2] - corners[0] - corners[3], corners[2] + corners[3] - corners[0] - corners[1]
    right, below = (side * (_RIM / max(1e-3, float(np.hypot(*side)))) for side in (across, down))
    return corners + np.array([-right - below, right - below, right + below, below - right], corners.dtype)


def cells(shape: tuple[int, int]) -> int:
    """Return how many cells all levels of a picture (h, w) have."""
    return sum((shape[0] // stride) * (shape[1] // stride) for stride in STRIDES)


def targets(labels: Sequence[PlateLabel], shape: tuple[int, int]) -> NDArray[np.float32]:
    """Return the targets of one picture of `shape` (h, w), float32 (cells, `VALUES`), level by level, row by row."""
    levels = []
    for level, stride in enumerate(STRIDES):
        grid = np.zeros((shape[0] // stride, shape[1] // stride, VALUES), np.float32)
        for label in sorted(labels, key=lambda label: label.required):
            role = _role(sizes(label.corners)[0], level) if label.required else "whole"
            if role != "none":
                _mark_cells(grid, label.corners, stride, role)
        levels.append(grid.reshape(-1, VALUES))
    return np.concatenate(levels)


def _role(width: float, level: int) -> str:
    """Return the role of a plate on a level: "positive", "ignored" or "none"."""
    low = BORDERS[level - 1] if level > 0 else 0.0
    high = BORDERS[level] if level < len(BORDERS) else np.inf
    if low / _BOTH < width <= high * _BOTH:
        return "positive"
    return "ignored" if low / _IGNORED < width <= high * _IGNORED else "none"


def _mark_cells(grid: NDArray[np.float32], corners: Corners, stride: int, role: str) -> None:
    middle = corners.mean(axis=0)
    across = (corners[1] + corners[2] - corners[0] - corners[3]) / 4
    down = (corners[2] + corners[3] - corners[0] - corners[1]) / 4
    area = float(across[0] * down[1] - across[1] * down[0])
    half = np.hypot(*across), np.hypot(*down)
    if abs(area) < 1e-3 or min(half) < 1e-3:
        return
    reach = float(np.abs(corners - middle).max()) * 1.4 + 2 * stride
    low = np.maximum(0, np.floor((middle - reach) / stride).astype(int))
    high = np.minimum(grid.shape[1::-1], np.ceil((middle + reach) / stride).astype(int))
    if (high <= low).any():
        return
    patch = grid[low[1] : high[1], low[0] : high[0]]
    y, x = np.mgrid[low[1] : high[1], low[0] : high[0]].astype(np.float32) * stride + stride / 2
    dx, dy = x - middle[0], y - middle[1]
    u, v = np.abs(dx * down[1] - dy * down[0]) / abs(area), np.abs(dy * across[0] - dx * across[1]) / abs(area)

    def within(size: tuple[float, float], least: float) -> NDArray[np.bool_]:
        return np.asarray((u <= max(size[0], least * stride / half[0])) & (v <= max(size[1], least * stride / half[1])))

    ring = within((1.1, 1.3), 0.6) if role == "whole" else within(_RING, 1.1)
    patch[ring & (patch[..., 0] == 0), 0] = -1
    if role != "positive":
        return
    core = within(_CORE, 0.55)
    patch[core, 0] = 1
    # the unit of error: a quarter of the plate's height, or half its width if it is nearly square
    patch[core, 1] = stride / (0.25 * min(2 * half[1], half[0]))
    offsets = (outline(corners)[None] - np.stack([x[core], y[core]], axis=1)[:, None]) / stride
    patch[core, 2:] = offsets.reshape(-1, 8)
