"""The lines of a watch list: how they are split into cells, and written."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from plate_devices.formulas import FORMULA
from plate_runtime.label_table import COLUMNS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

DELIMITERS = ",;\t"
HEADER = ("plate", "name", "note", "from", "to")
_NAMES = {
    "name": ("name", "owner"),
    "note": ("note", "notes", "comment"),
    "from": ("from", "valid_from"),
    "to": ("to", "until", "valid_to"),
}
"""Columns after the plate, and their accepted headers."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A plate of a list as it is written, with name, note and dates; "" for none."""

    plate: str
    name: str = ""
    note: str = ""
    begin: str = ""
    end: str = ""


class Layout(NamedTuple):
    """The header of a list.

    Attributes:
        delimiter: between cells.
        columns: the name of each column, "" for one that is not read.
    """

    delimiter: str
    columns: tuple[str, ...]


class Line(NamedTuple):
    """A line of a list.

    Attributes:
        number: from 1.
        raw: the whole line with its end.
        entry: None for a header, a comment, or a blank line.
        comment: from `#` on, "" for none.
        layout: of the header if the line is one.
    """

    number: int
    raw: str
    entry: Entry | None
    comment: str = ""
    is_header: bool = False

    @property
    def ending(self) -> str:
        """Its end, "" for a last line without one."""
        return self.raw[len(self.raw.rstrip("\r\n")) :]


class Lines:
    """Splits the text of a list. After the first entry, `layout` is that of the header.

    Without a header that has notes or dates, `layout` is None: a line is a plate and, after the first comma, semicolon
    or tab, a name.
    """

    def __init__(self, text: str) -> None:
        self.layout: Layout | None = None
        self._text = text

    def __iter__(self) -> Iterator[Line]:
        """Yield all lines. Raises ValueError, starting with the line's number, if a quote is not closed."""
        is_first = True
        for number, raw in enumerate(self._text.splitlines(keepends=True), 1):
            try:
                plain, comment = _without_comment(raw, self.layout is not None)
                cells = _cells(plain, self.layout)
            except ValueError as error:
                raise ValueError(f"line {number}: {error}") from error
            if not cells[0]:
                yield Line(number, raw, None, comment)
            elif is_first and cells[0].strip('"').lower() in COLUMNS["text"]:
                is_first = False
                self.layout = _layout(plain)
                yield Line(number, raw, None, comment, True)
            else:
                is_first = False
                yield Line(number, raw, self._entry(cells), comment)

    def _entry(self, cells: Sequence[str]) -> Entry:
        if self.layout is None:
            return Entry(cells[0], " ".join(cells[1].split()) if len(cells) > 1 else "")
        found = dict(zip(self.layout.columns, cells, strict=False))
        return Entry(cells[0], *(" ".join(found.get(name, "").split()) for name in HEADER[1:]))


def written(entry: Entry, layout: Layout | None) -> str:
    """Return an entry as a line without comment and end. See `fits`."""
    if layout is None:
        return f"{entry.plate}, {_safe(entry.name)}" if entry.name else entry.plate
    cells = dict(zip(HEADER, (entry.plate, entry.name, entry.note, entry.begin, entry.end), strict=True))
    row = [_quoted(_safe(cells.get(name, "")), layout.delimiter) for name in layout.columns]
    return layout.delimiter.join(row).rstrip(layout.delimiter)


def fits(entry: Entry, layout: Layout | None) -> bool:
    """Return whether a line of this layout can hold all of an entry."""
    if layout is None:
        return not (entry.note or entry.begin or entry.end or "#" in entry.name)
    cells = zip(HEADER[1:], (entry.name, entry.note, entry.begin, entry.end), strict=True)
    return all(name in layout.columns for name, cell in cells if cell)


def extended(layout: Layout | None) -> Layout:
    """Return the layout with all columns."""
    if layout is None:
        return Layout(DELIMITERS[0], HEADER)
    return Layout(layout.delimiter, (*layout.columns, *(name for name in HEADER if name not in layout.columns)))


def _layout(header: str) -> Layout | None:
    """Return the layout of a header, None if it has neither notes nor dates."""
    delimiter = next((one for one in header if one in DELIMITERS), DELIMITERS[0])
    titles = [title.lower().replace(" ", "_") for title in _split(header, delimiter)]
    columns = ["plate", *("" for _ in titles[1:])]
    for name, aliases in _NAMES.items():
        place = next((titles.index(alias, 1) for alias in aliases if alias in titles[1:]), None)
        if place is not None:
            columns[place] = name
    return Layout(delimiter, tuple(columns)) if {"note", "from", "to"} & set(columns) else None


def _cells(line: str, layout: Layout | None) -> list[str]:
    """Return the cells, at least one; without a layout at most two."""
    if layout is not None:
        return [_plain(cell) for cell in _split(line, layout.delimiter)]
    return [_plain(cell.strip()) for cell in re.split(f"[{DELIMITERS}]", line, maxsplit=1)]


def _without_comment(line: str, has_quotes: bool) -> tuple[str, str]:
    """Return a line without its end up to `#`, and the rest from `#` on; `#` between quotes begins no comment."""
    line = line.rstrip("\r\n\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029")
    place = line.find("#")
    while has_quotes and place >= 0 and line.count('"', 0, place) % 2:
        place = line.find("#", place + 1)
    return (line, "") if place < 0 else (line[:place], line[place:])


def _split(line: str, delimiter: str) -> list[str]:
    """Split a line at delimiters outside quotes. Raises ValueError if a quote is not closed."""
    cells, rest = list[str](), line
    while True:
        rest = rest.lstrip(" ")
        if rest.startswith('"'):
            found = re.match(r'"((?:[^"]|"")*)"', rest)
            if found is None:
                raise ValueError("a quote is not closed")
            tail, there, rest = rest[found.end() :].partition(delimiter)
            cells.append(found[1].replace('""', '"').strip() + tail.rstrip())
        else:
            cell, there, rest = rest.partition(delimiter)
            cells.append(cell.strip())
        if not there:
            return cells


def _quoted(cell: str, delimiter: str) -> str:
    needs = any(one in cell for one in (delimiter, '"', "#"))
    return '"' + cell.replace('"', '""') + '"' if needs else cell


def _safe(cell: str) -> str:
    """Return a cell that is no formula in a spreadsheet: after an apostrophe, which `_plain` removes."""
    return f"'{cell}" if cell.startswith(FORMULA) or _plain(cell) != cell else cell


def _plain(cell: str) -> str:
    """Undo `_safe`."""
    return cell[1:] if cell[:1] == "'" and cell[1:2] in (*FORMULA, "'") and cell[1:2] else cell
