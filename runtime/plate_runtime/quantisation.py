"""Integer tensors and what they stand for: real = scale * (stored - zero_point), the TFLite specification."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def quantise(real: NDArray[np.float32], scale: float, zero_point: int) -> NDArray[np.int8]:
    """Round real values, float32 of any shape, to int8; what lies outside the range saturates."""
    stored = np.rint(real / np.float32(scale)) + zero_point
    saturated: NDArray[np.int8] = np.clip(stored, -128, 127).astype(np.int8)
    return saturated


def dequantise(stored: NDArray[np.int8], scale: float, zero_point: int) -> NDArray[np.float32]:
    """Return the real values, float32, of an int8 tensor of any shape."""
    return (stored.astype(np.float32) - np.float32(zero_point)) * np.float32(scale)
