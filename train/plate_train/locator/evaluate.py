"""Score networks of `plate-train locator` on labelled frames, while they train or later.

    python -m plate_train.locator.evaluate runs/locator frames/labels.csv more/labels.csv --sheet failures

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
from ..plates.record import MODEL_FILE
from ..plates.score import compiled
from ..tensorflow_setup import fix
from ..weights_file import ModelMeta
from . import plots
from .score import SCORED_AT, Finder, LocatorScore, find, labelled_set, score

PROG = "plate_train.locator.evaluate"


def command(arguments: Sequence[str]) -> int:
    """Print a line for every model and set, or with `--json` an object."""
    options = _options(arguments)
    for path in options.models:
        finder, meta = load(path)
        for file in options.labels:
            found = evaluate(finder, file, options.sheet, options.threshold)
            row = {"model": str(path), "set": str(file), "step": meta.training.get("step"), **found.to_json()}
            print(json.dumps(row) if options.json else f"{path} {file}: {found}", flush=True)
    return 0


def load(path: Path) -> tuple[Finder, ModelMeta]:
    """Return the network of a `.h5`, or of a run's folder, as a function, and what it says of itself.

    Raises:
        ModelError: it is no locator.
    """
    path = path / MODEL_FILE if path.is_dir() else path
    meta = weights_file.read_meta(path)
    if meta is None or meta.kind != "locator":
        raise ModelError(f"{path}: no locator")
    fix(0, 1)
    return compiled(weights_file.load(path)), meta


def evaluate(finder: Finder, file: Path, sheet: Path | None = None, threshold: float = SCORED_AT) -> LocatorScore:
    """Score a network on the frames of a `labels.csv`; `sheet` is a folder for pictures of what went wrong."""
    frames = labelled_set(file)
    found = find(finder, frames)
    if sheet is not None:
        plots.failures(frames, found, sheet / f"failures-{frames.name}.png", threshold)
    return score(found, frames)


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    """Parse the command line; models are told from label files by their suffix, in any order."""
    parser = argparse.ArgumentParser(prog=PROG, description="Score locators on labelled frames.")
    parser.add_argument("paths", nargs="+", type=Path, metavar="MODEL.h5|RUN|FILE.csv")
    parser.add_argument("--sheet", type=Path, metavar="DIR", help="draw the frames of each set with failures into it")
    parser.add_argument("--threshold", type=float, default=SCORED_AT, metavar="P", help="of what the sheets show")
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
