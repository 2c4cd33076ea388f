"""Events as JSON lines in files."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Literal

from plate_devices.events.records import to_line
from plate_devices.outputs.appended_file import AppendedFile, Line
from plate_devices.outputs.file_output import FileOutput
from plate_devices.outputs.output import event_time
from plate_devices.outputs.output_settings import OutputSettings
from plate_devices.setting_errors import SettingError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from plate_devices.outputs.output import Event

_KEY = re.compile(r'"id": ?"([^"]+)"')


@dataclass(frozen=True, kw_only=True)
class LinesSettings(OutputSettings):
    """type = "lines": one JSON object a line.

    Attributes:
        path: a file to append to. Without a path, lines go to standard output at once.
        rotate: one file for each day or month, by the event's time in UTC.
        json: false prints text instead of JSON on standard output.
    """

    type: Literal["lines"] = "lines"
    path: Path | None = None
    rotate: Literal["never", "day", "month"] = "never"
    json: bool = True

    def __post_init__(self) -> None:
        if self.path is None and self.events != ("vehicle",):
            raise SettingError("events", "lines on standard output hold vehicles; name a path, or leave out events")
        if self.tags and self.path is None:
            raise SettingError("tags", "lines on standard output hold all events; name a path, or leave out tags")

    @property
    def is_queued(self) -> bool:
        return self.path is not None


class LinesOutput(FileOutput):
    """Appends events to a file."""

    Settings: ClassVar[type[OutputSettings]] = LinesSettings

    def __init__(self, settings: LinesSettings, name: str = "lines") -> None:
        """Use a path; `open` makes the file."""
        if settings.path is None:
            raise ValueError("lines without a path go to standard output")
        super().__init__(name, AppendedFile(settings.path, settings.rotate, _key), _time)

    def send(self, events: Sequence[Event]) -> int:
        """See `Output`."""
        self._file.append([Line(event["id"], event_time(event), to_line(event)) for event in events])
        return len(events)


def _key(line: str) -> str | None:
    found = _KEY.search(line)
    return found[1] if found else None


def _time(line: bytes) -> str | None:
    try:
        event = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return event_time(event) if isinstance(event, dict) else None
