"""The `.h5` file between training and export: a Keras network with metadata in its attributes.

Networks of other programs, `.h5` or `.keras`, are read as well; they have no such attributes.
"""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from plate_runtime.alphabet import ALPHABET
from plate_runtime.errors import ModelError, PlateEdgeError
from plate_runtime.manifest import InputSpec, Manifest
from plate_runtime.script import Script

from ..atomic import replacing
from . import h5_file, keras_2, network_file
from .h5_file import NETWORK, TRAINING, ZIPPED

SHIPPED = Path(__file__).parents[1] / "weights"
PREFIX = "plate_edge."
LARGEST_LAYER = 1 << 26
"""Largest output of one layer for one picture, in numbers."""


@dataclass(frozen=True)
class ModelMeta:
    """Metadata of a `.h5`.

    Attributes:
        alphabet: one character for each class, in the order of the output.
        input: preprocessing of a picture (shape, scale, polarity, resize rule).
        name, version: as in `name@version`.
        kind: "character", "plate" or "detector".
        temperature: divides the logarithms of the probabilities until they are calibrated.
        training: training data and settings, JSON values only; its `kind` is "folders" or "drawn".
        licence: SPDX name.
        decoding, steps, strides: of the output, as in the runtime's manifest; for a character "softmax", 0 steps and
            no strides.
        thresholds: as in the manifest; empty for the defaults.
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

    @property
    def script(self) -> Script:
        """The characters that it reads; see `Script`."""
        return Script(self.alphabet)


def save(model: Any, path: Path, meta: ModelMeta) -> None:
    """Write a Keras model to `path` as `.h5` without optimizer state, with `meta` in its attributes.

    The file appears complete or not at all.

    Raises:
        OSError: the place cannot be written, or the disk is full.
    """
    h5py = h5_file.import_h5py()
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
        ModelError: the file is missing, no HDF5 file, truncated, or has damaged attributes.
    """
    if network_file.is_zip(path):
        return None
    with h5_file.opened(path) as file:
        return _meta(file, path)


def read_description(path: Path) -> tuple[ModelMeta | None, Mapping[str, Any]]:
    """Return what `read_meta` does, and the network's description as Keras 3 writes it.

    Raises:
        ModelError: as `read_meta`; or there is no network, or it may carry code, see `network_file.opened`.
    """
    with network_file.opened(path) as saved:
        if saved.zipped:
            return None, saved.description
        with h5_file.import_h5py().File(saved.copy, "r") as file:
            return _meta(file, path), saved.description


def origin(path: str | None) -> dict[str, Any]:
    """Return the origin of a network that training starts from, as an entry of its record; {} without one."""
    if path is None:
        return {}
    meta = read_meta(Path(path))
    digest = hashlib.sha256(Path(path).read_bytes()).hexdigest()
    return {"start": {"sha256": digest, "training": dict(meta.training) if meta else None}}


def layer_names(path: Path) -> list[str]:
    """Return the class name of every layer in the file, nested models included, without loading it.

    Raises:
        ModelError: the file is missing, truncated, has weights without a network, or may carry code.
    """
    with network_file.opened(path) as saved:
        return saved.classes


def load(path: Path) -> Any:
    """Load the Keras model of an `.h5` or `.keras`, uncompiled.

    Raises:
        ModelError: the file is damaged, not of Keras, may carry code, or describes a network that is larger than its
            weights.
        MissingPartError: TensorFlow is not installed.
    """
    from .tensorflow_setup import import_keras

    with network_file.opened(path) as saved:
        with h5_file.import_h5py().File(saved.copy, "r") as file:
            stored = _stored_numbers(file)
        keras = import_keras()
        try:
            with _at_most(keras, stored):
                model = keras.models.load_model(saved.loadable(), compile=False)
        except PlateEdgeError as error:
            raise ModelError(f"{path}: {error}") from error
        except Exception as error:  # Keras raises any exception of its layers for settings that do not fit
            reason = (str(error).splitlines() or [type(error).__name__])[0][:300]
            raise ModelError(f"{path}{keras_2.advice(saved.version, reason)}") from error
    for layer in model._flatten_layers():
        if isinstance(layer, keras.layers.Normalization):  # Keras does not apply values read from a .h5
            layer.finalize_state()
    _refuse_large_outputs(model, path)
    return model


