"""What the outputs that append lines to files share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plate_devices.events.records import timestamp
from plate_devices.outputs.output import Output

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from plate_devices.outputs.appended_file import AppendedFile


class FileOutput(Output):
    """An output to a file. Subclasses add `send`."""

    def __init__(self, name: str, file: AppendedFile, time_of: Callable[[bytes], str | None]) -> None:
        """Use a file, which `open` makes; `time_of` returns the time of a line, None if it is damaged."""
        self.name = name
        self._file, self._time_of = file, time_of

    def open(self) -> None:
        self._file.check()

    def check(self) -> None:
        self._file.check()
        self._file.close()

    def close(self) -> None:
        self._file.close()

    def delete_before(self, before: datetime, note: Callable[[str], None]) -> int:
        """See `Output`: deletes lines."""
        return self._file.delete_before(timestamp(before) or "", self._time_of, note)
