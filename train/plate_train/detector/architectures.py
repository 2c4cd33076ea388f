"""Detector networks: float32 (n, 384, 640, 1) in 0..1 to outputs (n, 5040, 9), see `targets`.

A backbone of 3x3 convolutions goes down to a stride of 32. Features of coarse levels are added to the finer ones, and
each level has its own output. All operators run in int8 everywhere; batch normalisation is folded into convolutions.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import log
from typing import Any

import numpy as np

from plate_runtime.errors import UsageError

from ..networks.tensorflow_setup import import_keras
from ..synthetic.scenes.spec import SCENE_SPEC
from .targets import STRIDES

OUTPUTS = 9
_INITIAL_CONFIDENCE = 0.005
"""Of every cell of a new network: less than one cell in a thousand has a plate."""


@dataclass(frozen=True)
class Size:
    """Size of a network: `width` multiplies channels, `depth` is the number of residual blocks at each coarse level."""

    width: float = 1.0
    depth: int = 2

    def __post_init__(self) -> None:
        if not 0.1 <= self.width <= 3 or not 0 <= self.depth <= 8:
            raise UsageError(f"width must be in 0.1..3 and depth in 0..8; not {self}")

    def channels(self, count: int) -> int:
        """Return `count` times the width as a multiple of 8, for which the kernels of all interpreters are fast."""
        return max(8, 8 * round(count * self.width / 8))


def build(size: Size | None = None) -> Any:
    """Build a network; not compiled."""
    size = size or Size()
    keras = import_keras()
    picture = keras.layers.Input(SCENE_SPEC.shape)
    x = _convolution(picture, 8, strides=2)
    x = _convolution(x, size.channels(16), strides=2)
    fine = _residual(_convolution(x, size.channels(32), strides=2))
    middle = _stage(_convolution(fine, size.channels(64), strides=2), size.depth)
    coarse = _stage(_convolution(middle, size.channels(80), strides=2), size.depth)
    heads = [_head(features, size) for features in _merged(fine, middle, coarse, size)]
    outputs = keras.layers.Concatenate(axis=1, name="cells")(heads)
    model = keras.Model(picture, outputs, name="detector")
    _set_initial_confidence(model)
    return model


def _merged(fine: Any, middle: Any, coarse: Any, size: Size) -> tuple[Any, Any, Any]:
    """Add the features of coarse levels to the finer ones."""
    layers, channels = import_keras().layers, size.channels(32)
    low = _convolution(coarse, channels, kernel=1)
    mid = layers.Add()([_convolution(middle, channels, kernel=1), _upsampled(low)])
    return layers.Add()([_convolution(fine, channels, kernel=1), _upsampled(mid)]), mid, low


def _upsampled(x: Any) -> Any:
    """Repeat each row and column. UpSampling2D becomes TILE in TFLite, which TensorFlow Lite Micro does not support."""
    return import_keras().layers.Resizing(2 * x.shape[1], 2 * x.shape[2], interpolation="nearest")(x)


def _head(x: Any, size: Size) -> Any:
    """The outputs of each cell of a level, row by row; the finest level has fewer channels, since it has most cells."""
    layers = import_keras().layers
    fine = int(x.shape[1]) * STRIDES[0] == SCENE_SPEC.shape[0]
    x = _convolution(x, size.channels(16 if fine else 48))
    return layers.Reshape((-1, OUTPUTS))(layers.Conv2D(OUTPUTS, 1)(x))


def _set_initial_confidence(model: Any) -> None:
    """Set the biases so that every cell starts with the initial confidence."""
    for layer in model.layers:
        if type(layer).__name__ == "Conv2D" and layer.use_bias:
            kernel, bias = layer.get_weights()
            kernel[..., 0] *= 0.1
            bias[0] = -log(1 / _INITIAL_CONFIDENCE - 1)
            layer.set_weights([kernel, np.asarray(bias, np.float32)])


def _stage(x: Any, depth: int) -> Any:
    for _ in range(depth):
        x = _residual(x)
    return x


def _residual(x: Any) -> Any:
    """A residual block: a 1x1 convolution to half the channels, then a 3x3 convolution."""
    channels = int(x.shape[-1])
    narrow = _convolution(x, max(8, channels // 16 * 8), kernel=1)
    return import_keras().layers.Add()([x, _convolution(narrow, channels)])


def _convolution(x: Any, channels: int, kernel: int = 3, strides: int = 1) -> Any:
    layers = import_keras().layers
    x = layers.Conv2D(channels, kernel, strides=strides, padding="same", use_bias=False)(x)
    return layers.ReLU()(layers.BatchNormalization(momentum=0.98)(x))
