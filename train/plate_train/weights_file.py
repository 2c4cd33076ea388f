"""The `.h5` file between training and export: a Keras network and, in its attributes, what its input means."""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from plate_runtime.alphabet import ALPHABET
from plate_runtime.errors import ModelError, PlateEdgeError, missing_extra
from plate_runtime.manifest import InputSpec

from .atomic import replacing

SHIPPED = Path(__file__).parent / "weights"
PREFIX = "plate_edge."
TRAINING = "plate_edge_training"
"""Name of the text data set beside the weights: HDF5 attributes end at 64 KB, a list of fonts may be longer."""

SAFE_LAYERS = frozenset(
    {
        "InputLayer", "Conv2D", "DepthwiseConv2D", "SeparableConv2D", "Dense", "Flatten", "Reshape", "Permute",
        "MaxPooling2D", "AveragePooling2D", "GlobalAveragePooling2D", "GlobalMaxPooling2D", "ZeroPadding2D",
        "Dropout", "SpatialDropout2D", "GaussianNoise", "GaussianDropout", "BatchNormalization",
        "LayerNormalization", "Activation", "ReLU", "LeakyReLU", "PReLU", "ELU", "Softmax", "Rescaling",
        "Normalization", "Add", "UpSampling2D", "Concatenate", "Multiply", "Average", "Maximum", "Dot",
    }
)  # fmt: skip
"""Layers of Keras itself that carry no code in the file; everything else is refused before it is loaded."""


@dataclass(frozen=True)
class ModelMeta:
    """What a `.h5` says of itself.

    Attributes:
        alphabet: one sign a class, in the order of the output.
        input: how a picture becomes the input tensor (shape, scale, polarity, resize rule).
        name, version: as in `name@version`.
        kind: "character", "plate" or "locator".
        temperature: divides the logarithms of the probabilities until they are calibrated.
        training: what the network was trained on; JSON values only. `kind` is "folders" or "drawn".
        licence: SPDX name.
        decoding, steps, strides: how the output is read, as in the runtime's manifest; a character's is "softmax",
            0 steps and no strides.
        thresholds: as in the manifest; empty for what is usual.
    """

    alphabet: str = ALPHABET
    input: InputSpec = field(default_factory=InputSpec)
    name: str = "plate-character"
    version: str = "1.0.0"
    kind: str = "character"
    temperature: float = 1.0
    training: Mapping[str, Any] = field(default_factory=dict)
    licence: str = "Apache-2.0"
    decoding: str = "softmax"
    steps: int = 0
    strides: tuple[int, ...] = ()
    thresholds: Mapping[str, float] = field(default_factory=dict)


def save(model: Any, path: Path, meta: ModelMeta) -> None:
    """Write a Keras model to `path` as `.h5` without optimizer state, with `meta` in its attributes.

    The file appears complete or not at all.

    Raises:
        OSError: the place cannot be written, or the disk is full.
    """
    h5py = _h5py()
    with replacing(path) as unfinished:
        with _without_legacy_warning():
            model.save(unfinished, include_optimizer=False)
        with h5py.File(unfinished, "r+") as file:
            for name, value in _attributes(meta).items():
                file.attrs[PREFIX + name] = value
            file.create_dataset(TRAINING, data=json.dumps(meta.training, sort_keys=True))


def find(name: str) -> Path:
    """Return the path of an `.h5`, or of the newest one that ships under that name, such as "plate-reader"."""
    shipped = sorted(SHIPPED.glob(f"{name}-[0-9]*.h5")) if Path(name).name == name else []
    return shipped[-1] if shipped and not Path(name).exists() else Path(name)


def read_meta(path: Path) -> ModelMeta | None:
    """Read the attributes written by `save`, without TensorFlow; None for an `.h5` of another program.

    Raises:
        ModelError: the file is missing, no HDF5 file, truncated, or its attributes make no sense.
    """
    with _opened(path) as file:
        if PREFIX + "alphabet" not in file.attrs:
            return None
        try:
            found = {name.removeprefix(PREFIX): _plain(value) for name, value in file.attrs.items()}
            return ModelMeta(
                alphabet=found["alphabet"],
                input=_input_spec(found),
                name=found["name"],
                version=found["version"],
                kind=found["kind"],
                temperature=float(found["temperature"]),
                training=json.loads(file[TRAINING][()]),
                licence=found["licence"],
                decoding=found.get("decoding", "softmax"),
                steps=int(found.get("steps", 0)),
                strides=tuple(int(stride) for stride in found.get("strides", ())),
                thresholds=json.loads(found.get("thresholds", "{}")),
            )
        except (KeyError, TypeError, ValueError, PlateEdgeError) as error:
            raise ModelError(f"{path}: the attributes of the model are damaged ({error}); save it again") from error


