"""Scoring: command lines that score networks of one kind on labelled sets, and what the scores have in common."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from plate_runtime.errors import ModelError

from ..networks import weights_file
from ..networks.tensorflow_setup import compiled, fix
from ..networks.weights_file import ModelMeta
from .run_files import MODEL_FILE

VALIDATION_FRACTION = 0.2
"""Fraction of a user's pictures that is scored where the data has no `val/`."""


class Scored(Protocol):
    """Score of a set: as JSON values, and one percentage."""

    @property
    def percent(self) -> float: ...

    def to_json(self) -> dict[str, Any]: ...


def parse(parser: argparse.ArgumentParser, arguments: Sequence[str]) -> argparse.Namespace:
    """Parse a command line with models and label files, distinguished by suffix, in any order."""
    parser.add_argument("paths", nargs="+", type=Path, metavar="MODEL.h5|RUN|FILE.csv")
    parser.add_argument("--json", action="store_true", help="one object a line")
    parser.add_argument("--debug", action="store_true", help="show tracebacks")
    options = parser.parse_args(arguments)
    options.labels = [path for path in options.paths if path.suffix == ".csv"]
    options.models = [path for path in options.paths if path.suffix != ".csv"]
    if not options.labels or not options.models:
        parser.error("name at least one model and one labels.csv")
    return options


def print_scores(
    options: argparse.Namespace,
    load_model: Callable[[Path], tuple[Any, ModelMeta]],
    scored: Callable[[Any, ModelMeta, Path], Scored],
) -> None:
    """Print the score of each model of the parsed `options` on each set."""
    for path in options.models:
        network, meta = load_model(path)
        for file in options.labels:
            found = scored(network, meta, file)
            row = {"model": str(path), "set": str(file), "step": meta.training.get("step"), **found.to_json()}
            print(json.dumps(row) if options.json else f"{path} {file}: {found}", flush=True)


def load_kind(path: Path, kind: str, otherwise: str) -> tuple[Any, ModelMeta]:
    """Return the network of a `.h5` or of a run's folder as a function, and its metadata.

    Raises:
        ModelError: it is of another kind; `otherwise` is the message.
    """
    path = path / MODEL_FILE if path.is_dir() else path
    meta = weights_file.read_meta(path)
    if meta is None or meta.kind != kind:
        raise ModelError(f"{path}: {otherwise}")
    fix(0, 1)
    return compiled(weights_file.load(path)), meta


def spread(values: Sequence[float]) -> dict[str, float]:
    """Return mean, minimum and maximum."""
    return {"mean": float(np.mean(values)), "min": min(values), "max": max(values)}
