"""Changes of a watch list's file: one line at a time, the rest stays as its owner wrote it."""

from __future__ import annotations

import fcntl
import hashlib
import os
import threading
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from plate_devices.formulas import FORMULA
from plate_devices.private_files import replacing, sync_folder
from plate_devices.watchlists.list_lines import DELIMITERS, HEADER, Entry, Layout, Line, Lines, extended, fits, written
from plate_devices.watchlists.plate_file import listed_plate, listed_plates
from plate_runtime.alphabet import fold
from plate_runtime.errors import DataError, DeviceError
from plate_runtime.files import read_whole
from plate_runtime.label_table import encoding_of
from plate_runtime.script import LATIN, Script

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

MOST_BYTES = 1 << 20
"""Largest file that can be changed; about 30,000 plates."""

LONGEST = {"plate": 40, "name": 80, "note": 200, "begin": 40, "end": 40}
"""Most characters of each part of an entry."""

Before = Callable[[Entry | None], object]
"""Is called right before the file is written, with the entry that is replaced or deleted, None if one is added."""


def _nothing(_: Entry | None) -> None: ...


class ListChangedError(DataError):
    """The file was changed by another program since its version was read."""


class Listed(NamedTuple):
    """An entry of a list, and the number of its line."""

    line: int
    entry: Entry


class ListContent(NamedTuple):
    """The entries of a list, and the version of its file."""

    version: str
    entries: list[Listed]


class ListEditor:
    """Reads and changes the file of one list. Thread-safe; other programs may change the file as well."""

    def __init__(self, path: Path, script: Script = LATIN) -> None:
        """Use a file; a link is followed and stays."""
        self._path, self._script = path, script
        self._lock = threading.Lock()

    def read(self) -> ListContent:
        """Return the entries. Raises DataError if the file cannot be read, is too large, or a line is not a plate."""
        content = self._content()
        lines, _ = self._lines(content)
        return ListContent(_version(content), [Listed(one.number, one.entry) for one in lines if one.entry])

    def problem(self) -> str:
        """Return why the file cannot be changed, in one sentence; "" if it can."""
        try:
            self._require_writable()
        except DeviceError as error:
            return str(error)
        return ""

    def add(self, entry: Entry, version: str, before: Before = _nothing) -> str:
        """Add an entry at the end of the file, and return the file's new version.

        Args:
            entry: as the user typed it.
            version: of the file that the user saw.
            before: see `Before`; if it raises an error, the file stays.

        Raises:
            ValueError: it is not a plate, too long, or on the list already.
            ListChangedError: the file has another version.
            DataError: the file cannot be read. DeviceError: it cannot be written.
        """
        return self._change(version, None, entry, before)

    def replace(self, line: int, entry: Entry, version: str, before: Before = _nothing) -> str:
        """Replace the entry of a line; its comment stays. See `add`."""
        return self._change(version, line, entry, before)

    def delete(self, line: int, version: str, before: Before = _nothing) -> str:
        """Delete a line with an entry. See `add`."""
        return self._change(version, line, None, before)

    def _change(self, version: str, number: int | None, entry: Entry | None, before: Before) -> str:
        entry = _checked(entry, self._script) if entry is not None else None
        with self._lock, self._locked_file():
            content = self._content()
            if _version(content) != version:
                raise ListChangedError(f"watch list {self._path} was changed in the meantime; look at it again")
            lines, layout = self._lines(content)
            old = next((line.entry for line in lines if line.number == number), None)
            if number is not None and old is None:
                raise ValueError(f"line {number} of the list holds no plate")
            if entry is not None:
                self._refuse_double(entry, [one for one in lines if one.number != number])
            text = _changed(lines, layout, number, entry)
            self._require_readable(text, [(one.number, one.entry) for one in lines if one.entry], number, entry)
            return self._write(text, encoding_of(content), lambda: before(old))

    def _refuse_double(self, entry: Entry, others: Sequence[Line]) -> None:
        new = listed_plate(entry, self._script)
        for line in others:
            if line.entry and entry.begin == line.entry.begin and entry.end == line.entry.end:
                known = listed_plate(line.entry, self._script)
                if fold(known.text) == fold(new.text):
                    raise ValueError(f"{entry.plate} is on the list already, in line {line.number}")

    def _require_readable(
        self, text: str, old: Sequence[tuple[int, Entry]], number: int | None, entry: Entry | None
    ) -> None:
        """Raise ValueError unless the new text holds the entries before it with this change, and nothing else.

        Each of them was checked to be a plate.
        """
        expected = [entry if place == number else one for place, one in old] + ([] if number else [entry])
        found = [line.entry for line in Lines(text) if line.entry]
        if found != [one for one in expected if one is not None]:
            raise ValueError("this cannot be written into the list: a program would read it as something else")

    def _write(self, text: str, encoding: str, before: Callable[[], object]) -> str:
        try:
            content = text.encode(encoding)
        except UnicodeEncodeError as error:
            raise ValueError(
                f"the list is a {encoding} file, which has no {error.object[error.start]!r}; save it as UTF-8 first"
            ) from error
        if len(content) > MOST_BYTES:
            raise ValueError(f"the list has more than {MOST_BYTES >> 20} MB; change its file in an editor")
        before()
        path = self._path.resolve()
        try:
            with replacing(path, path.stat()) as stream:
                stream.write(content)
            sync_folder(path.parent)
        except OSError as error:
            raise DeviceError(f"watch list {path} cannot be written: {error.strerror or error}") from error
        return _version(content)

    def _content(self) -> bytes:
        return read_whole(self._path, MOST_BYTES, DataError, "watch list ")

    def _text(self, content: bytes) -> str:
        try:
            return content.decode(encoding_of(content))
        except UnicodeError as error:
            raise DataError(f"watch list {self._path} is not text: {error}") from error

    def _lines(self, content: bytes) -> tuple[list[Line], Layout | None]:
        """Return all lines, and their layout. Raises DataError if one is not a plate."""
        lines = Lines(self._text(content))
        try:
            found = list(lines)
            for _ in listed_plates(found, self._script):
                pass
            return found, lines.layout
        except ValueError as error:
            raise DataError(f"watch list {self._path}, {error}") from error

    @contextmanager
    def _locked_file(self) -> Iterator[None]:
        """Lock the file against other processes of this program."""
        self._require_writable()
        try:
            with self._path.open("rb") as stream:
                fcntl.flock(stream.fileno(), fcntl.LOCK_EX)
                yield
        except OSError as error:
            raise DeviceError(f"watch list {self._path} cannot be locked: {error.strerror or error}") from error

    def _require_writable(self) -> None:
        """Raise DeviceError unless the file can be replaced by one with the same owner and permissions."""
        path = self._path.resolve()
        try:
            found = path.stat()
        except OSError as error:
            raise DeviceError(f"watch list {path} cannot be changed: {error.strerror or error}") from error
        user, groups = os.geteuid(), (os.getegid(), *os.getgroups())
        if not found.st_mode & 0o222 or not os.access(path, os.W_OK):
            raise DeviceError(f"watch list {path} is read-only for this program; change its file in an editor")
        if user and (found.st_uid != user or found.st_gid not in groups):
            raise DeviceError(f"watch list {path} belongs to another user or group; only its owner may change it")
        if not os.access(path.parent, os.W_OK):
            raise DeviceError(f"watch list {path} lies in a folder that is read-only for this program")


