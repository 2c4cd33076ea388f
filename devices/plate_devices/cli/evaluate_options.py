"""The command line of plate-eval: options and their checks."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from plate_devices.cli.infer_options import MODEL_OPTIONS, REGION_OPTION, split_models
from plate_devices.cli.option_table import Command, Option, one_of, same_named
from plate_runtime.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

PICTURE_SUFFIXES = (".png", ".jpg", ".jpeg", ".webp")

_NOT_WITH_VERIFY = ("--as", "--region", "--reviewed", "--sheet", "--reliability")

EVAL = Command(
    "plate-eval",
    "Score a model on labelled pictures, or verify the scores in its file (exit code 3 if they differ).",
    (
        Option("--labels", "pictures, with the columns image and text", "FILE.csv", Path),
        Option("--data", "folder with labels.csv or class folders, or with such a val/", "DIR", Path),
        Option("--verify", "model file whose recorded scores are recomputed on --data", "FILE", Path),
        Option("--as", "what a picture shows (default: characters if all texts are single, else as plate-infer)",
               "frame|plate|character", one_of("frame", "plate", "character")),
        *MODEL_OPTIONS,
        REGION_OPTION,
        Option("--reviewed", "reviewed detections without a label: image, corners, plate (yes or no)",
               "FILE.csv", Path),
        Option("--json", "print one JSON object"),
        Option("--sheet", "save a contact sheet of the failures, .png, .jpg or .webp", "FILE", Path),
        Option("--reliability", "save a diagram of accuracy by confidence", "FILE", Path),
        Option("--debug", "show tracebacks"),
    ),
    "--labels FILE.csv | --data DIR | --verify FILE --data DIR",
    "examples: plate-eval --data my-plates --sheet failures.png\n"
    "          plate-eval --verify model.tflite --data characters",
)  # fmt: skip


class EvalOptions(NamedTuple):
    """The options of plate-eval."""

    labels: Path | None
    data: Path | None
    verify: Path | None
    read_as: str | None
    models: list[str]
    backend: str
    threads: int
    region: str | None
    reviewed: Path | None
    json: bool
    sheet: Path | None
    reliability: Path | None
    check_model: bool = False


def parse_eval(arguments: Sequence[str]) -> EvalOptions:
    """Parse the command line. Raises UsageError; --help prints and exits."""
    given, others = EVAL.parse(arguments)
    models, strays = split_models(given["--model"], others)
    labels, data, checked = (given[name] for name in ("--labels", "--data", "--verify"))
    if strays:
        raise UsageError(f"{strays[0]} is not an option; name pictures with --labels FILE.csv or --data DIR")
    if checked is not None:
        if data is None or labels is not None:
            raise UsageError("--verify FILE needs --data DIR, the pictures it was scored on")
        if models:
            raise UsageError("--verify names the model already; leave --model out")
        if any(given[name] is not None for name in _NOT_WITH_VERIFY):
            raise UsageError(f"{', '.join(_NOT_WITH_VERIFY)} cannot be used with --verify")
    elif (labels is None) == (data is None):
        raise UsageError("name the labelled pictures: either --labels FILE.csv or --data DIR")
    for name in ("--sheet", "--reliability"):
        file = given[name]
        if file is not None and file.suffix.lower() not in PICTURE_SUFFIXES:
            raise UsageError(f"{name} {file}: the name has to end in one of {', '.join(PICTURE_SUFFIXES)}")
    return EvalOptions(**same_named(EvalOptions._fields, given), models=models, read_as=given["--as"])
