"""plate-eval: scores of models on labelled pictures, and verification of the scores in a model file."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from plate_runtime.command_line import run
from plate_runtime.errors import AccuracyError, DataError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PIL import Image

    from plate_devices.cli.evaluate_options import EvalOptions
    from plate_devices.scoring.crops import Evaluation
    from plate_devices.scoring.frames import FrameEvaluation
    from plate_devices.scoring.labelled_sets import LabelledSet
    from plate_devices.scoring.verify import Checked
    from plate_runtime.errors import InputError
    from plate_runtime.model import Model


_PROGRAM = "plate-eval"


def main() -> None:
    """Run plate-eval with the arguments of this process."""
    run(command, _PROGRAM)


def command(arguments: Sequence[str]) -> int:
    """Run plate-eval and return the exit code."""
    from plate_devices.cli.evaluate_options import parse_eval  # only now: before `run`, Ctrl-C shows a traceback

    options = parse_eval(arguments)
    if options.verify is not None and options.data is not None:
        return _verify(options, options.verify, options.data)
    return _evaluate(options)


def _evaluate(options: EvalOptions) -> int:
    from plate_devices.open_models import choose_models, script_of, try_models
    from plate_devices.scoring.crops import describe, evaluate
    from plate_devices.scoring.labelled_sets import data_folder, labels_file
    from plate_devices.status_line import progress
    from plate_runtime.reader import PlateReader
    from plate_runtime.shipped import default_as

    script = script_of(options.models, options.backend)
    labelled = labels_file(options.labels, script) if options.labels else data_folder(options.data or Path(), script)
    _check_outputs(options, labelled)
    shown = options.read_as or labelled.read_as
    # Without --as, the mode is that of plate-infer without --as.
    default = default_as(options.backend) if shown != "character" else None
    read_as = options.read_as or default or shown
    if shown == "frame":
        return _evaluate_frames(options, labelled, read_as)
    if not labelled.pictures:
        raise DataError(f"{labelled.name} has no picture with a text; there is nothing to score")
    models = choose_models(options.models, read_as, options.backend)
    if options.check_model:
        try_models(models, options.backend)
    with PlateReader(models.reader, options.backend, options.threads, read_as, models.detector) as reader:
        pictures = progress(labelled.pictures, labelled.pictures, labelled.name)
        found = evaluate(reader, pictures, read_as, options.region)
        heading = _heading(options, labelled, read_as, reader.model)
    if options.sheet is not None:
        from plate_devices.scoring.contact_sheet import contact_sheets

        _save_sheets(contact_sheets(found.failures), len(found.failures), options.sheet)
    if options.reliability is not None:
        _save_diagram(found, labelled, heading, options.reliability)
    if options.json:
        print(json.dumps(heading | describe(found), allow_nan=False), flush=True)
    else:
        _print_scores(found, labelled, heading)
    return _report_unreadable(found.unreadable)


def _check_outputs(options: EvalOptions, labelled: LabelledSet) -> None:
    """Raise UsageError if an output would replace the other one, or a picture of the set."""
    if options.sheet is not None and options.sheet == options.reliability:
        raise UsageError(f"--sheet and --reliability are both {options.sheet}; choose another name for one")
    pictures = {os.path.realpath(row.path) for row in labelled.rows}
    for name, file in (("--sheet", options.sheet), ("--reliability", options.reliability)):
        if file is not None and os.path.realpath(file) in pictures:
            raise UsageError(f"{name} {file} is a picture of the set; choose another name")


def _evaluate_frames(options: EvalOptions, labelled: LabelledSet, read_as: str) -> int:
    from plate_devices.open_models import choose_models, try_models
    from plate_devices.outputs.console_lines import printable
    from plate_devices.scoring.contact_sheet import frame_sheets
    from plate_devices.scoring.frames import evaluate_frames
    from plate_devices.scoring.frames_report import describe, failures, lines
    from plate_devices.scoring.reviewed import read_reviewed
    from plate_devices.status_line import progress
    from plate_runtime.labels import by_picture
    from plate_runtime.reader import PlateReader

    models = choose_models(options.models, read_as, options.backend)
    if options.check_model:
        try_models(models, options.backend)
    frames = by_picture(labelled.rows)
    reviewed = read_reviewed(options.reviewed) if options.reviewed else None
    with PlateReader(models.reader, options.backend, options.threads, read_as, models.detector) as reader:
        found = evaluate_frames(reader, progress(frames, frames, labelled.name), options.region, reviewed, read_as)
        heading = _heading(options, labelled, read_as, reader.model)
        heading["detector"] = reader.detector().manifest.label
    if options.sheet is not None:
        wrong = failures(found)
        _save_sheets(frame_sheets(wrong), len(wrong), options.sheet)
    if options.reliability is not None:
        _save_diagram(found, labelled, heading, options.reliability)
    if options.json:
        print(json.dumps(heading | describe(found, reviewed), allow_nan=False), flush=True)
    else:
        names = f"{heading['detector']} and {heading['model']} in {heading['backend']} {heading['backend_version']}"
        print(f"{printable(labelled.name)}: {len(found.readings)} frames read by {names}")
        for line in lines(found):
            print(line)
    return _report_unreadable(found.unreadable)


def _heading(options: EvalOptions, labelled: LabelledSet, read_as: str, model: Model) -> dict[str, str | None]:
    """Return the set, the mode, the model and the backend, for the output."""
    manifest, backend = model.manifest, model.backend
    return {
        "set": labelled.name,
        "as": read_as,
        "model": manifest.label,
        "precision": manifest.precision,
        "backend": backend.name,
        "backend_version": backend.version,
        "region": options.region,
    }


def _report_unreadable(unreadable: Sequence[tuple[str, InputError]]) -> int:
    """Print the pictures that were skipped, and return the exit code."""
    for _, error in unreadable:
        print(f"{_PROGRAM}: skipped: {error}", file=sys.stderr)
    return 1 if unreadable else 0


def _save_sheets(sheets: list[Image.Image], count: int, file: Path) -> None:
    from plate_devices.scoring.contact_sheet import MOST, save_pages

    files = save_pages(sheets, file)
    if len(files) > 1:
        shown = f"{MOST} of {count}" if count > MOST else count
        print(f"{_PROGRAM}: {shown} failures are drawn in {files[0]} to {files[-1].name}", file=sys.stderr)


def _save_diagram(
    found: Evaluation | FrameEvaluation, labelled: LabelledSet, heading: dict[str, str | None], file: Path
) -> None:
    from plate_devices.outputs.saved_pictures import save_picture
    from plate_devices.scoring.reliability import reliability_diagram

    name = labelled.name.removesuffix("/labels.csv").rpartition("/")[2]
    save_picture(reliability_diagram(found.bins, found.ece, f"{name}  {heading['model']}"), file)


def _print_scores(found: Evaluation, labelled: LabelledSet, heading: dict[str, str | None]) -> None:
    from plate_devices.outputs.console_lines import printable
    from plate_devices.scoring.crops import LISTED

    score = found.score
    engine = f"{heading['backend']} {heading['backend_version']}"
    mode = "by default" if heading["as"] == "auto" else f"as {heading['as']}"
    print(f"{printable(labelled.name)}: {score.count} pictures read {mode} by {heading['model']} in {engine}")
    print(f"exact   {score.exact:6}  {score.exact_rate:8.2%}")
    print(f"folded  {score.folded:6}  {score.folded_rate:8.2%}   with O=0 and I=1")
    print(f"cer     {score.cer:16.4f}   character error rate")
    print(f"ece     {found.ece:16.4f}   expected calibration error, of the folded match")
    print(f"cpu     {found.cpu_ms_median:13.2f} ms   median of one reading, without opening the file")
    failures = found.failures
    if failures:
        print(f"{len(failures)} failures, most confident first, O/0 and I/1 last: label, reading, confidence, picture")
    for one in failures[:LISTED]:
        print(f"  {one.picture.text}\t{one.text or '-'}\t{one.confidence:.3f}\t{printable(str(one.picture.path))}")
    if len(failures) > LISTED:
        print(f"  and {len(failures) - LISTED} more: --json lists them, --sheet FILE shows them")


def _verify(options: EvalOptions, model: Path, data: Path) -> int:
    from plate_devices.open_models import Models, try_models
    from plate_devices.scoring.verify import verify

    if options.check_model:
        try_models(Models(reader=str(model)), options.backend)
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
        raise AccuracyError(f"{model} has other scores on {data} than it records: {names}")
    return 0


def _sentence(one: Checked) -> str:
    recorded = one.recorded
    where = f"{recorded.set} in {recorded.backend}"
    expected = f"recorded {recorded.right} of {recorded.count} ({recorded.folded} folded)"
    if one.found is None:
        return f"{where}: {expected}, not checked: {recorded.backend} is not installed"
    found = f"found {one.found.right} of {one.found.count} ({one.found.folded} folded)"
    return f"{where}: {expected}, {found}: {'the same' if one.same else 'DIFFERENT'}"
