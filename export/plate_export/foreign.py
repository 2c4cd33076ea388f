"""Networks that `plate-train` did not save: their input and classes are read from the file or assumed."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from plate_runtime.alphabet import ALPHABET
from plate_runtime.errors import DataError, ModelError, UsageError
from plate_runtime.labels import read_labels
from plate_runtime.manifest import InputSpec
from plate_runtime.script import Script
from plate_train.characters.datasets import measure_polarity
from plate_train.networks import keras_2
from plate_train.networks.weights_file import ModelMeta

from .class_names import classes_of_folders

KIND = "foreign"
"""Value of `kind` in their training record."""
_USUAL = {10: ALPHABET[:10], 26: ALPHABET[10:], 36: ALPHABET}
"""Number of classes -> the classes, unless others are named."""
_SMALLEST_SIDE, _LARGEST_SIDE = 4, 512
_WEIGHTED = frozenset({"Dense", "Conv2D"})
_PASSING = frozenset({"Dropout", "Identity", "Flatten", "Reshape", "GlobalAveragePooling2D", "GlobalMaxPooling2D"})
"""Layers behind the last one with weights that leave logits logits."""
_SCALES_ITSELF = 1 / 50
"""A Rescaling layer with a smaller factor expects pixels of 0..255."""


def describe(
    path: Path,
    description: Mapping[str, Any],
    classes: str | None,
    data: Path | None,
    *,
    scale: float | None = None,
    polarity: str | None = None,
) -> tuple[ModelMeta, tuple[str, ...]]:
    """Return the description of a network, and sentences about what was assumed. Nothing is loaded.

    Args:
        description: as `weights_file.read_description` gives it.
        classes, scale, polarity: given by the user; data: a data folder.

    Raises:
        ModelError: it does not take one gray or colour picture of a fixed size. UsageError: its classes are not known.
    """
    shape = keras_2.input_shape(description)
    height, width = _size(path, shape)
    count = _output_size(description)
    if count == 1 or not keras_2.gives_one_output(description):
        given = "a single number" if count == 1 else "several outputs"
        raise ModelError(f"{path} gives {given}; what can be exported has one output, a probability for each class")
    alphabet, origin = _classes(path, count, classes, data)
    itself = _scales_itself(description)
    how = "as given" if polarity else "usual"
    if polarity is None and data is not None:
        polarity, how = measure_polarity(data, Script(alphabet))
    scale_used = scale or (1.0 if itself else 1 / 255)
    spec = InputSpec((height, width, 1), scale=scale_used, polarity=polarity or "light-on-dark")
    pixels = {1.0: "pixels of 0 to 255", 1 / 255: "pixels times 1/255"}.get(spec.scale, f"pixels times {spec.scale:g}")
    if itself and scale is None:
        pixels += ", the network scales them"
    colour = f"gray on all {shape[2]} channels" if shape is not None and len(shape) == 3 and shape[2] != 1 else "gray"
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", path.stem).strip("-._") or "model"
    notes = (
        f"{path.name} was not saved by plate-train: its {len(alphabet)} classes are {alphabet}, from {origin}",
        f"assumed of its input: {colour}, {width}x{height}, {pixels}, {spec.polarity} ({how}), stretched",
    )
    # NOASSERTION is SPDX's name for a licence that was not stated.
    return ModelMeta(alphabet, spec, name, "1.0.0", training={"kind": KIND}, licence="NOASSERTION"), notes


def adapt(network: Any, meta: ModelMeta) -> Any:
    """Return a network that takes float32 (n, height, width, 1) and gives probabilities, around a foreign one.

    Gray pictures go to every channel by a convolution of ones, which every converter knows and which is exact. A
    missing channel axis, or pixels in one row, is a reshape. A network that ends with logits gets a softmax.
    """
    from plate_train.networks.tensorflow_setup import import_keras

    taken, logits = network.input_shape[1:], _gives_logits(network)
    if taken == meta.input.shape and not logits:
        return network
    keras = import_keras()
    picture = keras.Input(meta.input.shape, name="picture")
    given = picture
    if len(taken) != 3:
        given = keras.layers.Reshape(taken, name="without_channel")(picture)
    elif taken[2] != 1:
        on_all = keras.layers.Conv2D(
            taken[2], 1, use_bias=False, kernel_initializer="ones", name="gray_on_all_channels"
        )
        given = on_all(picture)
    outputs = network(given)
    if logits:
        outputs = keras.layers.Softmax(name="probabilities")(outputs)
    return keras.Model(picture, outputs)


def fits(taken: tuple[int | None, ...], spec: InputSpec) -> bool:
    """Return whether `adapt` can feed pictures of this input to a network that takes inputs of shape `taken`."""
    height, width, _ = spec.shape
    return taken in ((height, width), (height * width,)) or (len(taken) == 3 and taken[:2] == (height, width))


def _size(path: Path, shape: tuple[int | None, ...] | None) -> tuple[int, int]:
    """Return height and width of the pictures."""
    sides = None
    if shape is not None and all(isinstance(side, int) for side in shape):
        sides = [side for side in shape if side is not None]
    if sides is None:
        said = "several inputs or none" if shape is None else "pictures of any size"
        raise ModelError(f"{path} takes {said}; save it with one input of a fixed size, keras.Input((28, 28, 1))")
    if len(sides) == 1 and math.isqrt(sides[0]) ** 2 == sides[0]:
        sides = [math.isqrt(sides[0])] * 2
    if len(sides) == 2:
        sides.append(1)
    if len(sides) != 3 or sides[2] not in (1, 3) or not all(_SMALLEST_SIDE <= n <= _LARGEST_SIDE for n in sides[:2]):
        found = "x".join(map(str, shape or ()))
        raise ModelError(
            f"{path} takes inputs of shape {found}; what can be exported takes one gray or colour picture "
            f"of {_SMALLEST_SIDE} to {_LARGEST_SIDE} pixels a side, channels last"
        )
    return sides[0], sides[1]


def _classes(path: Path, count: int | None, classes: str | None, data: Path | None) -> tuple[str, str]:
    """Return the alphabet and its origin."""
    if classes is not None:
        _require_count(path, count, classes, "--classes")
        return classes, "--classes"
    found, origin = "", ""
    if data is not None and (data / "labels.csv").is_file():
        found, origin = "".join(sorted({row.text for row in read_labels(data / "labels.csv")})), f"the labels of {data}"
    elif data is not None:
        found, origin = _folders(data, count), f"the sorted class folders of {data}"
    if count in _USUAL and len(found) != count and set(found) <= set(_USUAL[count]):
        return _USUAL[count], f"their number, {count}; if that is wrong, name them with --classes"
    if not found:
        raise UsageError(f"{path} does not record its classes; name them with --classes, or class folders with --data")
    _require_count(path, count, found, origin)
    return found, origin


def _folders(data: Path, count: int | None) -> str:
    try:
        return classes_of_folders(data)
    except DataError:
        if count in _USUAL and data.is_dir():
            return ""
        raise


def _require_count(path: Path, count: int | None, found: str, origin: str) -> None:
    if count is not None and count != len(found):
        raise UsageError(
            f"{path} has {count} classes, {origin} has {len(found)}: {found}; name all {count} with --classes, "
            "in the order of the output"
        )


def _output_size(description: Mapping[str, Any]) -> int | None:
    """Return the number of classes of the last layer with weights, or None if the description lacks it."""
    for layer in reversed(keras_2.flat_layers(description)):
        size = layer["config"].get("units", layer["config"].get("filters"))
        if isinstance(size, int):
            return size
    return None


def _scales_itself(description: Mapping[str, Any]) -> bool:
    """Return whether a layer rescales pixels of 0..255 before the first layer with a kernel."""
    for layer in keras_2.flat_layers(description):
        config = layer["config"]
        if layer["class_name"] == "Rescaling":
            scale = config.get("scale")
            return isinstance(scale, int | float) and abs(scale) < _SCALES_ITSELF
        if "kernel_initializer" in config or "depthwise_initializer" in config:
            return False
    return False


def _gives_logits(network: Any) -> bool:
    """Return whether the last layer that is no pooling or regularisation has weights and no activation."""
    for layer in reversed(network.layers):
        if hasattr(layer, "layers"):
            return _gives_logits(layer)
        kind, linear = type(layer).__name__, getattr(getattr(layer, "activation", None), "__name__", "") == "linear"
        if kind in _WEIGHTED:
            return linear
        if kind not in _PASSING and not (kind == "Activation" and linear):
            return False
    return False
