"""Means over windows around each pixel, by running sums: the time does not depend on the window."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float32]
BoolArray = NDArray[np.bool_]


def box_mean(values: FloatArray, width: int, height: int) -> FloatArray:
    """Mean over a window of about ``width`` x ``height`` pixels around every pixel, cut at the borders; (h,w)."""
    return _box_mean_axis(_box_mean_axis(values, max(1, height // 2), 0), max(1, width // 2), 1)


def _box_mean_axis(values: FloatArray, reach: int, axis: int) -> FloatArray:
    length = values.shape[axis]
    sums = np.cumsum(values, axis=axis, dtype=np.float64)
    sums = np.concatenate([np.zeros_like(np.take(sums, [0], axis=axis)), sums], axis=axis)
    low = np.maximum(np.arange(length) - reach, 0)
    high = np.minimum(np.arange(length) + reach + 1, length)
    counts = (high - low).reshape((-1, 1) if axis == 0 else (1, -1))
    means: FloatArray = ((np.take(sums, high, axis=axis) - np.take(sums, low, axis=axis)) / counts).astype(np.float32)
    return means