def origin(path: str | None) -> dict[str, Any]:
    """Return what a network had been trained on before, as an entry of its record; nothing where it is new."""
    if path is None:
        return {}
    meta = read_meta(Path(path))
    digest = hashlib.sha256(Path(path).read_bytes()).hexdigest()
    return {"start": {"sha256": digest, "training": dict(meta.training) if meta else None}}


def layer_names(path: Path) -> list[str]:
    """Return the class name of every layer in the file, nested models included, without loading any of it.

    Raises:
        ModelError: the file is missing, truncated, or holds weights without a network.
    """
    with _opened(path) as file:
        text = file.attrs.get("model_config")
        if text is None:
            raise ModelError(f"{path}: no network in the file, perhaps weights alone; save the whole model as .h5")
        try:
            return list(_classes(json.loads(text)))
        except (TypeError, ValueError) as error:
            raise ModelError(f"{path}: the network description is damaged ({error})") from error


def refuse_foreign_code(path: Path) -> None:
    """Raise ModelError if the file holds Lambda, custom or unknown layers: loading them can run foreign code."""
    strange = sorted({name for name in layer_names(path) if name not in SAFE_LAYERS})
    if strange:
        names = ", ".join(strange)
        raise ModelError(f"{path}: layers that are not loaded because they may carry code: {names}")


def load(path: Path) -> Any:
    """Load the Keras model of an `.h5`, uncompiled.

    Raises:
        ModelError: the file is truncated, not of Keras, or has layers that could carry foreign code.
        MissingPartError: TensorFlow is not installed.
    """
    from .tensorflow_setup import import_keras

    refuse_foreign_code(path)
    keras = import_keras()
    try:
        return keras.models.load_model(path, compile=False)
    except (OSError, KeyError, TypeError, ValueError, AttributeError) as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise ModelError(f"{path}: Keras cannot load the model ({reason})") from error


def _attributes(meta: ModelMeta) -> dict[str, Any]:
    values = {entry.name: getattr(meta, entry.name) for entry in dataclasses.fields(ModelMeta)}
    spec = dataclasses.asdict(values.pop("input"))
    del values["training"]
    values["thresholds"] = json.dumps(values["thresholds"], sort_keys=True)
    return values | {f"input.{name}": value for name, value in spec.items()}


def _input_spec(found: Mapping[str, Any]) -> InputSpec:
    """Return the recorded input; KeyError without a shape. Files of earlier versions do not know every rule."""
    known = {entry.name: f"input.{entry.name}" for entry in dataclasses.fields(InputSpec)}
    later = {"contrast"}
    spec = {name: found[key] for name, key in known.items() if name not in later or key in found}
    height, width, channels = (int(side) for side in spec["shape"])
    return InputSpec(**{**spec, "shape": (height, width, channels)})


def _plain(value: Any) -> Any:
    return value.decode() if isinstance(value, bytes) else value.tolist() if hasattr(value, "tolist") else value


def _classes(config: Mapping[str, Any]) -> Iterator[str]:
    """Walk a network description; a layer that wraps another one counts as both."""
    for layer in config["config"]["layers"]:
        nested = layer["config"]
        if "layers" in nested:
            yield from _classes(layer)
            continue
        registered = layer.get("registered_name")
        yield registered if registered and registered != layer["class_name"] else layer["class_name"]
        for inner in nested.values():
            if isinstance(inner, dict) and "class_name" in inner and inner.get("module") == "keras.layers":
                yield inner["class_name"]


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[Any]:
    h5py = _h5py()
    if not path.is_file():
        raise ModelError(f"{path}: no such file; name a model saved as .h5")
    try:
        file = h5py.File(path, "r")
    except OSError as error:
        raise ModelError(f"{path}: not a complete HDF5 file; save the model as .h5 again") from error
    with file:
        yield file


@contextlib.contextmanager
def _without_legacy_warning() -> Iterator[None]:
    """Keras calls `.h5` legacy at every save; the exporters and the mission's notebook need it."""
    from absl import logging

    before = logging.get_verbosity()
    logging.set_verbosity(logging.ERROR)
    try:
        yield
    finally:
        logging.set_verbosity(before)


def _h5py() -> Any:
    try:
        import h5py
    except ImportError as error:
        raise missing_extra("h5py is not installed", "train") from error
    return h5py
