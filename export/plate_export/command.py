"""`plate-export`: converts a trained `.h5` to files for devices, and checks them."""

from __future__ import annotations

import argparse
import contextlib
from collections.abc import Callable, Sequence
from pathlib import Path

from plate_runtime.command_line import run
from plate_runtime.errors import UsageError
from plate_runtime.manifest import POLARITIES
from plate_train.option_parser import OptionParser

from .convert import libraries
from .targets import chosen, needed

_EXAMPLES = """\
examples:
  plate-export --int8                           the newest run in runs/, else the shipped character and plate models
  plate-export runs/mine/model.h5 --int8        int8 TFLite alone
  plate-export model.h5 --data characters       calibrate and check with your own pictures
  plate-export model.h5 --data crops            a plate model, checked with the crops of crops/labels.csv
  plate-export detector.h5 --data frames        a detector, checked with the frames of frames/labels.csv
  plate-export notebook.h5 --data characters --classes 0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ
  plate-export notebook.keras --data characters --scale 1 --polarity dark-on-light

Every file is run in every interpreter that is installed, over the whole validation set. Files are published
only if all of them reach --min-accuracy and stay within --max-drop of the .h5. Otherwise the exit code is 3.
"""


def main() -> None:
    """Run `plate-export` and end the process with its exit code."""
    run(export_command, "plate-export")


def export_command(arguments: Sequence[str]) -> int:
    """Run `plate-export ARGUMENTS` and return its exit code.

    Raises:
        PlateEdgeError: with the exit code that the command ends with.
    """
    asked = _parser().parse_args(arguments)
    targets = chosen(asked.float, asked.int8, asked.onnx)
    libraries.require((*libraries.ALWAYS, *needed(targets)))
    from .class_names import parse_classes
    from .export import Options, export
    from .naming import distinct
    from .source import find_models, open_source

    classes = parse_classes(asked.classes) if asked.classes else None
    models = find_models(asked.model, asked.data)
    for option, value in (("--name", asked.name), ("--model-version", asked.model_version)):
        if value and len(models) > 1:
            raise UsageError(f"{option} is for one model; name it: {' or '.join(map(str, models))}")
    options = Options(
        out=asked.out,
        data=asked.data,
        targets=targets,
        min_accuracy=asked.min_accuracy,
        max_drop=asked.max_drop,
        calibration=asked.calibration,
        seed=asked.seed,
        debug=asked.debug,
    )
    for model in models:
        source = open_source(
            model, classes, asked.data,
            name=asked.name, version=asked.model_version, scale=asked.scale, polarity=asked.polarity,
        )  # fmt: skip
        source = distinct(source, asked.out, named=bool(asked.name), versioned=bool(asked.model_version))
        report = export(source, options, show=print)
        print(f"published in {asked.out}: {', '.join(artefact.name for artefact in report.artefacts)}")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = OptionParser(
        prog="plate-export",
        description="Convert a trained .h5 to TFLite and ONNX files for devices, and check that they read as it does.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    add = parser.add_argument
    add(
        "model", nargs="?", type=Path, metavar="MODEL.h5",
        help="the trained network, .h5 or .keras (default: the newest runs/*/model.h5; without a run, the shipped .h5 "
        "that fits --data; without --data, the shipped character and plate models)",
    )  # fmt: skip
    add(
        "--data", type=Path, metavar="DIR",
        help="pictures to calibrate and check with: train/ and val/ with class folders, class folders alone, or "
        "labels.csv; plates and frames need labels.csv (default: the data that the .h5 records)",
    )  # fmt: skip
    add(
        "--float",
        action="store_true",
        help="make float32 TFLite; without --float, --int8 and --onnx all four files are made",
    )
    add("--int8", action="store_true", help="make int8 TFLite, with int8 input and output")
    add("--onnx", action="store_true", help="also make ONNX, in the chosen precisions")
    add(
        "--max-drop", type=_percentage, default=0.5, metavar="POINTS",
        help="percentage points that a file may lose against the .h5 (default: 0.5; with fewer than 200 pictures "
        "one picture)",
    )  # fmt: skip
    add(
        "--min-accuracy",
        type=_percentage,
        metavar="PERCENT",
        help="least accuracy of each file (default: characters 95, plates 80, plates found by a detector 90)",
    )
    add(
        "--classes", nargs="+", metavar="CLASS",
        help="for an .h5 without a record: its classes in the order of the output, as 012... or 0 1 2 ...",
    )  # fmt: skip
    add(
        "--scale", type=_scale, metavar="X",
        help="for an .h5 without a record: factor for pixels of 0 to 255 (default: 1/255)",
    )  # fmt: skip
    _add_finer_choices(add)
    add("--version", action="store_true", help="print the version")
    add("--out", type=Path, default=Path("exports"), metavar="DIR", help="folder for the files (default: exports)")
    add("--debug", action="store_true", help="show tracebacks and the converters' log lines")
    return parser


def _add_finer_choices(add: Callable[..., object]) -> None:
    add(
        "--calibration",
        type=_count,
        default=360,
        metavar="N",
        help="training pictures to calibrate int8 with (default: 360)",
    )
    add("--seed", type=_seed, default=0, metavar="N", help="seed that chooses these pictures (default: 0)")
    add(
        "--polarity", choices=POLARITIES,
        help="polarity of the training pictures (default: as the .h5 records, else measured in --data)",
    )  # fmt: skip
    add("--name", help="name of the model (default: as the .h5 records; never that of a shipped model)")
    add(
        "--model-version",
        metavar="X.Y.Z",
        help="version of the model (default: as the .h5 records; counted up if --out holds another one)",
    )


def _percentage(text: str) -> float:
    with contextlib.suppress(ValueError):
        if 0 <= float(text) <= 100:
            return float(text)
    raise argparse.ArgumentTypeError(f"{text} is not a number between 0 and 100")


def _scale(text: str) -> float:
    above, _, below = text.partition("/")
    with contextlib.suppress(ValueError, ZeroDivisionError):
        if 1e-6 <= (scale := float(above) / float(below or 1)) <= 1e3:
            return scale
    raise argparse.ArgumentTypeError(f"{text} is not a scale; write 1 or 1/255")


def _count(text: str) -> int:
    return _at_least(1, text)


def _seed(text: str) -> int:
    return _at_least(0, text)


def _at_least(least: int, text: str) -> int:
    with contextlib.suppress(ValueError):
        if int(text) >= least:
            return int(text)
    raise argparse.ArgumentTypeError(f"{text} is not a whole number of at least {least}")


if __name__ == "__main__":
    main()
