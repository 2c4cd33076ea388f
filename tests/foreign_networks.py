"""Networks as users bring them: tiny, built with Keras 3, and their files rewritten as earlier versions wrote them."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

Config = dict[str, Any]
Build = Callable[[Any], list[Any]]
"""keras.layers -> the layers after the input."""


@dataclass(frozen=True)
class Variant:
    """A file of one kind.

    Attributes:
        build: its layers; shape: of its input; classes: of its output.
        rewrite: changes the saved description; version: what the file says of Keras.
        suffix: of the file; scale: what has to be assumed of its pixels.
        refused: what the refusal says, empty where it is loaded.
    """

    build: Build
    shape: tuple[int | None, ...] = (28, 28, 1)
    classes: int = 36
    rewrite: Callable[[Config], Config] = lambda config: config
    version: str = "3.10.0"
    suffix: str = ".h5"
    scale: float = 1 / 255
    refused: str = ""
    functional: bool = False


def small(layers: Any, *before: Any, classes: int = 36) -> list[Any]:
    """One convolution and one dense layer behind `before`."""
    ends = [layers.Conv2D(2, 5, strides=3, activation="relu"), layers.Flatten()]
    return [*before, *ends, layers.Dense(classes, activation="softmax")]


def make(keras: Any, variant: Variant, path: Path) -> Any:
    """Write a variant to `path` and return the network, with weights that are not all alike."""
    found, inputs = variant.build(keras.layers), keras.Input(variant.shape)
    if variant.functional:
        outputs = inputs
        for layer in found:
            outputs = layer(outputs)
        network = keras.Model(inputs, outputs)
    else:
        network = keras.Sequential([inputs, *found])
    rng = np.random.default_rng(7)
    network.set_weights([(rng.random(one.shape) - 0.3).astype(np.float32) for one in network.get_weights()])
    for layer in network.layers:
        if isinstance(layer, keras.layers.Normalization):
            layer.finalize_state()
    network.save(path)
    if path.suffix == ".h5":
        with h5py.File(path, "r+") as file:
            file.attrs["model_config"] = json.dumps(variant.rewrite(json.loads(file.attrs["model_config"])))
            file.attrs["keras_version"] = variant.version
    return network


def given(pictures: NDArray[np.float32], shape: tuple[int | None, ...]) -> NDArray[np.float32]:
    """Return gray pictures, float32 (n, h, w, 1), as the network itself takes them."""
    if len(shape) == 3:
        return np.repeat(pictures, shape[2] or 1, axis=3)
    return pictures.reshape(len(pictures), *(side or 1 for side in shape))


def keras_2(config: Config) -> Config:
    """Rewrite a Sequential or Functional description as Keras 2.4 to 2.12 wrote it: no modules, the batch in shapes."""
    settings = dict(config["config"])
    settings["layers"] = [_layer_of_keras_2(layer) for layer in settings["layers"]]
    for key in ("input_layers", "output_layers"):
        if key in settings:
            value = settings[key]
            settings[key] = [value] if isinstance(value[0], str) else value
    return {"class_name": config["class_name"], "config": settings}


def without_input(config: Config) -> Config:
    """Keras 2.0 to 2.3: no InputLayer; the first layer has the shape."""
    rewritten = keras_2(config)
    layers = rewritten["config"]["layers"]
    shape = layers[0]["config"]["batch_input_shape"]
    layers[1]["config"]["batch_input_shape"] = shape
    rewritten["config"]["layers"] = layers[1:]
    return rewritten


def layer_list(config: Config) -> Config:
    """Keras 2.0 to 2.2: the settings of a Sequential are the list of its layers."""
    rewritten = without_input(config)
    return {"class_name": "Sequential", "config": rewritten["config"]["layers"]}


def keras_2_13(config: Config) -> Config:
    """Keras 2.13 to 2.15: modules for layers, their own place for networks."""
    settings = {**config["config"], "layers": [_batch_input(layer) for layer in config["config"]["layers"]]}
    place = f"keras.src.engine.{config['class_name'].lower()}"
    return {"module": place, "class_name": config["class_name"], "config": settings, "registered_name": "Functional"}


def with_setting(kind: str, change: Callable[[Config], Config], then: Callable[[Config], Config]) -> Any:
    """Return a rewrite that changes the settings of every layer of a class."""

    def rewrite(config: Config) -> Config:
        rewritten = then(config)
        layers = rewritten["config"]
        for layer in layers if isinstance(layers, list) else layers["layers"]:
            if layer["class_name"] == kind:
                layer["config"] = change(layer["config"])
        return rewritten

    return rewrite


def no_shape(config: Config) -> Config:
    """A network that was saved before it had seen a picture."""
    rewritten = without_input(config)
    del rewritten["config"]["layers"][0]["config"]["batch_input_shape"]
    rewritten["config"].pop("build_input_shape", None)
    return rewritten


def built_later(config: Config) -> Config:
    """A network that learned its shape from the first pictures."""
    rewritten = no_shape(config)
    rewritten["config"]["build_input_shape"] = [None, 28, 28, 1]
    return rewritten


def _batch_input(layer: Config) -> Config:
    settings = dict(layer["config"])
    if "batch_shape" in settings:
        settings["batch_input_shape"] = settings.pop("batch_shape")
        settings |= {"sparse": False, "ragged": False}
    return {**layer, "config": settings}


def _layer_of_keras_2(layer: Config) -> Config:
    if "layers" in layer["config"]:
        return {**keras_2(layer), **({"name": layer["name"]} if "name" in layer else {}), **_nodes(layer)}
    settings = _batch_input(layer)["config"]
    for key, value in settings.items():
        if isinstance(value, dict) and "registered_name" in value:
            settings[key] = {"class_name": value["class_name"], "config": value["config"]}
    settings["dtype"] = "float32"
    settings.pop("optional", None)
    named = {"name": layer["name"]} if "name" in layer else {}
    return {"class_name": layer["class_name"], "config": settings, **named, **_nodes(layer)}


def _nodes(layer: Config) -> Config:
    """Calls as Keras 2 wrote them: [[["name of the layer before", 0, 0, {}]]]."""
    if "inbound_nodes" not in layer:
        return {}
    nodes = []
    for node in layer["inbound_nodes"]:
        found = [one["config"]["keras_history"] for one in _tensors(node["args"])]
        nodes.append([[name, call, place, {}] for name, call, place in found])
    return {"inbound_nodes": nodes}


def _tensors(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [value] if value.get("class_name") == "__keras_tensor__" else _tensors(list(value.values()))
    return [found for one in value for found in _tensors(one)] if isinstance(value, list) else []


def _groups(settings: Config) -> Config:
    kernel = {f"kernel_{part}": None for part in ("regularizer", "constraint")}
    return {**settings, **kernel, "groups": 1, "kernel_initializer": {"class_name": "GlorotUniform", "config": {}}}


def _norm(settings: Config) -> Config:
    return {**settings, "axis": [3], "renorm": False, "fused": None, "virtual_batch_size": None}


def _augmented(layers: Any) -> list[Any]:
    return small(
        layers, layers.RandomFlip("horizontal"), layers.RandomRotation(0.1), layers.RandomZoom(0.1),
        layers.RandomTranslation(0.1, 0.1), layers.RandomContrast(0.2), layers.RandomShear(0.1, 0.1),
        layers.RandomErasing(0.1), layers.GaussianNoise(0.1), layers.SpatialDropout2D(0.1),
    )  # fmt: skip


def _nested(layers: Any) -> list[Any]:
    import keras

    inner = keras.Sequential([layers.RandomFlip(), layers.Rescaling(1 / 255)], name="augmentation")
    return small(layers, inner)


def _separable(layers: Any) -> list[Any]:
    return small(layers, layers.DepthwiseConv2D(3), layers.SeparableConv2D(2, 3))


VARIANTS: dict[str, Variant] = {
    "Keras 3, gray": Variant(small),
    "Keras 3, colour": Variant(small, (28, 28, 3)),
    "32x32": Variant(small, (32, 32, 1)),
    "wide, colour": Variant(small, (40, 24, 3)),
    "no channel axis": Variant(lambda layers: small(layers, layers.Reshape((28, 28, 1))), (28, 28)),
    "784 pixels in one row": Variant(lambda layers: [layers.Dense(36, activation="softmax")], (784,)),
    "four channels": Variant(small, (28, 28, 4), refused="one gray or colour picture"),
    "any size": Variant(
        lambda layers: [layers.Conv2D(36, 3), layers.GlobalAveragePooling2D(), layers.Softmax()],
        (None, None, 1), refused="pictures of any size",
    ),
    "Keras 2": Variant(small, rewrite=keras_2, version="2.12.0"),
    "Keras 2, colour": Variant(small, (28, 28, 3), rewrite=keras_2, version="2.4.0"),
    "Keras 2 without InputLayer": Variant(small, rewrite=without_input, version="2.2.4-tf"),
    "Keras 2, a list of layers": Variant(small, rewrite=layer_list, version="2.1.6"),
    "Keras 2, a list, colour, 32x32": Variant(small, (32, 32, 3), rewrite=layer_list, version="2.1.6"),
    "Keras 2, no channel axis": Variant(
        lambda layers: small(layers, layers.Reshape((28, 28, 1))), (28, 28), rewrite=without_input, version="2.6.0"
    ),
    "Keras 2.13, functional": Variant(small, rewrite=keras_2_13, version="2.13.1", functional=True),
    "Keras 2, functional": Variant(small, (28, 28, 3), rewrite=keras_2, version="2.9.0", functional=True),
    "Keras 2, shape learned late": Variant(small, rewrite=built_later, version="2.8.0"),
    "Keras 2, no shape": Variant(small, rewrite=no_shape, version="2.8.0", refused="how large its pictures are"),
    "Keras 2, depthwise with groups": Variant(
        _separable, version="2.11.0",
        rewrite=with_setting("DepthwiseConv2D", _groups, with_setting("SeparableConv2D", _groups, keras_2)),
    ),
    "Keras 2, batch normalisation": Variant(
        lambda layers: small(layers, layers.Conv2D(2, 3), layers.BatchNormalization()),
        rewrite=with_setting("BatchNormalization", _norm, keras_2), version="2.3.1",
    ),
    "Keras 2, renorm": Variant(
        lambda layers: small(layers, layers.BatchNormalization()), version="2.3.1", refused="renorm of BatchNorm",
        rewrite=with_setting("BatchNormalization", lambda one: {**one, "renorm": True}, keras_2),
    ),
    "Keras 2, hard sigmoid": Variant(
        lambda layers: small(layers, layers.Conv2D(1, 3, activation="hard_sigmoid")), rewrite=keras_2,
        version="2.7.0", refused="hard_sigmoid is another function",
    ),
    "Keras 2, alpha of LeakyReLU": Variant(
        lambda layers: small(layers, layers.Conv2D(1, 3), layers.LeakyReLU(0.1)), version="2.10.0",
        rewrite=with_setting("LeakyReLU", lambda one: {"name": one["name"], "alpha": 0.1}, keras_2),
    ),
    "Keras 2, softmax_v2": Variant(
        small, version="2.10.0",
        rewrite=with_setting("Dense", lambda one: {**one, "activation": "softmax_v2"}, keras_2),
    ),
    "Keras 2, normalisation": Variant(
        lambda layers: small(layers, layers.Normalization(name="normalization")), rewrite=keras_2, version="2.8.0"
    ),
    "mixed float16": Variant(
        small,
        rewrite=with_setting("Conv2D", lambda one: {
            **one, "dtype": {"class_name": "Policy", "config": {"name": "mixed_float16"}}}, keras_2),
        version="2.5.0",
    ),
    "Keras 1": Variant(small, version="1.2.2", refused="saved by Keras 1.2.2 .*model.save"),
    "settings of Keras 1": Variant(
        small, version="2.0.0", refused="saved by Keras 2.0.0 .*nb_filter",
        rewrite=with_setting("Conv2D", lambda one: {**one, "nb_filter": 2}, keras_2),
    ),
    "an unknown setting of Keras 2": Variant(
        small, version="2.0.0", refused=r"saved by Keras 2.0.0 .*model.save",
        rewrite=with_setting("Conv2D", lambda one: {**one, "strange": 2}, keras_2),
    ),
    "channels first": Variant(
        small, version="2.0.0", refused="channels first",
        rewrite=with_setting("Flatten", lambda one: {**one, "data_format": "channels_first"}, keras_2),
    ),
    "augmentation inside": Variant(_augmented, (28, 28, 3)),
    "augmentation inside, Keras 2": Variant(_augmented, rewrite=keras_2, version="2.12.0"),
    "augmentation in a network inside": Variant(_nested, (28, 28, 3), scale=1.0),
    "Rescaling after augmentation": Variant(
        lambda layers: small(layers, layers.RandomFlip(), layers.Rescaling(1 / 127.5, offset=-1)), scale=1.0
    ),
    "Rescaling of what is scaled": Variant(lambda layers: small(layers, layers.Rescaling(2.0, offset=-1))),
    "Resizing, ZeroPadding": Variant(
        lambda layers: small(layers, layers.Resizing(20, 20), layers.ZeroPadding2D(4), layers.CenterCrop(24, 24)),
        (32, 32, 3),
    ),
    "logits": Variant(lambda layers: [layers.Flatten(), layers.Dense(36)]),
    "logits, colour, Keras 2": Variant(
        lambda layers: [layers.Flatten(), layers.Dense(36)], (28, 28, 3), rewrite=keras_2, version="2.15.0"
    ),
    "logits, linear activation and dropout": Variant(
        lambda layers: [layers.Flatten(), layers.Dense(36), layers.Activation("linear"), layers.Dropout(0.1)]
    ),
    "logits, pooled, functional": Variant(
        lambda layers: [layers.Conv2D(36, 5, strides=3), layers.GlobalAveragePooling2D()], functional=True
    ),
    "a single number": Variant(
        lambda layers: [layers.Flatten(), layers.Dense(1, activation="sigmoid")], refused="gives a single number"
    ),
    "British, no I and Q": Variant(lambda layers: small(layers, classes=34), classes=34),
    "digits": Variant(lambda layers: small(layers, classes=10), (32, 32, 1), classes=10),
    ".keras": Variant(small, suffix=".keras"),
    ".keras, augmentation inside": Variant(
        lambda layers: small(layers, layers.RandomBrightness(0.2), *_augmented(layers)[:-3]), (28, 28, 3),
        suffix=".keras",
    ),
    ".keras, colour, functional": Variant(small, (28, 28, 3), suffix=".keras", functional=True),
    ".keras, batch normalisation and a network inside": Variant(
        lambda layers: [*_nested(layers)[:2], layers.BatchNormalization(), *_nested(layers)[2:]],
        suffix=".keras", scale=1.0,
    ),
}  # fmt: skip
