"""Events as rows of a CSV file, for a spreadsheet."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Literal

from plate_devices.formulas import FORMULA
from plate_devices.outputs.appended_file import AppendedFile, Line
from plate_devices.outputs.file_output import FileOutput
from plate_devices.outputs.output import event_time
from plate_devices.outputs.output_settings import OutputSettings, check_events_of_rows
from plate_devices.outputs.table_rows import COLUMNS, to_row

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from plate_devices.outputs.output import Event

_TIME = COLUMNS.index("last_time")


@dataclass(frozen=True, kw_only=True)
class CsvSettings(OutputSettings):
    """type = "csv": a row for each event, columns as in `table_rows.py`.

    Attributes:
        path: a file to append to.
        rotate: one file for each day or month, by the event's time in UTC.
    """

    type: Literal["csv"] = "csv"
    path: Path
    rotate: Literal["never", "day", "month"] = "never"

    def __post_init__(self) -> None:
        check_events_of_rows(self)


class CsvOutput(FileOutput):
    """Appends events to a file."""

    Settings: ClassVar[type[OutputSettings]] = CsvSettings

    def __init__(self, settings: CsvSettings, name: str = "csv") -> None:
        """Use a path; `open` makes the file."""
        super().__init__(name, AppendedFile(settings.path, settings.rotate, _key, csv_line(COLUMNS)), _time)

    def send(self, events: Sequence[Event]) -> int:
        """See `Output`."""
        rows = [(event_time(event), csv_line(to_row(event).values())) for event in events]
        self._file.append([Line(_key(row), moment, row) for moment, row in rows])
        return len(events)


def csv_line(values: Iterable[object]) -> str:
    """Return values as a line of CSV, without its end; texts are safe in a spreadsheet."""
    flat = [_cell(value) if isinstance(value, str) else value for value in values]
    text = io.StringIO()
    csv.writer(text, lineterminator="").writerow(flat)
    return text.getvalue()


def _cell(text: str) -> str:
    """Return a text as a cell that a spreadsheet shows and never computes.

    A row is one line, so that a torn row can be recognised. An apostrophe before `FORMULA` makes spreadsheets show the
    cell as text.
    """
    flat = " ".join(text.split())
    return f"'{flat}" if flat.startswith(FORMULA) else flat


def _key(line: str) -> str:
    return line.partition(",")[0]


def _time(line: bytes) -> str | None:
    try:
        row = next(csv.reader([line.decode("utf-8", "replace")]), [])
    except csv.Error:  # an overlong field, or a zero byte
        return None
    return row[_TIME] or None if len(row) == len(COLUMNS) else None
