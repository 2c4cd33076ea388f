"""How far a run over many inputs is: progress, and how to continue after a stop."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from plate_devices.sources.picture_files import list_inputs
from plate_devices.status_line import Progress
from plate_runtime.errors import DeviceError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from plate_devices.archive.input_count import InputCount
    from plate_devices.run_options import InferOptions
    from plate_devices.service.log import Log
    from plate_devices.status_line import StatusLine


class Position:
    """Counts finished inputs of a run, shows progress, and says after a stop how the run is continued."""

    def __init__(self, options: InferOptions, log: Log, leave_out: Sequence[Path], known: int | None) -> None:
        """Begin with no input finished; `known` is the number of inputs to come, None if they have to be counted."""
        self._log, self._skipped, self._done = log, options.skip, 0
        self._paths, self._leave_out, self._known = options.paths, leave_out, known
        self._count: InputCount | None = None
        self._progress: Progress | None = None

    @property
    def _total(self) -> int:
        if self._known is None and self._count is not None and self._count.total:
            self._known = max(0, self._count.total - self._skipped)
        return self._known or 0

    @contextmanager
    def shown(self, status: StatusLine) -> Iterator[None]:
        """Show the progress, unless records on the same terminal show it."""
        if not (status.on and sys.stdout.isatty()):
            self._progress = Progress("reading", self._total, status)
            self._progress.update(0)
        try:
            yield
        except BaseException as stop:
            if _can_continue(stop):
                status.clear()
                self._explain()
            raise
        finally:
            status.clear()
            if self._count is not None:
                self._count.stop()

    def advance(self) -> None:
        """Count an input as finished."""
        self._done += 1
        if self._known is None and self._count is None:  # only now: it would delay the first record
            from plate_devices.archive.input_count import InputCount

            self._count = InputCount(lambda: list_inputs(self._paths, self._leave_out, ordered=False))
        if self._progress is not None:
            self._progress.total = self._total
            self._progress.update()

    def _explain(self) -> None:
        finished = self._skipped + self._done
        if self._done:
            message = f"stopped after {finished:,} inputs; to continue, run the command again with --skip {finished}"
            self._log.say("stopped", message)


def _can_continue(stop: BaseException) -> bool:
    """Whether the same command may succeed later: after Ctrl-C, SIGTERM or a full disk, but not without a reader."""
    if isinstance(stop, OSError | DeviceError):
        return not isinstance(stop, BrokenPipeError)
    return not isinstance(stop, Exception | GeneratorExit)
