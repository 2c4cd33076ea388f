"""Score `.h5` files of plate readers and detectors on labelled pictures, as `plate-eval` counts.

    python -m plate_train.score_h5 runs/reader crops/labels.csv more/labels.csv --sheet misread
    python -m plate_train.score_h5 runs/detector frames/labels.csv --sheet failures

A run's folder stands for its `model.h5`, which every checkpoint replaces.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from plate_runtime import command_line
from plate_runtime.errors import ModelError

from .detector import plots as frame_plots
from .detector import score as frame_score
from .detector.score import DetectorScore
from .loop.run_files import MODEL_FILE
from .network_model import as_model, open_frame_reader
from .networks import weights_file
from .networks.tensorflow_setup import compiled, fix
from .networks.weights_file import ModelMeta
from .option_parser import OptionParser
from .plates import plots as crop_plots
from .plates import score as crop_score
from .plates.score import PlateScore

PROG = "plate_train.score_h5"


def command(arguments: Sequence[str]) -> int:
    """Print a line for every model and set, or with `--json` an object."""
    parser = OptionParser(prog=f"python -m {PROG}", description="Score readers and detectors on labelled pictures.")
    parser.add_argument("paths", nargs="+", type=Path, metavar="MODEL.h5|RUN|FILE.csv")
    parser.add_argument("--sheet", type=Path, metavar="DIR", help="folder for pictures of the errors")
    parser.add_argument("--json", action="store_true", help="one object a line")
    parser.add_argument("--debug", action="store_true", help="show tracebacks")
    options = parser.parse_args(arguments)
    labels = [path for path in options.paths if path.suffix == ".csv"]
    models = [path for path in options.paths if path.suffix != ".csv"]
    if not labels or not models:
        parser.error("name at least one model and one labels.csv")
    for path in models:
        network, meta = load(path)
        for file in labels:
            found = score(network, meta, file, options.sheet)
            row = {"model": str(path), "set": str(file), "step": meta.training.get("step"), **found.to_json()}
            print(json.dumps(row) if options.json else f"{path} {file}: {found}", flush=True)
    return 0


def load(path: Path) -> tuple[Any, ModelMeta]:
    """Return the network of a `.h5`, or of a run's folder, as a function, and its metadata.

    Raises:
        ModelError: it is neither a reader of plates nor a detector.
    """
    path = path / MODEL_FILE if path.is_dir() else path
    meta = weights_file.read_meta(path)
    if meta is None or meta.kind not in ("plate", "detector"):
        raise ModelError(f"{path}: not a network of whole plates, and not a detector")
    fix(0, 1)
    return compiled(weights_file.load(path)), meta


def score(network: Any, meta: ModelMeta, file: Path, sheet: Path | None = None) -> PlateScore | DetectorScore:
    """Score a network on the set of a `labels.csv`; `sheet` is a folder for pictures of errors."""
    if meta.kind == "detector":
        frames = frame_score.labelled_set(file)
        with open_frame_reader() as reader:
            found = frame_score.search(as_model(network, meta), reader, frames)
        if sheet is not None:
            frame_plots.failures(frames, found, sheet / f"failures-{frames.name}.png")
        return frame_score.count(found, frames)
    crops = crop_score.labelled_set(file, meta.input)
    readings = crop_score.read_as_product(network, crops, meta)
    if sheet is not None:
        crop_plots.misread(crops, readings, sheet / f"misread-{crops.name}.png")
    return crop_score.score(readings, crops.texts)


if __name__ == "__main__":
    command_line.run(command, PROG)