def _meta(file: Any, path: Path) -> ModelMeta | None:
    if PREFIX + "alphabet" not in file.attrs:
        return None
    try:
        found = {name.removeprefix(PREFIX): _plain(value) for name, value in file.attrs.items()}
        meta = ModelMeta(
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
        # The manifest of the exported file checks these values.
        recorded = {entry.name: getattr(meta, entry.name) for entry in dataclasses.fields(ModelMeta)}
        Manifest(**recorded)
    except (
        PlateEdgeError,
        LookupError,
        TypeError,
        ValueError,
        ArithmeticError,
        AttributeError,
        RecursionError,
    ) as error:
        raise ModelError(f"{path}: the attributes of the model are damaged ({error}); save it again") from error
    return meta


def _stored_numbers(file: Any) -> int:
    """Return the number of weights in the file."""
    count = 0

    def add(_name: str, entry: Any) -> None:
        nonlocal count
        count += int(getattr(entry, "size", 0) or 0)

    for name in (NETWORK, *ZIPPED):
        if name in file:
            file[name].visititems(add)
    return count


@contextlib.contextmanager
def _at_most(keras: Any, stored: int) -> Iterator[None]:
    """Refuse layers with more weights than the file has: Keras creates all of them before it reads the first."""
    add_weight = keras.Layer.add_weight
    left = stored

    def counted(layer: Any, shape: Any = None, *arguments: Any, **named: Any) -> Any:
        nonlocal left
        left -= math.prod(int(side) for side in shape or ())
        if left < 0:
            raise ModelError("its description asks for more weights than the file holds; save the model again")
        return add_weight(layer, shape, *arguments, **named)

    keras.Layer.add_weight = counted
    try:
        yield
    finally:
        keras.Layer.add_weight = add_weight


def _refuse_large_outputs(model: Any, path: Path) -> None:
    for layer in getattr(model, "layers", ()):
        _refuse_large_outputs(layer, path)
        try:
            shape = layer.output.shape
        except (AttributeError, ValueError):  # called more than once, or a list
            continue
        if math.prod(side or 1 for side in shape) > LARGEST_LAYER:
            raise ModelError(f"{path}: the output of layer {layer.name} has the shape {shape}, too large for a device")


def _attributes(meta: ModelMeta) -> dict[str, Any]:
    values = {entry.name: getattr(meta, entry.name) for entry in dataclasses.fields(ModelMeta)}
    spec = dataclasses.asdict(values.pop("input"))
    del values["training"]
    values["thresholds"] = json.dumps(values["thresholds"], sort_keys=True)
    return values | {f"input.{name}": value for name, value in spec.items()}


def _input_spec(found: Mapping[str, Any]) -> InputSpec:
    """Return the recorded input; KeyError without a shape. Files of earlier versions lack some rules."""
    known = {entry.name: f"input.{entry.name}" for entry in dataclasses.fields(InputSpec)}
    later = {"contrast"}
    spec = {name: found[key] for name, key in known.items() if name not in later or key in found}
    height, width, channels = (int(side) for side in spec["shape"])
    return InputSpec(**{**spec, "shape": (height, width, channels)})


def _plain(value: Any) -> Any:
    return value.decode() if isinstance(value, bytes) else value.tolist() if hasattr(value, "tolist") else value


@contextlib.contextmanager
def _without_legacy_warning() -> Iterator[None]:
    """Suppress the warning of Keras that `.h5` is legacy; export and the notebook need it."""
    from absl import logging

    before = logging.get_verbosity()
    logging.set_verbosity(logging.ERROR)
    try:
        yield
    finally:
        logging.set_verbosity(before)
