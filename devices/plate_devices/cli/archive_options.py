"""The command line of plate-archive: options and their checks."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from plate_devices.archive.archive_settings import ArchiveOptions
from plate_devices.cli.evaluate_options import PICTURE_SUFFIXES
from plate_devices.cli.infer_options import AS_OPTION, READING_OPTIONS, rotation, split_models
from plate_devices.cli.option_table import Command, Option, count, number, one_of
from plate_devices.run_options import InferOptions
from plate_runtime.errors import UsageError
from plate_runtime.shipped import default_as

if TYPE_CHECKING:
    from collections.abc import Sequence


ARCHIVE = Command(
    "plate-archive",
    "Read millions of pictures and hours of video into Parquet files, one row an input; a second run continues.",
    (
        Option("--out", "folder of the rows", "DIR", Path),
        Option("--engine", "local: processes of this machine; ray: a cluster of Ray (default: local)", "local|ray",
               one_of("local", "ray"), "local"),
        Option("--address", "head of the cluster, such as 10.0.0.1:6379 (default: a cluster on this machine)", "HOST"),
        Option("--jobs", "inputs that are read at once (default: as processors and memory allow)", "N", count),
        AS_OPTION,
        *READING_OPTIONS,
        Option("--fps", "read at most N frames a second of a video", "N",
               number("a number of frames a second, above 0", 0.001, 1000.0)),
        Option("--rotate", "rotate pictures clockwise: 90, 180 or 270", "DEG", rotation, 0),
        Option("--retry-errors", "read inputs whose row has an error once more"),
        Option("--summary", "print counts, the plates seen most, days and folders of an archive", "DIR", Path),
        Option("--histogram", "with --summary: save a histogram of the confidences, .png, .jpg or .webp", "FILE", Path),
        Option("--json", "with --summary: print one JSON object"),
        Option("--debug", "show tracebacks"),
    ),
    "INPUT ... --out DIR | --summary DIR",
    "INPUT is a folder, a file, a pattern, a .txt file with one path or address a line, or s3://BUCKET/PREFIX.\n\n"
    "examples: plate-archive /mnt/cameras --out plates\n"
    "          plate-archive 's3://archive/2026-*/gate/*.jpg' --out plates --engine ray --address 10.0.0.1:6379\n"
    "          plate-archive --summary plates --histogram confidence.png",
)  # fmt: skip


def parse_archive(arguments: Sequence[str]) -> ArchiveOptions:
    """Parse the command line. Raises UsageError; --help prints and exits."""
    given, others = ARCHIVE.parse(arguments)
    models, inputs = split_models(given["--model"], others)
    summary, out, file = given["--summary"], given["--out"], given["--histogram"]
    if summary is not None and (inputs or out is not None):
        raise UsageError("--summary DIR reads an archive; leave out inputs and --out")
    if summary is None and not inputs:
        raise UsageError("nothing to read; name a folder, a pattern, a list or an address such as s3://bucket/prefix")
    if summary is None and out is None:
        raise UsageError("--out DIR is missing; it gets the rows, and a second run with it continues")
    if summary is None and (file is not None or given["--json"]):
        raise UsageError("--histogram and --json need --summary DIR")
    if file is not None and file.suffix.lower() not in PICTURE_SUFFIXES:
        raise UsageError(f"--histogram {file}: the name has to end in one of {', '.join(PICTURE_SUFFIXES)}")
    if summary is not None and given["--retry-errors"]:
        raise UsageError("--retry-errors needs inputs and --out DIR")
    if given["--address"] is not None and given["--engine"] != "ray":
        raise UsageError("--address needs --engine ray")
    read_as = given["--as"] or default_as(given["--backend"])
    if given["--region"] is not None and read_as == "character":
        raise UsageError("--region cannot be used with --as character; formats are those of whole plates")
    reader = InferOptions(
        paths=[], camera=None, read_as=read_as or "plate", models=models, backend=given["--backend"],
        threads=given["--threads"], roi=given["--roi"], region=given["--region"],
        min_confidence=given["--min-confidence"], every=False, fps=given["--fps"], rotation=given["--rotate"],
        json=True, annotate=None, save_crops=None, check_model=given["--check-model"],
    )  # fmt: skip
    return ArchiveOptions(
        inputs=inputs, out=summary if out is None else out, engine=given["--engine"], address=given["--address"],
        jobs=given["--jobs"], reader=reader, retry_errors=given["--retry-errors"], summary=summary is not None,
        histogram=file, json=given["--json"],
    )  # fmt: skip
