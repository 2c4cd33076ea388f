"""Score networks of `plate-train plate` on labelled crops, while they train or later.

    python -m plate_train.plates.evaluate runs/reader crops/labels.csv more/labels.csv

A run's folder stands for the `model.h5` in it, which every checkpoint writes anew.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

from plate_runtime import commandline
from plate_runtime.errors import ModelError

from .. import weights_file
from ..tensorflow_setup import fix
from ..weights_file import ModelMeta
from . import plots
from .record import MODEL_FILE
from .score import PlateScore, Reader, compiled, labelled_set, read, score

PROG = "plate_train.plates.evaluate"


def command(arguments: Sequence[str]) -> int:
    """Print a line for every model and set, or with `--json` an object."""
    options = _options(arguments)
    for path in options.models:
        reader, meta = load(path)
        for file in options.labels:
            found = evaluate(reader, meta, file, options.sheet)
            row = {"model": str(path), "set": str(file), "step": meta.training.get("step"), **found.to_json()}
            print(json.dumps(row) if options.json else f"{path} {file}: {found}", flush=True)
    return 0


def load(path: Path) -> tuple[Reader, ModelMeta]:
    """Return the network of a `.h5`, or of a run's folder, as a function, and what it says of itself.

    Raises:
        ModelError: it is not a network of whole plates.
    """
    path = path / MODEL_FILE if path.is_dir() else path
    meta = weights_file.read_meta(path)
    if meta is None or meta.kind != "plate":
        raise ModelError(f"{path}: not a network of whole plates")
    fix(0, 1)
    return compiled(weights_file.load(path)), meta


def evaluate(reader: Reader, meta: ModelMeta, file: Path, sheet: Path | None = None) -> PlateScore:
    """Score a network on the set of a `labels.csv`; `sheet` is a folder for pictures of misread crops."""
    crops = labelled_set(file, meta.input)
    readings = read(reader, crops.pictures, meta.input, meta.decoding, meta.temperature)
    if sheet is not None:
        plots.misread(crops, readings, sheet / f"misread-{crops.name}.png")
    return score(readings, crops.texts)


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    """Parse the command line; models are told from label files by their suffix, in any order."""
    parser = argparse.ArgumentParser(prog=PROG, description="Score networks of whole plates on labelled crops.")
    parser.add_argument("paths", nargs="+", type=Path, metavar="MODEL.h5|RUN|FILE.csv")
    parser.add_argument("--sheet", type=Path, metavar="DIR", help="draw the misread crops of each set into this folder")
    parser.add_argument("--json", action="store_true", help="one object a line")
    parser.add_argument("--debug", action="store_true", help="show tracebacks")
    options = parser.parse_args(arguments)
    options.labels = [path for path in options.paths if path.suffix == ".csv"]
    options.models = [path for path in options.paths if path.suffix != ".csv"]
    if not options.labels or not options.models:
        parser.error("name at least one model and one labels.csv")
    return options


if __name__ == "__main__":
    commandline.run(command, PROG)
