"""Score networks of `plate-train plate` on labelled crops, while they train or later.

    python -m plate_train.plates.evaluate runs/reader crops/labels.csv more/labels.csv

A run's folder stands for the `model.h5` in it, which every checkpoint replaces.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from plate_runtime import command_line

from ..loop.evaluate import load_kind, parse, print_scores
from ..networks.weights_file import ModelMeta
from . import plots
from .score import PlateScore, Reader, labelled_set, read_as_product, score

PROG = "plate_train.plates.evaluate"


def command(arguments: Sequence[str]) -> int:
    """Print a line for every model and set, or with `--json` an object."""
    parser = argparse.ArgumentParser(prog=PROG, description="Score networks of whole plates on labelled crops.")
    parser.add_argument("--sheet", type=Path, metavar="DIR", help="folder for pictures of the misread crops")
    options = parse(parser, arguments)
    print_scores(options, load, lambda reader, meta, file: evaluate(reader, meta, file, options.sheet))
    return 0


def load(path: Path) -> tuple[Reader, ModelMeta]:
    """Return the network of a `.h5`, or of a run's folder, as a function, and its metadata.

    Raises:
        ModelError: it is not a network of whole plates.
    """
    return load_kind(path, "plate", "not a network of whole plates")


def evaluate(reader: Reader, meta: ModelMeta, file: Path, sheet: Path | None = None) -> PlateScore:
    """Score a network on the set of a `labels.csv`; `sheet` is a folder for pictures of misread crops."""
    crops = labelled_set(file, meta.input)
    readings = read_as_product(reader, crops, meta)
    if sheet is not None:
        plots.misread(crops, readings, sheet / f"misread-{crops.name}.png")
    return score(readings, crops.texts)


if __name__ == "__main__":
    command_line.run(command, PROG)
