"""Events as rows of a CSV file, for a spreadsheet."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from plate_devices.outputs.appended import AppendedFile, Line
from plate_devices.outputs.base import event_time
from plate_devices.outputs.rows import COLUMNS, to_row
from plate_devices.outputs.settings import OutputSettings
from plate_devices.records import timestamp

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from plate_devices.outputs.base import Event

_TIME = COLUMNS.index("last_time")


@dataclass(frozen=True, kw_only=True)
class CsvSettings(OutputSettings):
    """type = "csv": a row for each event, columns as in `rows.py`.

    Attributes:
        path: a file to append to.
        rotate: one file for each day or month, by the event's time in UTC.
    """

    type: Literal["csv"] = "csv"
    path: Path
    rotate: Literal["never", "day", "month"] = "never"


class CsvOutput:
    """Appends events to a file."""

    def __init__(self, settings: CsvSettings, name: str = "csv") -> None:
        """Take a path; the file is made when it is opened."""
        self.name = name
        self._file = AppendedFile(settings.path, settings.rotate, _key, _line(COLUMNS))

    def open(self) -> None:
        """See `Output`."""
        self._file.check()

    def send(self, events: Sequence[Event]) -> int:
        """See `Output`."""
        rows = [Line(event["id"], event_time(event), _line(to_row(event).values())) for event in events]
        self._file.append(rows)
        return len(events)

    def check(self) -> None:
        """See `Output`."""
        self._file.check()
        self._file.close()

    def close(self) -> None:
        """See `Output`."""
        self._file.close()

    def forget(self, before: datetime) -> int:
        """Delete rows of events that are older. Raises OutputError."""
        return self._file.forget(timestamp(before) or "", _time)


def _line(values: Iterable[object]) -> str:
    # A row is one line, so that a torn one can be told from a whole one.
    flat = [" ".join(value.split()) if isinstance(value, str) else value for value in values]
    text = io.StringIO()
    csv.writer(text, lineterminator="").writerow(flat)
    return text.getvalue()


def _key(line: str) -> str:
    return line.partition(",")[0]


def _time(line: str) -> str | None:
    row = next(csv.reader([line]), [])
    return row[_TIME] or None if len(row) > _TIME else None
