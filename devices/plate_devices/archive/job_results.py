"""Print and save what other processes have read."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from plate_devices.archive.job_messages import SAVED, Done, Event, Hinted, Printed, Said, Saved
from plate_devices.events.records import Engine, Origin, error_record
from plate_devices.live.tally import Tally
from plate_devices.outputs.console_lines import ConsoleLines
from plate_devices.outputs.saved_pictures import PictureFolder
from plate_devices.status_line import StatusLine
from plate_runtime.errors import InputError

if TYPE_CHECKING:
    from plate_devices.events.records import Record
    from plate_devices.run_options import InferOptions
    from plate_devices.service.log import Log


class JobResults:
    """Does with events what a `Reporter` does with plates.

    Attributes:
        tally: counts of the inputs so far. code: the highest exit code.
        status: is cleared before a line is printed.
    """

    def __init__(self, options: InferOptions, log: Log) -> None:
        """Open the folders for pictures. Raises DeviceError if one cannot be made."""
        self.tally, self.status, self.code = Tally(), StatusLine(), 0
        self._as_json, self._log = options.json, log
        self._lines = ConsoleLines(options.json) if options.lines else None
        named = {"annotate": options.annotate, "crops": options.save_crops}
        self._folders = {role: PictureFolder(Path(name)) for role, name in named.items() if name is not None}
        self._paths: dict[str, str] = {}

    def take(self, event: Event | Done) -> None:
        """Print, log, save or count.

        Raises:
            DeviceError: the disk is full. BrokenPipeError: the reader of the pipe has ended.
        """
        if isinstance(event, Printed):
            self._print(_with_paths(event.record, self._paths), event.source)
        elif isinstance(event, Saved):
            path = self._folders[event.folder].save_jpeg(event.content, event.name, label=event.label)
            self._paths[f"{SAVED}{event.number}"] = str(path)
        elif isinstance(event, Said):
            self.status.clear()
            self._log.say(event.event, event.message, **event.details)
        elif isinstance(event, Hinted):
            if sys.stderr.isatty():
                self.status.clear()
                print(event.text, file=sys.stderr)
        elif isinstance(event, Done):
            self.tally.add(event.tally)
            self.code = max(self.code, event.code)
            self._paths.clear()
        else:
            self.status.clear()
            self._log.say("input_error", event.reason, source=event.source)
            if self._as_json:
                origin = Origin(event.source, Engine({}, ""))  # an error names no engine
                self._print(error_record(origin, InputError(event.reason)), event.source)

    def close(self, read_as: str) -> None:
        """Log one closing line with the counts."""
        if not self.tally.one_error:
            self.status.clear()
            self._log.say("done", self.tally.describe(read_as))

    def _print(self, record: Record, source: str) -> None:
        if self._lines is not None:
            self.status.clear()
            self._lines.write(record, source)


def _with_paths(record: Record, paths: dict[str, str]) -> Record:
    """Replace what stands for paths of saved pictures."""
    if paths:
        for one in (record, *record.get("plates", ())):
            if "crop" in one:
                one["crop"] = paths.get(one["crop"], one["crop"])
    return record
