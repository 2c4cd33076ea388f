"""Read pictures and videos: one after the other in this process, or several at once in others."""

from __future__ import annotations

import stat
from contextlib import ExitStack
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING

from plate_devices.archive.job_count import MANY, default_jobs
from plate_devices.archive.position import Position
from plate_devices.open_models import engine_of, open_reader, tried_models
from plate_devices.run_options import PROGRAM, InferOptions
from plate_devices.service.log import Log
from plate_devices.sources.picture_files import STANDARD_INPUT, list_inputs, open_input
from plate_runtime.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from plate_devices.sources.picture_files import FileInput


def read_files(options: InferOptions) -> int:
    """Read the inputs that the options name, print what they show in their order, and return the exit code."""
    log = Log(PROGRAM)
    written = [Path(folder) for folder in (options.annotate, options.save_crops) if folder]
    inputs = islice(list_inputs(options.paths, written), options.skip, None)
    first = list(islice(inputs, MANY))
    if not first:
        log.say("done", f"nothing is left to read: there are at most {options.skip:,} inputs")
        return 0
    few = len(first) if len(first) < MANY else None
    jobs = _jobs(options, few)
    position = Position(options, log, written, few)
    if options.explain:
        from plate_devices.archive.explain_files import explain_files

        return explain_files(options, chain(first, inputs), position, log)
    read = _read_here if jobs == 1 else _read_in_processes
    return read(options, chain(first, inputs), position, jobs, log)


def _jobs(options: InferOptions, few: int | None) -> int:
    """Return how many inputs are read at once; `few` is their number if it is small, else None."""
    stream = _stream(options.paths)
    if options.explain:
        return 1
    if options.jobs is None:
        return 1 if few or stream else default_jobs()
    if stream and options.jobs > 1:
        raise UsageError(f"--jobs {options.jobs} cannot be used with {stream}, which only this process can read")
    return min(options.jobs, few or options.jobs)


def _stream(paths: Sequence[str]) -> str | None:
    """Return the first path that is standard input or a pipe, None if there is none."""
    return next((path for path in paths if path == STANDARD_INPUT or _is_pipe(path)), None)


def _is_pipe(path: str) -> bool:
    try:
        return stat.S_ISFIFO(Path(path).stat().st_mode)
    except (OSError, ValueError):
        return False


def _read_here(options: InferOptions, inputs: Iterator[FileInput], position: Position, _jobs: int, log: Log) -> int:
    # Imported only now: an invalid command line must not wait for the interpreter.
    from plate_devices.live.frame_reader import FrameReader
    from plate_devices.live.reporter import Reporter

    with open_reader(options) as reader:
        reporter = Reporter(options, engine_of(options, reader), log)
        frame_reader, code = FrameReader(options, reader, reporter), 0
        with ExitStack() as stack:
            stack.callback(reporter.close_video)
            stack.enter_context(position.shown(reporter.status))
            for found in inputs:
                code = max(code, frame_reader.read_all(open_input(found, options.fps)))
                position.advance()
        reporter.close(options.read_as)
        return code


def _read_in_processes(
    options: InferOptions, inputs: Iterator[FileInput], position: Position, jobs: int, log: Log
) -> int:
    from plate_devices.archive.job_messages import Done
    from plate_devices.archive.job_pool import JobPool
    from plate_devices.archive.job_results import JobResults

    options = tried_models(options)
    results = JobResults(options, log)
    with JobPool(options, jobs) as pool, position.shown(results.status):
        for event in chain(pool.ready.events, pool.read(inputs)):
            results.take(event)
            if isinstance(event, Done):
                position.advance()
    results.close(options.read_as)
    return results.code
