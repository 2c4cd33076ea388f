"""plate-eval: how well does a model read these labelled pictures, and does its file tell the truth about it?"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from plate_devices.arguments import MODEL_OPTIONS, split_models
from plate_devices.options import Command, Option, one_of
from plate_runtime.commandline import run
from plate_runtime.errors import AccuracyError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from plate_devices.labelled import LabelledSet
    from plate_devices.scoring import Evaluation
    from plate_devices.verify import Checked

_PROGRAM = "plate-eval"
_LISTED = 20
PICTURE_SUFFIXES = (".png", ".jpg", ".jpeg", ".webp")

_NOT_BESIDE_VERIFY = ("--as", "--region", "--sheet", "--reliability")

EVAL = Command(
    _PROGRAM,
    "Score a model on labelled pictures, or check the scores that its file records (exit code 3 where they differ).",
    (
        Option("--labels", "pictures, with the columns image and text", "FILE.csv", Path),
        Option("--data", "folder with labels.csv or class folders, or with a val/ that has them", "DIR", Path),
        Option("--verify", "model file whose recorded scores are recomputed on --data", "FILE", Path),
        Option("--as", "what a picture shows (default: character where every label is one)",
               "plate|character", one_of("plate", "character")),
        *MODEL_OPTIONS,
        Option("--region", "settle doubtful characters by its formats: ro, us-ca, eu, us, ...", "NAME"),
        Option("--json", "print one JSON object"),
        Option("--sheet", "save a contact sheet of the failures, .png, .jpg or .webp", "FILE", Path),
        Option("--reliability", "save a diagram of confidence against right readings", "FILE", Path),
        Option("--debug", "show tracebacks"),
    ),
    "--labels FILE.csv | --data DIR | --verify FILE --data DIR",
    "examples: plate-eval --data my-plates --sheet failures.png\n"
    "          plate-eval --verify model.tflite --data characters",
)  # fmt: skip


class EvalOptions(NamedTuple):
    """What plate-eval was asked to do."""

    labels: Path | None
    data: Path | None
    verify: Path | None
    read_as: str | None
    model: str | None
    backend: str
    threads: int
    region: str | None
    json: bool
    sheet: Path | None
    reliability: Path | None


def main() -> None:
    """Run plate-eval with the arguments of this process."""
    run(command, _PROGRAM)


def command(arguments: Sequence[str]) -> int:
    """Do what `arguments` ask for and return the exit code."""
    options = parse_eval(arguments)
    if options.verify is not None and options.data is not None:
        return _verify(options, options.verify, options.data)
    return _evaluate(options)


def parse_eval(arguments: Sequence[str]) -> EvalOptions:
    """Read the command line. Raises UsageError where it makes no sense; --help prints and leaves."""
    given, others = EVAL.parse(arguments)
    models, strays = split_models(given["--model"], others)
    labels, data, checked = (given[name] for name in ("--labels", "--data", "--verify"))
    if strays:
        raise UsageError(f"{strays[0]} stands alone; name pictures with --labels FILE.csv or --data DIR")
    if len(models) > 1:
        raise UsageError(f"one model is scored at a time; {len(models)} were named")
    if checked is not None:
        if data is None or labels is not None:
            raise UsageError("--verify FILE needs --data DIR, the pictures it was scored on")
        if models:
            raise UsageError("--verify names the model already; leave --model out")
        if any(given[name] is not None for name in _NOT_BESIDE_VERIFY):
            raise UsageError(f"{', '.join(_NOT_BESIDE_VERIFY)} have no meaning beside --verify")
    elif (labels is None) == (data is None):
        raise UsageError("name the labelled pictures: either --labels FILE.csv or --data DIR")
    for name in ("--sheet", "--reliability"):
        file = given[name]
        if file is not None and file.suffix.lower() not in PICTURE_SUFFIXES:
            raise UsageError(f"{name} {file}: the name has to end in one of {', '.join(PICTURE_SUFFIXES)}")
    return EvalOptions(
        labels=labels,
        data=data,
        verify=checked,
        read_as=given["--as"],
        model=models[0] if models else None,
        backend=given["--backend"],
        threads=given["--threads"],
        region=given["--region"],
        json=given["--json"],
        sheet=given["--sheet"],
        reliability=given["--reliability"],
    )


def _evaluate(options: EvalOptions) -> int:
    from plate_devices.labelled import data_folder, labels_file
    from plate_devices.scoring import describe, evaluate
    from plate_devices.status import progress
    from plate_runtime.reader import PlateReader

    labelled = labels_file(options.labels) if options.labels else data_folder(options.data or Path())
    read_as = options.read_as or ("character" if labelled.characters else "plate")
    with PlateReader(options.model, options.backend, options.threads, read_as) as reader:
        pictures = progress(labelled.pictures, labelled.pictures, labelled.name)
        found = evaluate(reader, pictures, read_as, options.region)
        manifest, backend = reader.model.manifest, reader.model.backend
        heading = {
            "set": labelled.name,
            "as": read_as,
            "model": manifest.label,
            "precision": manifest.precision,
            "backend": backend.name,
            "backend_version": backend.version,
            "region": options.region,
        }
    if options.sheet is not None:
        _save_sheet(found, options.sheet)
    if options.reliability is not None:
        _save_diagram(found, labelled, heading, options.reliability)
    if options.json:
        print(json.dumps(heading | describe(found), allow_nan=False), flush=True)
    else:
        _print_scores(found, labelled, heading)
    for _, error in found.unreadable:
        print(f"{_PROGRAM}: left out: {error}", file=sys.stderr)
    return 1 if found.unreadable else 0


def _save_sheet(found: Evaluation, file: Path) -> None:
    from plate_devices.outputs.pictures import save_picture
    from plate_devices.sheet import MOST, contact_sheet

    save_picture(contact_sheet(found.failures), file)
    if len(found.failures) > MOST:
        print(f"{_PROGRAM}: {file} shows {MOST} of {len(found.failures)} failures", file=sys.stderr)


def _save_diagram(found: Evaluation, labelled: LabelledSet, heading: dict[str, str | None], file: Path) -> None:
    from plate_devices.outputs.pictures import save_picture
    from plate_devices.reliability import reliability_diagram

    name = labelled.name.removesuffix("/labels.csv").rpartition("/")[2]
    save_picture(reliability_diagram(found.bins, found.ece, f"{name}  {heading['model']}"), file)


def _print_scores(found: Evaluation, labelled: LabelledSet, heading: dict[str, str | None]) -> None:
    from plate_devices.outputs.lines import printable

    score = found.score
    engine = f"{heading['backend']} {heading['backend_version']}"
    print(
        f"{printable(labelled.name)}: {score.count} pictures read as {heading['as']} by {heading['model']} in {engine}"
    )
    print(f"exact   {score.exact:6}  {score.exact_rate:8.2%}")
    print(f"folded  {score.folded:6}  {score.folded_rate:8.2%}   with O=0 and I=1")
    print(f"cer     {score.cer:16.4f}   character error rate")
    print(f"ece     {found.ece:16.4f}   expected calibration error, of the folded match")
    print(f"cpu     {found.cpu_ms_median:13.2f} ms   median of one reading, without opening the file")
    failures = found.failures
    if failures:
        print(f"{len(failures)} failures, the surest first, O/0 and I/1 last: label, reading, confidence, picture")
    for one in failures[:_LISTED]:
        print(f"  {one.picture.text}\t{one.text or '-'}\t{one.confidence:.3f}\t{printable(str(one.picture.path))}")
    if len(failures) > _LISTED:
        print(f"  and {len(failures) - _LISTED} more: --json lists them, --sheet FILE shows them")


def _verify(options: EvalOptions, model: Path, data: Path) -> int:
    from plate_devices.verify import verify

    checked = verify(model, data, options.backend, options.threads)
    wrong = [one for one in checked if one.found and not one.same]
    if options.json:
        print(
            json.dumps({"model": str(model), "verified": not wrong, "scores": [one.describe() for one in checked]}),
            flush=True,
        )
    else:
        for one in checked:
            print(_sentence(one))
    if wrong:
        names = ", ".join(sorted({one.recorded.backend for one in wrong}))
        raise AccuracyError(f"{model} does not score on {data} what it records: {names}")
    return 0


def _sentence(one: Checked) -> str:
    recorded = one.recorded
    where = f"{recorded.set} in {recorded.backend}"
    said = f"recorded {recorded.right} of {recorded.count} ({recorded.folded} folded)"
    if one.found is None:
        return f"{where}: {said}, not checked: {recorded.backend} is not installed"
    got = f"found {one.found.exact} of {one.found.count} ({one.found.folded} folded)"
    return f"{where}: {said}, {got}: {'the same' if one.same else 'DIFFERENT'}"
