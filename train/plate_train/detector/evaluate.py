"""Score networks of `plate-train detector` on labelled frames, while they train or later.

    python -m plate_train.detector.evaluate runs/detector frames/labels.csv more/labels.csv --sheet failures

A run's folder stands for the `model.h5` in it, which every checkpoint writes anew.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from plate_runtime import command_line

from ..networks.weights_file import ModelMeta
from ..plates.evaluate import load_kind, parse, tell_scores
from . import plots
from .score import SCORED_AT, DetectorScore, Finder, find, labelled_set, score

PROG = "plate_train.detector.evaluate"


def command(arguments: Sequence[str]) -> int:
    """Print a line for every model and set, or with `--json` an object."""
    parser = argparse.ArgumentParser(prog=PROG, description="Score detectors on labelled frames.")
    parser.add_argument("--sheet", type=Path, metavar="DIR", help="draw the frames of each set with failures into it")
    parser.add_argument("--threshold", type=float, default=SCORED_AT, metavar="P", help="of what the sheets show")
    options = parse(parser, arguments)
    tell_scores(options, load, lambda finder, _meta, file: evaluate(finder, file, options.sheet, options.threshold))
    return 0


def load(path: Path) -> tuple[Finder, ModelMeta]:
    """Return the network of a `.h5`, or of a run's folder, as a function, and what it says of itself.

    Raises:
        ModelError: it is no detector.
    """
    return load_kind(path, "detector", "no detector")


def evaluate(finder: Finder, file: Path, sheet: Path | None = None, threshold: float = SCORED_AT) -> DetectorScore:
    """Score a network on the frames of a `labels.csv`; `sheet` is a folder for pictures of what went wrong."""
    frames = labelled_set(file)
    found = find(finder, frames)
    if sheet is not None:
        plots.failures(frames, found, sheet / f"failures-{frames.name}.png", threshold)
    return score(found, frames)


if __name__ == "__main__":
    command_line.run(command, PROG)