def _checked(entry: Entry, script: Script) -> Entry:
    """Return an entry as it will be written. Raises ValueError if a part is too long, or it is not a plate."""
    for part, most in LONGEST.items():
        cell = getattr(entry, part)
        if not isinstance(cell, str) or len(cell) > most:
            raise ValueError(f"the {part} is longer than {most} characters")
        if not cell.isprintable() or any(0xD800 <= ord(one) <= 0xDFFF for one in cell):
            raise ValueError(f"the {part} has a character that cannot be printed")
    tidy = Entry(*(" ".join(getattr(entry, part).split()) for part in LONGEST))
    plain = listed_plate(tidy, script).text
    if any(one in tidy.plate for one in (*DELIMITERS, "#", '"', "'")) or tidy.plate.startswith(FORMULA):
        tidy = replace(tidy, plate=plain)
    return tidy


def _changed(lines: Sequence[Line], layout: Layout | None, number: int | None, entry: Entry | None) -> str:
    """Return the text of a list after a change; `number` is None to add, `entry` is None to delete."""
    raw = {line.number: line.raw for line in lines}
    end = next((line.ending for line in lines if line.ending), "\n")
    if entry is not None and not fits(entry, layout):
        layout = _extend(lines, raw, layout, end)
    if entry is None:
        raw.pop(number or 0)
    elif number is None:
        _append(raw, written(entry, layout), end)
    else:
        before = next(line for line in lines if line.number == number)
        raw[number] = _with_comment(written(entry, layout), before)
    return "".join(raw[place] for place in sorted(raw))


def _extend(lines: Sequence[Line], raw: dict[int, str], layout: Layout | None, end: str) -> Layout:
    """Give a list all columns: change its header, and the lines of a list that had none. Return the new layout."""
    wider = extended(layout)
    header = wider.delimiter.join(HEADER if layout is None else _titles(lines, layout, wider))
    old = next((line for line in lines if line.is_header), None)
    if old is not None:
        raw[old.number] = _with_comment(header, old)
    if layout is None:
        for line in lines:
            if line.entry:
                raw[line.number] = _with_comment(written(line.entry, wider), line)
        first = next((line for line in lines if line.entry), None)
        if old is None and first is not None:
            raw[first.number] = header + end + raw[first.number]
        elif old is None:
            _append(raw, header, end)
    return wider


def _append(raw: dict[int, str], text: str, end: str) -> None:
    """Add a line, after the end that the last one may lack."""
    last = max(raw, default=0)
    if last and not raw[last].endswith(("\r", "\n")):
        raw[last] += end
    raw[last + 1] = text + end


def _titles(lines: Sequence[Line], layout: Layout, wider: Layout) -> list[str]:
    """Return the titles of the header, then those of the new columns."""
    old = next(line for line in lines if line.is_header)
    text = old.raw.rstrip("\r\n").removesuffix(old.comment).rstrip()
    return [text, *wider.columns[len(layout.columns) :]]


def _with_comment(text: str, before: Line) -> str:
    """Return a line with the comment and the end that it had before."""
    return f"{text} {before.comment}{before.ending}" if before.comment else text + before.ending


def _version(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:32]
