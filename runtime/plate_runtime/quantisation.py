"""Integer tensors and what they stand for: real = scale * (stored - zero_point), the TFLite specification."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from .manifest import Quantisation


def quantise(real: NDArray[np.float32], scale: float, zero_point: int) -> NDArray[np.int8]:
    """Round real values, float32 of any shape, to int8; what lies outside the range saturates."""
    stored = np.rint(real / np.float32(scale)) + zero_point
    saturated: NDArray[np.int8] = np.clip(stored, -128, 127).astype(np.int8)
    return saturated


def dequantise(
    stored: NDArray[np.int8], scale: float | NDArray[np.float32], zero_point: int | NDArray[np.float32]
) -> NDArray[np.float32]:
    """Return the real values, float32, of an int8 tensor of any shape; arrays hold for the last axis."""
    return (stored.astype(np.float32) - np.asarray(zero_point, np.float32)) * np.asarray(scale, np.float32)


def output_steps(quantisation: Quantisation) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return scale and zero point of an int8 output, float32: of the tensor, (), or of each value, (values,)."""
    own = quantisation.value_scales
    scales = own or quantisation.output_scale
    zero_points = quantisation.value_zero_points if own else quantisation.output_zero_point
    return np.asarray(scales, np.float32), np.asarray(zero_points, np.float32)
