"""Events as JSON lines in files."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from plate_devices.events.records import timestamp, to_line
from plate_devices.outputs.appended_file import AppendedFile, Line
from plate_devices.outputs.output import event_time
from plate_devices.outputs.output_settings import OutputSettings

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from plate_devices.outputs.output import Event

_KEY = re.compile(r'"id": ?"([^"]+)"')


@dataclass(frozen=True, kw_only=True)
class LinesSettings(OutputSettings):
    """type = "lines": one JSON object a line.

    Attributes:
        path: a file to append to; without one, lines go to standard output.
        rotate: one file for each day or month, by the event's time in UTC.
        json: JSON objects; false gives text, on standard output only.
    """

    type: Literal["lines"] = "lines"
    path: Path | None = None
    rotate: Literal["never", "day", "month"] = "never"
    json: bool = True


class LinesOutput:
    """Appends events to a file."""

    def __init__(self, settings: LinesSettings, name: str = "lines") -> None:
        """Take a path; the file is made when it is opened."""
        self.name = name
        if settings.path is None:
            raise ValueError("lines without a path go to standard output")
        self._file = AppendedFile(settings.path, settings.rotate, _key)

    def open(self) -> None:
        """See `Output`."""
        self._file.check()

    def send(self, events: Sequence[Event]) -> int:
        """See `Output`."""
        self._file.append([Line(event["id"], event_time(event), to_line(event)) for event in events])
        return len(events)

    def check(self) -> None:
        """See `Output`."""
        self._file.check()
        self._file.close()

    def notices(self) -> Sequence[str]:
        """See `Output`; there are none."""
        return ()

    def close(self) -> None:
        """See `Output`."""
        self._file.close()

    def forget(self, before: datetime, note: Callable[[str], None] = lambda _: None) -> int:
        """Delete lines of events that are older; `note` gets a sentence on damaged ones. Raises OutputError."""
        return self._file.forget(timestamp(before) or "", _time, note)


def _key(line: str) -> str | None:
    found = _KEY.search(line)
    return found[1] if found else None


def _time(line: bytes) -> str | None:
    try:
        event = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return event_time(event) if isinstance(event, dict) else None
