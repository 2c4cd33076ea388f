"""Networks that look for plates in a frame: float32 (n, 384, 640, 1) in 0..1 to (n, 5040, 9), see `targets`.

A trunk of 3x3 convolutions goes down to a stride of 32; what the coarse levels know is added to the finer ones, and
each level answers for itself. Only layers whose operators run in int8 everywhere; batch normalisation folds away.
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
_FIRST_GUESS = 0.005
"""How sure every cell is at first: hardly one in a thousand has a plate."""


@dataclass(frozen=True)
class Size:
    """How large a network is: `width` multiplies channels, `depth` counts the widened looks at each coarse level."""

    width: float = 1.0
    depth: int = 2

    def __post_init__(self) -> None:
        if not 0.1 <= self.width <= 3 or not 0 <= self.depth <= 8:
            raise UsageError(f"width must be in 0.1..3 and depth in 0..8; not {self}")

    def channels(self, count: int) -> int:
        """Return `count` times the width as a multiple of 8, which the kernels of every interpreter like best."""
        return max(8, 8 * round(count * self.width / 8))


def build(size: Size | None = None) -> Any:
    """Build a network; not compiled."""
    size = size or Size()
    keras = import_keras()
    picture = keras.layers.Input(SCENE_SPEC.shape)
    x = _convolution(picture, 8, strides=2)
    x = _convolution(x, size.channels(16), strides=2)
    fine = _widened(_convolution(x, size.channels(32), strides=2))
    middle = _stage(_convolution(fine, size.channels(64), strides=2), size.depth)
    coarse = _stage(_convolution(middle, size.channels(80), strides=2), size.depth)
    answers = [_answer(features, size) for features in _joined(fine, middle, coarse, size)]
    outputs = keras.layers.Concatenate(axis=1, name="cells")(answers)
    model = keras.Model(picture, outputs, name="detector")
    _expect_nothing(model)
    return model


def _joined(fine: Any, middle: Any, coarse: Any, size: Size) -> tuple[Any, Any, Any]:
    """Hand what coarse levels know down to the finer ones."""
    layers, channels = import_keras().layers, size.channels(32)
    low = _convolution(coarse, channels, kernel=1)
    mid = layers.Add()([_convolution(middle, channels, kernel=1), _doubled(low)])
    return layers.Add()([_convolution(fine, channels, kernel=1), _doubled(mid)]), mid, low


def _doubled(x: Any) -> Any:
    """Repeat each row and column. UpSampling2D becomes TILE in TFLite, which TensorFlow Lite Micro does not run."""
    return import_keras().layers.Resizing(2 * x.shape[1], 2 * x.shape[2], interpolation="nearest")(x)


def _answer(x: Any, size: Size) -> Any:
    """The numbers of each cell of a level, row by row; the finest level has most cells, and its plates least detail."""
    layers = import_keras().layers
    fine = int(x.shape[1]) * STRIDES[0] == SCENE_SPEC.shape[0]
    x = _convolution(x, size.channels(16 if fine else 48))
    return layers.Reshape((-1, OUTPUTS))(layers.Conv2D(OUTPUTS, 1)(x))


def _expect_nothing(model: Any) -> None:
    """Let every cell say no at first."""
    for layer in model.layers:
        if type(layer).__name__ == "Conv2D" and layer.use_bias:
            kernel, bias = layer.get_weights()
            kernel[..., 0] *= 0.1
            bias[0] = -log(1 / _FIRST_GUESS - 1)
            layer.set_weights([kernel, np.asarray(bias, np.float32)])


def _stage(x: Any, depth: int) -> Any:
    for _ in range(depth):
        x = _widened(x)
    return x


def _widened(x: Any) -> Any:
    """Look around at half the channels, and add what was seen."""
    channels = int(x.shape[-1])
    narrow = _convolution(x, max(8, channels // 16 * 8), kernel=1)
    return import_keras().layers.Add()([x, _convolution(narrow, channels)])


def _convolution(x: Any, channels: int, kernel: int = 3, strides: int = 1) -> Any:
    layers = import_keras().layers
    x = layers.Conv2D(channels, kernel, strides=strides, padding="same", use_bias=False)(x)
    return layers.ReLU()(layers.BatchNormalization(momentum=0.98)(x))
