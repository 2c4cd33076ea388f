"""The command line of plate-infer: what it offers, and what fits together."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, NamedTuple, NoReturn

from plate_runtime.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from plate_devices.sources.base import Region

MODEL_SUFFIXES = (".tflite", ".onnx")


class InferOptions(NamedTuple):
    """What plate-infer was asked to do."""

    paths: list[str]
    camera: str | None
    read_as: str
    models: list[str]
    backend: str
    threads: int
    roi: Region | None
    min_confidence: float | None
    every: bool
    fps: float | None
    quarter_turns: int
    json: bool
    annotate: str | None
    save_crops: str | None


class Parser(argparse.ArgumentParser):
    """A parser whose errors are one line, like all others."""

    def error(self, message: str) -> NoReturn:
        """Raise UsageError with argparse's message."""
        raise UsageError(f"{message}; try {self.prog} --help")


def parse_infer(arguments: Sequence[str]) -> InferOptions:
    """Read the command line. Raises UsageError where it makes no sense; --help prints and exits."""
    given = _infer_parser().parse_intermixed_args(list(arguments))
    models, more_paths = split_models(given.model)
    paths = given.paths + more_paths
    if given.camera is None and not paths:
        raise UsageError("nothing to read; name pictures, a folder, a video or -, or use --camera")
    if given.camera is not None and paths:
        raise UsageError(f"--camera {given.camera} and {paths[0]} cannot be read at once; choose one")
    if given.read_as is None:
        raise UsageError("--as is missing; use --as plate for a cropped plate, --as character for one character")
    if given.read_as == "frame":
        raise UsageError("--as frame is not supported: no plate locator ships; use --as plate, with --roi if need be")
    return InferOptions(
        paths, given.camera, given.read_as, models, given.backend, given.threads, given.roi,
        given.min_confidence, given.every, given.fps, given.rotate, given.json, given.annotate, given.save_crops,
    )  # fmt: skip


def split_models(given: Sequence[Sequence[str]]) -> tuple[list[str], list[str]]:
    """Return the model files, and what followed `--model FILE` but is no model and so has to be a path."""
    models: list[str] = []
    paths: list[str] = []
    for first, *rest in given:
        models.append(first)
        for name in rest:
            (models if name.endswith(MODEL_SUFFIXES) else paths).append(name)
    return models, paths


def add_model_options(parser: argparse.ArgumentParser) -> None:
    """Add --model, --backend and --threads, which mean the same in every command that reads."""
    parser.add_argument(
        "--model", nargs="+", action="append", default=[], metavar="FILE", help="model instead of the shipped one"
    )
    parser.add_argument(
        "--backend", default="auto", metavar="NAME", help="auto, litert, tflite, onnx or fake:TEXT (default: auto)"
    )
    parser.add_argument("--threads", type=_count, default=1, metavar="N", help="threads of the interpreter (1)")


def parse_region(text: str) -> Region:
    """Read `X,Y,W,H` in pixels. Raises argparse.ArgumentTypeError where it is something else."""
    parts = text.split(",")
    if len(parts) != 4 or not all(part.strip().isdecimal() for part in parts):
        raise argparse.ArgumentTypeError(f"{text!r} is not X,Y,W,H in whole pixels")
    x, y, width, height = map(int, parts)
    if not width or not height:
        raise argparse.ArgumentTypeError(f"{text!r} has no area")
    return x, y, width, height


def _infer_parser() -> Parser:
    parser = Parser(
        "plate-infer",
        allow_abbrev=False,
        description="Read number plates in pictures, videos and from cameras.",
        epilog="Examples: plate-infer --as plate crop.jpg · plate-infer --camera demo --as plate --json",
    )
    parser.add_argument("paths", nargs="*", metavar="PATH", help="picture, folder, video, or - for standard input")
    parser.add_argument("--camera", metavar="SOURCE", help="0, /dev/video0, a video file, demo or demo:N")
    parser.add_argument(
        "--as", dest="read_as", choices=("frame", "plate", "character"),
        help="what a picture, or its --roi, shows: one cropped plate, or one character",
    )  # fmt: skip
    add_model_options(parser)
    parser.add_argument("--roi", type=parse_region, metavar="X,Y,W,H", help="read only this part, in pixels")
    parser.add_argument(
        "--min-confidence", type=_share, metavar="P", help="leave out what is less sure, 0 to 1 (default: the model's)"
    )
    parser.add_argument("--every", action="store_true", help="print each frame of a camera, not only each vehicle")
    parser.add_argument("--fps", type=_rate, metavar="N", help="read at most N frames of each second")
    parser.add_argument("--rotate", type=_turns, default=0, metavar="DEG", help="turn clockwise first: 90, 180 or 270")
    parser.add_argument("--json", action="store_true", help="print one JSON object a line")
    parser.add_argument("--annotate", metavar="DIR", help="save the pictures with what was read drawn in")
    parser.add_argument("--save-crops", metavar="DIR", help="save a picture of each plate")
    parser.add_argument("--debug", action="store_true", help="show tracebacks")
    return parser


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of at least 1")
    return int(text)


def _share(text: str) -> float:
    return _number(text, "a number from 0 to 1", 0.0, 1.0)


def _rate(text: str) -> float:
    return _number(text, "a number of frames a second, above 0", 0.001, 1000.0)


def _number(text: str, meaning: str, least: float, most: float) -> float:
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not least <= value <= most:
        raise argparse.ArgumentTypeError(f"{text!r} is not {meaning}")
    return value


def _turns(text: str) -> int:
    if text.removeprefix("-") not in ("0", "90", "180", "270", "360"):
        raise argparse.ArgumentTypeError(f"{text!r} is not 0, 90, 180 or 270")
    return int(text) // 90 % 4
