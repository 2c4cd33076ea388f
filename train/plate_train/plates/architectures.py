"""Networks that read a whole plate crop: float32 (n, 48, 160, 1) in 0..1 to logits (n, steps, 37).

The classes are those of a script, A-Z and 0-9 where none is named, and the blank behind them.

All share one backbone of 3x3 convolutions and differ in how its 6 x 40 features become steps. All operators run in
int8 everywhere; batch normalisation is before the ReLU, so that it is folded into the convolution.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import log
from typing import Any

from plate_runtime.errors import UsageError
from plate_runtime.script import LATIN, Script

from ..networks.tensorflow_setup import import_keras
from ..synthetic.plates.spec import PLATE_SPEC

SLOTS = 12


@dataclass(frozen=True)
class Size:
    """How large a network is.

    Attributes:
        width: multiplies the channels of every convolution. depth: convolutions in each of the two middle stages.
        dropout: fraction of the features dropped before the output in training.
    """

    width: float = 1.0
    depth: int = 2
    dropout: float = 0.1

    def __post_init__(self) -> None:
        if not 0.05 <= self.width <= 4 or not 1 <= self.depth <= 8 or not 0 <= self.dropout < 1:
            raise UsageError(f"width must be in 0.05..4, depth in 1..8, dropout in 0..1; not {self}")

    def channels(self, count: int) -> int:
        """Return `count` times the width as a multiple of 8, for which the kernels of all interpreters are fast."""
        return max(8, 8 * round(count * self.width / 8))


@dataclass(frozen=True)
class Architecture:
    """How features become steps, and how the steps are decoded."""

    decoding: str
    steps: int
    head: Callable[[Any, Size, int], Any]


def build(name: str, size: Size | None = None, script: Script = LATIN) -> Any:
    """Build a network by its name in `ARCHITECTURES`; not compiled.

    Raises:
        UsageError: there is no network of that name.
    """
    size, classes = size or Size(), len(script.alphabet) + 1
    keras = import_keras()
    picture = keras.layers.Input(PLATE_SPEC.shape)
    logits = architecture(name).head(_backbone(picture, size), size, classes)
    model = keras.Model(picture, logits, name=name.replace("-", "_"))
    if architecture(name).decoding == "ctc":
        _set_initial_blanks(model)
    return model


def _set_initial_blanks(model: Any) -> None:
    """Set the bias so that steps start as blank: four in five are, and learning that takes hundreds of batches."""
    last = next(layer for layer in reversed(model.layers) if type(layer).__name__ == "Conv2D")
    kernel, bias = last.get_weights()
    bias[-1] = log(4 * (len(bias) - 1))
    last.set_weights([kernel, bias])


def architecture(name: str) -> Architecture:
    """Return the architecture of that name; UsageError if there is none."""
    if name not in ARCHITECTURES:
        raise UsageError(f"no network is called {name}; choose one of {', '.join(ARCHITECTURES)}")
    return ARCHITECTURES[name]


def _backbone(picture: Any, size: Size) -> Any:
    """Features of 6 x 40: an eighth of the height, a quarter of the width."""
    layers = import_keras().layers
    x = _convolution(picture, size.channels(24), strides=2)
    x = _convolution(x, size.channels(32))
    x = layers.MaxPooling2D(2)(x)
    x = _stage(x, size.channels(64), size.depth)
    x = layers.MaxPooling2D((2, 1))(x)
    return _stage(x, size.channels(104), size.depth)


def _rows(x: Any, size: Size, classes: int) -> Any:
    """Two rows of 40 steps, the upper one first."""
    x = _convolution(x, size.channels(128), strides=(3, 1))
    return _steps(_convolution(x, size.channels(128), kernel=(1, 7)), 80, size, classes)


def _single(x: Any, size: Size, classes: int) -> Any:
    """One row of 40 steps."""
    x = _convolution(x, size.channels(128), kernel=(6, 3), strides=(6, 1))
    return _steps(_convolution(x, size.channels(128), kernel=(1, 7)), 40, size, classes)


def _slots(x: Any, size: Size, classes: int) -> Any:
    """A map of attention for each slot; the features weighted by it tell the slot's character.

    A map is what the place looks like plus what the picture as a whole says about where the slot's character stands.
    """
    layers = import_keras().layers
    channels = size.channels(128)
    x = _convolution(x, channels)
    whole = layers.Flatten()(_convolution(x, 16, strides=2))
    whole = layers.ReLU()(layers.Dense(channels)(whole))
    expected = layers.Reshape((SLOTS, 240))(layers.Dense(SLOTS * 240)(whole))
    seen = layers.Permute((2, 1))(layers.Reshape((240, SLOTS))(layers.Conv2D(SLOTS, 1)(x)))
    attention = layers.Softmax()(layers.Add()([seen, expected]))
    slots = layers.Dot(axes=(2, 1))([attention, layers.Reshape((240, channels))(x)])
    return layers.Dense(classes, name="logits")(layers.Dropout(size.dropout)(slots))


def _steps(x: Any, steps: int, size: Size, classes: int) -> Any:
    layers = import_keras().layers
    x = layers.Dropout(size.dropout)(x)
    return layers.Reshape((steps, classes), name="logits")(layers.Conv2D(classes, 1)(x))


def _stage(x: Any, channels: int, depth: int) -> Any:
    """Convolutions of the same size; those after the first add to what came in."""
    layers = import_keras().layers
    x = _convolution(x, channels)
    for _ in range(depth - 1):
        x = layers.Add()([x, _convolution(x, channels)])
    return x


def _convolution(x: Any, channels: int, kernel: int | tuple[int, int] = 3, strides: int | tuple[int, int] = 1) -> Any:
    layers = import_keras().layers
    x = layers.Conv2D(channels, kernel, strides=strides, padding="same", use_bias=False)(x)
    return layers.ReLU()(layers.BatchNormalization(momentum=0.98)(x))


ARCHITECTURES = {
    "ctc-rows": Architecture("ctc", 80, _rows),
    "ctc": Architecture("ctc", 40, _single),
    "slots": Architecture("slots", SLOTS, _slots),
}
DEFAULT = "ctc-rows"
