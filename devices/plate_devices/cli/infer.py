"""plate-infer: read the plates in pictures, videos and cameras."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from plate_devices.cli.infer_options import parse_infer
from plate_devices.open_models import engine_of, open_reader
from plate_devices.run_options import PROGRAM, InferOptions
from plate_runtime.command_line import run

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from plate_devices.sources.source import Source


def main() -> None:
    """Run plate-infer with the arguments of this process."""
    # numpy's linear algebra is not used; its threads would take a third of the CPU time of a start in a busy loop.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    run(command, PROGRAM)


def command(arguments: Sequence[str]) -> int:
    """Read the inputs that `arguments` name, and return the exit code."""
    options = parse_infer(arguments)
    if options.camera is not None:
        from plate_devices.live.session import Session

        return Session(options, lambda: parse_infer(arguments)).run()
    return _serve_socket(options, options.socket) if options.socket else _read_files(options)


def _serve_socket(options: InferOptions, path: str) -> int:
    from pathlib import Path

    from plate_devices.unix_socket.socket_server import serve

    with open_reader(options) as reader:
        return serve(Path(path), reader, options.read_as, options.region, options.min_confidence)


def _read_files(options: InferOptions) -> int:
    from pathlib import Path

    from plate_devices.sources.picture_files import open_paths

    written = [Path(folder) for folder in (options.annotate, options.save_crops) if folder]
    sources = open_paths(options.paths, options.fps, leave_out=written)
    # Imported only now: an invalid command line must not wait for the interpreter.
    from plate_devices.live.frame_reader import FrameReader
    from plate_devices.live.reporter import Reporter
    from plate_devices.service.log import Log
    from plate_devices.status_line import progress

    with open_reader(options) as reader:
        reporter = Reporter(options, engine_of(options, reader), Log(PROGRAM))
        frame_reader = FrameReader(options, reader, reporter)
        followed: Iterable[Source] = sources
        if not (reporter.status.on and sys.stdout.isatty()):  # on a terminal, the records show the progress
            followed = progress(sources, sources, "reading", reporter.status)
        code = max([frame_reader.read_all(source) for source in followed], default=0)
        reporter.close(options.read_as)
        return code
