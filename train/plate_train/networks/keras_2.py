"""Convert network descriptions of earlier Keras versions to those of Keras 3."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from plate_runtime.errors import ModelError, damage_as

from .allowed_objects import NETWORK

_KERNEL = ("kernel_initializer", "kernel_regularizer", "kernel_constraint")
_ANY = object()
_UNUSED: dict[str, dict[str, Any]] = {
    "DepthwiseConv2D": {"groups": 1, "filters": _ANY} | dict.fromkeys(_KERNEL, _ANY),
    "SeparableConv2D": {"groups": 1} | dict.fromkeys(_KERNEL, _ANY),
    "BatchNormalization": {
        "renorm": False, "virtual_batch_size": None, "adjustment": None, "fused": _ANY, "renorm_clipping": _ANY,
        "renorm_momentum": _ANY, "mode": 0,
    },
    "InputLayer": {"sparse": False, "ragged": False, "input_dtype": _ANY},
}  # fmt: skip
"""Settings of Keras 2 that Keras 3 does not have, with the neutral value."""
_KERAS_1 = {"nb_filter", "border_mode", "output_dim", "dim_ordering", "subsample"}
_NETWORKS = {"Sequential": "keras", "Functional": "keras.src.models.functional", "Model": "keras.src.models.model"}
_WORDS = {"softmax_v2": "softmax"}


def modern(description: Mapping[str, Any], version: str, where: str) -> dict[str, Any]:
    """Return a checked description for Keras 3, in float32 and without random augmentation.

    Args:
        version: of the Keras that saved it; empty if the file has none.
        where: the file, for messages.

    Raises:
        ModelError: Keras 3 would compute something else or cannot read it; the message says how to save it again.
    """
    try:
        with damage_as(ModelError, f"{where}: the network description is damaged"):
            return _network(description, 2 if version.startswith("2.") else 3)
    except _OldError as error:
        raise ModelError(f"{where}{advice(version, str(error))}") from error


def advice(version: str, reason: str) -> str:
    """Return the end of a sentence: the version of Keras, what is wrong, and how to save the model again."""
    if not version.startswith(("1.", "2.")):
        return f": Keras cannot load the model ({reason}); save it again with model.save('NAME.h5') of Keras 3"
    return (
        f" was saved by Keras {version} and cannot be loaded ({reason}); build the network with your own code in "
        "Keras 3, call model.load_weights() with this file, then model.save('NAME.h5')"
    )


def input_shape(description: Mapping[str, Any]) -> tuple[int | None, ...] | None:
    """Return the shape of the only input of a modern description, without the batch; None if there are several."""
    config = description["config"]
    layers = config["layers"]
    if description["class_name"] == "Sequential":
        first = layers[0] if layers else {}
    else:
        names = _input_names(config.get("input_layers"))
        found = [layer for layer in layers if layer["config"].get("name", layer.get("name")) in names]
        first = found[0] if len(found) == len(names) == 1 else {}
    if first.get("class_name") in NETWORK.classes:
        return input_shape(first)
    shape = first.get("config", {}).get("batch_shape")
    return tuple(shape[1:]) if isinstance(shape, list) else None


def gives_one_output(description: Mapping[str, Any]) -> bool:
    """Return whether a modern description has a single output."""
    config = description["config"]
    return description["class_name"] == "Sequential" or len(_input_names(config.get("output_layers"))) == 1


def flat_layers(description: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return all layers of a modern description in order, including those of inner networks."""
    found: list[Mapping[str, Any]] = []
    for layer in description["config"]["layers"]:
        found += flat_layers(layer) if layer["class_name"] in NETWORK.classes else [layer]
    return found


class _OldError(Exception):
    """What is wrong with an old description, as part of a sentence."""


def _network(entry: Mapping[str, Any], keras: int) -> dict[str, Any]:
    config = entry["config"]
    if isinstance(config, list):  # a Sequential of Keras 2.2 and before
        config = {"name": "sequential", "layers": config}
    layers = [
        _network(layer, keras) if layer["class_name"] in NETWORK.classes else _layer(layer, keras)
        for layer in config["layers"]
    ]
    made = {key: value for key, value in entry.items() if key != "compile_config"}
    made["config"] = {**config, "layers": layers}
    if "module" in entry:
        made |= {"module": _NETWORKS[entry["class_name"]], "registered_name": entry["class_name"]}
    if entry["class_name"] == "Sequential":
        made["config"]["name"] = config.get("name") or "sequential"
        _begin_with_input(made["config"], config["layers"])
    return made


def _begin_with_input(config: dict[str, Any], saved: list[Mapping[str, Any]]) -> None:
    """Add an input layer: earlier files record the input shape in the first layer or beside the layers."""
    if not config["layers"] or config["layers"][0]["class_name"] in {"InputLayer", *NETWORK.classes}:
        return
    first = config["layers"][0]
    shape = _listed(saved[0]["config"].get("batch_input_shape") or config.get("build_input_shape"))
    if not isinstance(shape, list):
        raise _OldError("it does not say how large its pictures are")
    kind = {"module": "keras.layers", "registered_name": None} if "module" in first else {}
    name = f"{first['config'].get('name', 'first')}_input"
    settings = {"batch_shape": shape, "dtype": "float32", "name": name}
    config["layers"].insert(0, {"class_name": "InputLayer", "config": settings, **kind})


def _layer(entry: Mapping[str, Any], keras: int) -> dict[str, Any]:
    kind, config = str(entry["class_name"]), dict(entry["config"])
    if kind.startswith("Random"):  # augmentation does nothing after training, and Keras cannot load all of these layers
        kept = {key: config[key] for key in ("name", "batch_input_shape") if key in config}
        return _layer({**entry, "class_name": "Identity", "config": kept}, keras)
    if old := sorted(config.keys() & _KERAS_1):
        raise _OldError(f"{old[0]} of {kind} is a setting of Keras 1")
    shape = config.pop("batch_input_shape", None)
    if kind == "InputLayer":
        config["batch_shape"] = _listed(shape or config.get("batch_shape"))
    for name, neutral in _UNUSED.get(kind, {}).items():
        value = config.pop(name, neutral)
        if neutral is not _ANY and value not in (neutral, None):
            raise _OldError(f"{name} of {kind} is {value}, which Keras 3 does not have")
    if kind == "BatchNormalization" and isinstance(axis := _listed(config.get("axis", -1)), list):
        if len(axis) != 1:
            raise _OldError("a BatchNormalization over several axes")
        config["axis"] = axis[0]
    if config.get("data_format") == "channels_first":
        raise _OldError("its pictures have the channels first; train it with data_format='channels_last'")
    activation = config.get("activation")
    if isinstance(activation, str):
        config["activation"] = _WORDS.get(activation, activation)
    if keras == 2 and activation == "hard_sigmoid":
        raise _OldError("its hard_sigmoid is another function in Keras 3")
    # Files of mixed_float16 hold float32 weights; devices compute in float32 or int8.
    return {**entry, "config": config | {"dtype": "float32"}}


def _listed(value: Any) -> Any:
    """Return a serialised tuple of Keras 3 as a list; other values unchanged."""
    return value["items"] if isinstance(value, dict) and value.get("class_name") == "__tuple__" else value


def _input_names(value: Any) -> list[str]:
    """Return the layers named in `input_layers`: [["name", 0, 0]], or of a single one ["name", 0, 0]."""
    value = _listed(value)
    if not isinstance(value, list) or not value:
        return []
    if isinstance(value[0], str):
        value = [value]
    return [str(_listed(one)[0]) for one in value if isinstance(_listed(one), list) and _listed(one)]
