"""Make or continue an archive: read the inputs without a row, and write their rows."""

from __future__ import annotations

import os
from functools import partial
from typing import TYPE_CHECKING

from plate_devices.archive.archive_folder import ArchiveFolder, Run
from plate_devices.archive.archive_rows import require_pyarrow
from plate_devices.archive.input_count import InputCount
from plate_devices.archive.job_count import default_jobs
from plate_devices.archive.local_engine import read_locally
from plate_devices.archive.stored_files import list_addresses, unordered_addresses
from plate_devices.live.tally import counted
from plate_devices.open_models import digests_of, engine_of, open_reader, tried_models
from plate_devices.service.log import Log
from plate_devices.status_line import Progress, StatusLine
from plate_runtime import __version__
from plate_runtime.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plate_devices.archive.archive_rows import Address, Row
    from plate_devices.archive.archive_settings import ArchiveOptions
    from plate_devices.run_options import InferOptions


def make_archive(given: ArchiveOptions) -> int:
    """Read the inputs of a command line, and return the exit code: 1 if an input could not be read.

    Raises:
        UsageError: models or options differ from those of the rows that `--out` holds.
        DeviceError: the disk or the cluster fails; the rows so far stay, and the same command continues.
    """
    require_pyarrow()
    _check_out(given)
    log = Log("plate-archive")
    options = tried_models(given.reader)
    inputs = list_addresses(given.inputs, [given.out])  # before the folder is created
    run = _run(options)
    archive = ArchiveFolder(given.out, run, given.retry_errors)
    progress, total = Progress("reading", 0, StatusLine()), None
    try:
        if archive.deleted:
            log.say("retried", f"deleted: {counted(archive.deleted, 'row')} with an error; these inputs are read again")
        if archive.count:
            log.say("continued", f"{given.out} has {counted(archive.count, 'row')}; these inputs are not read again")
        addresses = archive.new(inputs)
        counts = _Counts()
        try:
            for row in _rows(given, options, addresses):
                _check_models(row, run)
                archive.add(row)
                counts.add(row)
                # Only now: counting would delay the first row. Storage would have to be listed twice.
                total = total or InputCount(partial(unordered_addresses, given.inputs, [given.out]))
                progress.total = max(0, total.total - archive.skipped)
                progress.update()
        finally:
            if total is not None:
                total.stop()
            progress.close()
            archive.flush()
    except BaseException as stop:
        if not isinstance(stop, Exception):  # Ctrl-C or SIGTERM
            log.say("stopped", "stopped; the rows so far are written, and the same command continues")
        raise
    finally:
        archive.close()
    log.say("done", counts.describe())
    return int(bool(counts.errors))


def _check_out(given: ArchiveOptions) -> None:
    """Raise UsageError if the folder of the rows is itself an input: each run would read the files of the last one."""
    out = os.path.realpath(given.out)
    if any(os.path.realpath(name) == out for name in given.inputs):
        raise UsageError(f"--out {given.out} is also an input; use a folder of its own, such as {given.out / 'plates'}")


def _rows(given: ArchiveOptions, options: InferOptions, addresses: Iterator[Address]) -> Iterator[Row]:
    if given.engine == "ray":
        from plate_devices.archive.ray_engine import read_on_ray

        return read_on_ray(options, addresses, given.jobs, given.address)
    return read_locally(options, addresses, given.jobs or default_jobs())


def _run(options: InferOptions) -> Run:
    """Return what decides the rows."""
    with open_reader(options) as reader:
        engine, digests = engine_of(options, reader), digests_of(options, reader)
    chosen = {
        "--as": options.read_as,
        "--backend": engine.backend,
        "--roi": None if options.roi is None else ",".join(map(str, options.roi)),
        "--region": options.region,
        "--min-confidence": options.min_confidence,
        "--fps": options.fps,
        "--rotate": 90 * options.rotation,
        "--deinterlace": options.deinterlace,
    }
    parts = {part: f"{engine.models[part]} {digest}" for part, digest in digests.items()}
    return {"models": parts, "options": chosen, "versions": {"plate-edge": __version__}}


def _check_models(row: Row, run: Run) -> None:
    """Raise UsageError if a row was read with other models than those of this machine, as on an outdated host."""
    for part, wanted in run["models"].items():
        found = f"{row[part]} {row[f'{part}_sha256']}"
        if found != wanted:
            raise UsageError(f"a host of the cluster reads with {part} {found}, not {wanted}; install the same there")


class _Counts:
    """Counts of rows, for the closing line."""

    def __init__(self) -> None:
        self.rows = self.plates = self.errors = 0

    def add(self, row: Row) -> None:
        """Count a row."""
        self.rows += 1
        self.plates += len(row["plates"])
        self.errors += row["error"] is not None

    def describe(self) -> str:
        """Return the closing line."""
        errors = f", {self.errors:,} not read" if self.errors else ""
        return f"{counted(self.rows, 'new row')}, {counted(self.plates, 'plate')}{errors}"
