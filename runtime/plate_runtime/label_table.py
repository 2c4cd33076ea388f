"""A table of labels in the forms that programs write: several delimiters, encodings and names of columns."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path

from .errors import DataError
from .files import read_whole
from .pictures.open_picture import SUFFIXES

COLUMNS = {
    "image": ("image", "images", "img", "file", "filename", "file_name", "image_path", "image_file", "image_name",
              "path", "picture", "photo"),
    "text": ("text", "texts", "plate", "plates", "plate_text", "plate_number", "number_plate", "label", "labels",
             "license_plate", "licence_plate", "license_plate_number", "licence_plate_number", "plate_no",
             "registration", "registration_number", "transcription", "ground_truth"),
    "corners": ("corners",),
    "group": ("group",),
    "confirmed": ("confirmed",),
}  # fmt: skip
"""Columns that are read, and their accepted headers; case, blanks and hyphens do not count."""

_LARGEST = 64 << 20  # bytes: two million rows, which take a gigabyte
_SEP = re.compile(r"\A\"?sep=[^\r\n]\"?(?=[\r\n])", re.IGNORECASE)
_DELIMITERS = ",;\t|"
_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


def read_table(file: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield the number of each row's last line, and its cells by the names of `COLUMNS`, stripped.

    A table without a header has the columns image and text, in this order. Excel's first line `sep=;` is skipped.

    Raises:
        DataError: the file cannot be read, or has no such columns.
    """
    try:
        text = _SEP.sub("", decode(read_whole(file, _LARGEST, DataError)))
        first = next((line for line in io.StringIO(text, newline="") if line.strip()), "")
        delimiter = max(_DELIMITERS, key=lambda mark: (len(_columns(_cells(first, mark))), first.count(mark)))
        rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
        columns = _header(file, next((row for row in rows if any(row)), []))
        if columns is None:
            columns = {"image": 0, "text": 1}
            rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
        for row in rows:
            if any(cell.strip() for cell in row):
                cells = {name: row[place].strip() if place < len(row) else "" for name, place in columns.items()}
                yield rows.line_num, cells
    except csv.Error as error:
        raise DataError(f"{file}, line {rows.line_num}: {error}; is a quotation mark left open?") from error
    except (OSError, UnicodeError) as error:
        raise DataError(f"{file} cannot be read: {getattr(error, 'strerror', None) or error}") from error


def decode(content: bytes) -> str:
    """Return text of UTF-8, UTF-16 with its mark, or else Windows-1252, as Excel saves it.

    Raises:
        UnicodeError: it is none of these.
    """
    return content.decode(encoding_of(content))


def encoding_of(content: bytes) -> str:
    """Return the encoding that `decode` uses. Raises UnicodeError if there is none."""
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            return encoding
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        content.decode("cp1252")
        return "cp1252"
    return "utf-8"


def _header(file: Path, row: list[str]) -> dict[str, int] | None:
    """Return the index of each column; None if the first row is no header but has a picture."""
    columns = _columns(row)
    if {"image", "text"} <= columns.keys():
        return columns
    if not columns and len(row) > 1 and Path(row[0].replace("\\", "/").strip()).suffix.lower() in SUFFIXES:
        return None
    found = ", ".join(cell.strip()[:40] for cell in row[:8]) or "nothing"
    raise DataError(f"{file} has no header with the columns image and text; its first row holds {found}")


def _columns(row: list[str]) -> dict[str, int]:
    """Return the first column with each name; the name itself takes precedence over its aliases."""
    headers = [cell.strip().lower().replace(" ", "_").replace("-", "_") for cell in row]
    known = {name: next((one for one in names if one in headers), None) for name, names in COLUMNS.items()}
    return {name: headers.index(found) for name, found in known.items() if found is not None}


def _cells(line: str, delimiter: str) -> list[str]:
    return next(csv.reader([line], delimiter=delimiter), [])
