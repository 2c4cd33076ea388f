"""Score networks of `plate-train plate` on labelled crops, while they train or later.

    python -m plate_train.plates.evaluate runs/reader crops/labels.csv more/labels.csv

A run's folder stands for the `model.h5` in it, which every checkpoint writes anew.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from plate_runtime import command_line
from plate_runtime.errors import ModelError

from ..loop.record import MODEL_FILE
from ..loop.steps import Scored
from ..networks import weights_file
from ..networks.tensorflow_setup import fix
from ..networks.weights_file import ModelMeta
from . import plots
from .score import PlateScore, Reader, compiled, labelled_set, read, score

PROG = "plate_train.plates.evaluate"


def command(arguments: Sequence[str]) -> int:
    """Print a line for every model and set, or with `--json` an object."""
    parser = argparse.ArgumentParser(prog=PROG, description="Score networks of whole plates on labelled crops.")
    parser.add_argument("--sheet", type=Path, metavar="DIR", help="draw the misread crops of each set into this folder")
    options = parse(parser, arguments)
    tell_scores(options, load, lambda reader, meta, file: evaluate(reader, meta, file, options.sheet))
    return 0


def load(path: Path) -> tuple[Reader, ModelMeta]:
    """Return the network of a `.h5`, or of a run's folder, as a function, and what it says of itself.

    Raises:
        ModelError: it is not a network of whole plates.
    """
    return load_kind(path, "plate", "not a network of whole plates")


def evaluate(reader: Reader, meta: ModelMeta, file: Path, sheet: Path | None = None) -> PlateScore:
    """Score a network on the set of a `labels.csv`; `sheet` is a folder for pictures of misread crops."""
    crops = labelled_set(file, meta.input)
    readings = read(reader, crops.pictures, meta.input, meta.decoding, meta.temperature)
    if sheet is not None:
        plots.misread(crops, readings, sheet / f"misread-{crops.name}.png")
    return score(readings, crops.texts)


def parse(parser: argparse.ArgumentParser, arguments: Sequence[str]) -> argparse.Namespace:
    """Parse a command line with models and label files, told apart by their suffix, in any order."""
    parser.add_argument("paths", nargs="+", type=Path, metavar="MODEL.h5|RUN|FILE.csv")
    parser.add_argument("--json", action="store_true", help="one object a line")
    parser.add_argument("--debug", action="store_true", help="show tracebacks")
    options = parser.parse_args(arguments)
    options.labels = [path for path in options.paths if path.suffix == ".csv"]
    options.models = [path for path in options.paths if path.suffix != ".csv"]
    if not options.labels or not options.models:
        parser.error("name at least one model and one labels.csv")
    return options


def tell_scores(
    options: argparse.Namespace,
    load_model: Callable[[Path], tuple[Any, ModelMeta]],
    scored: Callable[[Any, ModelMeta, Path], Scored],
) -> None:
    """Print how each model of the parsed `options` is scored on each set."""
    for path in options.models:
        network, meta = load_model(path)
        for file in options.labels:
            found = scored(network, meta, file)
            row = {"model": str(path), "set": str(file), "step": meta.training.get("step"), **found.to_json()}
            print(json.dumps(row) if options.json else f"{path} {file}: {found}", flush=True)


def load_kind(path: Path, kind: str, otherwise: str) -> tuple[Any, ModelMeta]:
    """Return a network as `load` does. Raises ModelError, which says `otherwise`, if it is of another kind."""
    path = path / MODEL_FILE if path.is_dir() else path
    meta = weights_file.read_meta(path)
    if meta is None or meta.kind != kind:
        raise ModelError(f"{path}: {otherwise}")
    fix(0, 1)
    return compiled(weights_file.load(path)), meta


if __name__ == "__main__":
    command_line.run(command, PROG)
