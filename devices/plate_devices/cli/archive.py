"""plate-archive: read many pictures and videos into Parquet files, and summarise them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from plate_runtime.command_line import run

if TYPE_CHECKING:
    from collections.abc import Sequence


def main() -> None:
    """Run plate-archive with the arguments of this process."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    run(command, "plate-archive")


def command(arguments: Sequence[str]) -> int:
    """Make, continue or summarise an archive, and return the exit code."""
    from plate_devices.cli.archive_options import parse_archive  # only now: before `run`, Ctrl-C shows a traceback

    options = parse_archive(arguments)
    if options.summary:
        from plate_devices.archive.archive_summary import print_summary

        return print_summary(options.out, options.json, options.histogram)
    from plate_devices.archive.archive_run import make_archive

    return make_archive(options)
