"""plate-infer: read pictures, videos and cameras, and print what stands on the plates."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from plate_devices.cli.infer_options import InferOptions, parse_infer
from plate_runtime.command_line import run
from plate_runtime.errors import PlateEdgeError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from plate_devices.events.records import Engine
    from plate_devices.sources.source import Source
    from plate_runtime.reader import PlateReader

__all__ = ["command", "engine_of", "main", "open_reader"]

PROGRAM = "plate-infer"


def main() -> None:
    """Run plate-infer with the arguments of this process."""
    # numpy's linear algebra is not used here; its threads would wait in a busy loop, a third of the start's CPU time.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    run(command, PROGRAM)


def command(arguments: Sequence[str]) -> int:
    """Read what `arguments` ask for and return the exit code."""
    options = parse_infer(arguments)
    if options.camera is not None:
        from plate_devices.live.session import Station

        return Station(arguments, options).run()
    return _serve_socket(options, options.socket) if options.socket else _read_files(options)


def _serve_socket(options: InferOptions, path: str) -> int:
    from pathlib import Path

    from plate_devices.unix_socket.socket_server import serve

    check_region(options)
    with open_reader(options) as reader:
        return serve(Path(path), reader, options.read_as, options.region, options.min_confidence)


def _read_files(options: InferOptions) -> int:
    from pathlib import Path

    from plate_devices.sources.picture_files import open_paths

    check_region(options)
    written = [Path(folder) for folder in (options.annotate, options.save_crops) if folder]
    sources = open_paths(options.paths, options.fps, leave_out=written)
    # Only now: a wrong command line should not wait for the interpreter.
    from plate_devices.cli.status_line import progress
    from plate_devices.live.frame_reader import Work
    from plate_devices.live.reporter import Reporting
    from plate_devices.service.log import Log

    with open_reader(options) as reader:
        reporting = Reporting(options, engine_of(options, reader), Log(PROGRAM))
        work = Work(options, reader, reporting)
        followed: Iterable[Source] = sources
        if not (reporting.status.on and sys.stdout.isatty()):  # there, the records themselves show the progress
            followed = progress(sources, sources, "reading", reporting.status)
        code = max([work.read_all(source) for source in followed], default=0)
        reporting.close(options.read_as)
        return code


def check_region(options: InferOptions) -> None:
    """Raise UsageError where --region names none."""
    if options.region is not None:
        from plate_runtime.formats import find_region

        find_region(options.region)


def open_reader(options: InferOptions) -> PlateReader:
    """Open the models that the options ask for. Raises UsageError, ModelError, MissingPartError."""
    from plate_devices.cli.choose_models import choose_models, try_models
    from plate_runtime.reader import PlateReader

    models = choose_models(options.models, options.read_as, options.backend)
    if options.check_model:
        try_models(models, options.backend)
    reader = PlateReader(models.reader, options.backend, options.threads, options.read_as, models.detector)
    try:
        reader.check_region(options.region, options.read_as)
    except PlateEdgeError:
        reader.close()
        raise
    return reader


def engine_of(options: InferOptions, reader: PlateReader) -> Engine:
    """Return what reads, for the records."""
    from plate_devices.events.records import Engine
    from plate_runtime.shipped import DETECTING

    model = reader.model_for(options.read_as)
    labels = {"detector": reader.detector().manifest.label} if options.read_as in DETECTING else {}
    return Engine({**labels, "reader": model.manifest.label}, model.backend.name, model.manifest.script)
