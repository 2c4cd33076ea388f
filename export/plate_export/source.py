"""Finds the `.h5` to export, reads its description, and checks it before it is loaded."""

from __future__ import annotations

import dataclasses
import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from plate_runtime.errors import ModelError, UsageError
from plate_runtime.labels import read_labels
from plate_runtime.manifest import output_shape
from plate_train.networks import weights_file
from plate_train.networks.network_file import SUFFIXES
from plate_train.networks.weights_file import ModelMeta

from . import foreign

SHIPPED = weights_file.SHIPPED
RUNS = Path("runs")
_KINDS = ("character", "plate", "detector")
_OUTPUTS = {"character": "classes", "plate": "characters and a blank at each step", "detector": "cells of 9 numbers"}
_SHIPPED_NAMES = {kind: f"plate-{name}-[0-9]*.h5" for kind, name in
                  (("character", "character"), ("plate", "reader"), ("detector", "detector"))}  # fmt: skip
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


@dataclass(frozen=True)
class Source:
    """A `.h5` that may be loaded.

    Attributes:
        path: the file; digest: SHA-256 of it.
        meta: its own description, or for a foreign file what was found.
        notes: sentences about assumptions; empty for a file of `plate-train`.
    """

    path: Path
    digest: str
    meta: ModelMeta
    notes: tuple[str, ...] = ()

    @property
    def foreign(self) -> bool:
        """True for a network that `plate-train` did not save."""
        return self.meta.training.get("kind") == foreign.KIND


def find_models(given: Path | None, data: Path | None = None, runs: Path = RUNS, shipped: Path = SHIPPED) -> list[Path]:
    """Return the `.h5` files to export: the one given, else that of the newest run, else shipped ones.

    Of the shipped ones it is the one for the kind of `data`, see `kind_of_data`; without `data` it is the character
    model and the plate reader.

    Raises:
        UsageError: there is none, or the one given is no `.h5`. DataError: the data folder cannot be read.
    """
    if given is not None:
        if given.suffix.lower() not in SUFFIXES:
            raise UsageError(f"{given} is not a .h5 or .keras file; save the network with model.save('NAME.h5')")
        return [given]
    if found := sorted(runs.glob("*/model.h5"), key=lambda path: (path.stat().st_mtime, path)):
        return found[-1:]
    kinds = ("character", "plate") if data is None else (kind_of_data(data),)
    newest = [sorted(shipped.glob(_SHIPPED_NAMES[kind])) for kind in kinds]
    if not all(newest):
        raise UsageError(f"no run in {runs}/ and no .h5 ships with this installation; name a MODEL.h5")
    return [files[-1] for files in newest]


def kind_of_data(data: Path) -> str:
    """Return the kind of model that a data folder is for: "character", "plate", or with corners "detector".

    Raises:
        DataError: its `labels.csv` cannot be read.
    """
    if not (data / "labels.csv").is_file():
        return "character"
    rows = read_labels(data / "labels.csv")
    if any(row.corners for row in rows):
        return "detector"
    return "character" if all(len(row.text) == 1 for row in rows) else "plate"


def open_source(
    path: Path,
    classes: str | None = None,
    data: Path | None = None,
    *,
    name: str | None = None,
    version: str | None = None,
    scale: float | None = None,
    polarity: str | None = None,
) -> Source:
    """Read the description of a `.h5`, and refuse the file if it holds code. Nothing of it is loaded.

    Args:
        classes: the alphabet in the order of the output, for a file that does not record it; scale: likewise, as in
            `InputSpec`.
        data: a data folder; its sorted class folders are the alphabet if neither is given.
        name, version: override what the file records.
        polarity: of the pictures that the network was trained on. None: what the file records; a file that records
            nothing has that of `data`.

    Raises:
        ModelError: the file is missing, truncated, holds code or foreign classes. UsageError: its classes are
            not known, or `classes` contradicts it. DataError: the class folders make no alphabet.
    """
    meta, description = weights_file.read_description(path)
    notes: tuple[str, ...] = ()
    if meta is None:
        meta, notes = foreign.describe(path, description, classes, data, scale=scale, polarity=polarity)
    elif scale is not None:
        raise UsageError(f"{path} records the scale of its pixels; leave out --scale")
    elif classes is not None and classes != meta.alphabet:
        raise UsageError(f"{path} records the classes {meta.alphabet}, --classes says {classes}; leave --classes out")
    elif polarity is not None:
        meta = dataclasses.replace(meta, input=dataclasses.replace(meta.input, polarity=polarity))
        notes = (f"polarity {polarity}, as given",)
    meta = dataclasses.replace(meta, name=name or meta.name, version=version or meta.version)
    for option, value in (("--name", meta.name), ("--model-version", meta.version)):
        if not _NAME.fullmatch(value):
            raise UsageError(f"{value!r} cannot be part of a file name; give letters, digits, . _ - with {option}")
    if meta.kind not in _KINDS:
        raise ModelError(f"{path} is a {meta.kind} model; what can be exported are {', '.join(_KINDS)} models")
    return Source(path, hashlib.sha256(path.read_bytes()).hexdigest(), meta, notes)


def load_network(source: Source) -> Any:
    """Load the Keras network, and check its input, output and weights.

    Raises:
        ModelError: it cannot be loaded, its input or output has the wrong size, or a weight is not a number.
        MissingPartError: TensorFlow is not installed.
    """
    import numpy as np

    network = weights_file.load(source.path)
    expected, found = (None, *source.meta.input.shape), network.input_shape
    same = isinstance(found, tuple) and found[1:] == expected[1:]
    if not same and not (source.foreign and isinstance(found, tuple) and foreign.fits(found[1:], source.meta.input)):
        raise ModelError(f"{source.path} takes pictures of shape {_shape(found)}, not {_shape(expected)}")
    meta = source.meta
    needed = (None, *output_shape(meta.kind, meta.input, meta.alphabet, meta.steps, meta.strides))
    outputs = network.output_shape
    if not isinstance(outputs, tuple) or outputs[1:] != needed[1:]:
        count = needed[1] if source.meta.kind == "detector" else len(source.meta.alphabet)
        found = f"has outputs of shape {_shape(outputs)}, which does not fit its {count} {_OUTPUTS[source.meta.kind]}"
        raise ModelError(f"{source.path} {found}")
    if not all(np.isfinite(weights).all() for weights in network.get_weights()):
        raise ModelError(f"{source.path} has weights that are not finite; train it again")
    return foreign.adapt(network, source.meta) if source.foreign else network


def _shape(shape: object) -> str:
    if not isinstance(shape, tuple):
        return str(shape)
    return "x".join("n" if side is None else str(side) for side in shape)
