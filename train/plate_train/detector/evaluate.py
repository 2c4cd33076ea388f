"""Score networks of `plate-train detector` on labelled frames, while they train or later, as `plate-eval` counts.

    python -m plate_train.detector.evaluate runs/detector frames/labels.csv more/labels.csv --sheet failures

A run's folder stands for its `model.h5`, which every checkpoint replaces.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from plate_runtime import command_line

from ..loop.evaluate import load_kind, parse, print_scores
from ..network_model import as_model, open_frame_reader
from ..networks.weights_file import ModelMeta
from . import plots
from .score import DetectorScore, Network, count, labelled_set, search

PROG = "plate_train.detector.evaluate"


def command(arguments: Sequence[str]) -> int:
    """Print a line for every model and set, or with `--json` an object."""
    parser = argparse.ArgumentParser(prog=PROG, description="Score detectors on labelled frames.")
    parser.add_argument("--sheet", type=Path, metavar="DIR", help="folder for pictures of the frames with errors")
    options = parse(parser, arguments)
    print_scores(options, load, lambda network, meta, file: evaluate(network, meta, file, options.sheet))
    return 0


def load(path: Path) -> tuple[Network, ModelMeta]:
    """Return the network of a `.h5`, or of a run's folder, as a function, and its metadata.

    Raises:
        ModelError: it is not a detector.
    """
    return load_kind(path, "detector", "not a detector")


def evaluate(network: Network, meta: ModelMeta, file: Path, sheet: Path | None = None) -> DetectorScore:
    """Score a network on the frames of a `labels.csv`; `sheet` is a folder for pictures of errors."""
    frames = labelled_set(file)
    with open_frame_reader() as reader:
        found = search(as_model(network, meta), reader, frames)
    if sheet is not None:
        plots.failures(frames, found, sheet / f"failures-{frames.name}.png")
    return count(found, frames)


if __name__ == "__main__":
    command_line.run(command, PROG)
