"""Append lines to a file: each whole, once, and on the disk when it is acknowledged."""

from __future__ import annotations

import errno
import os
import re
import shutil
import stat
import threading
from itertools import groupby, islice
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple

from plate_devices.outputs.line_ages import LONGEST_LINE, copy_ranges, find_old_lines
from plate_devices.outputs.output import OutputError
from plate_devices.private_files import clean_folder, create_folder, open_private, read_regular, replacing, sync_folder
from plate_devices.unique_ids import UUID7

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from typing import BinaryIO

_DATE = re.compile(r"\d{4}-\d\d-\d\dT", re.ASCII)
_OUR_LINE = re.compile(rf"\W{{0,4}}{UUID7}\W".encode("ascii"))

Rotation = Literal["never", "day", "month"]

_TAIL = 4 << 20
"""Bytes at the end of a file in which repeated events are looked for. A batch is smaller."""

_KNOWN = 10_000
"""Keys of the last events in the file: more than memory holds while the disk fails."""


class Line(NamedTuple):
    """A line without its end, with the key and the UTC time of its event, None for no time."""

    key: str
    time: str | None
    text: str


class AppendedFile:
    """A file, or one for each day or month. Other programs may move or truncate it at any time."""

    def __init__(self, path: Path, rotate: Rotation, key_of: Callable[[str], str | None], header: str = "") -> None:
        """Use a path; nothing is opened yet.

        Args:
            path: of the file; rotated files have a date before the suffix: `plates-2026-11-22.csv`.
            rotate: how often a new file begins.
            key_of: returns the key of a line's event.
            header: the first line of each file.
        """
        self._path, self._rotate, self._key_of, self._header = path, rotate, key_of, header
        self._lock = threading.Lock()
        self._open_path: Path | None = None
        self._file = -1
        self._known: dict[str, None] = {}
        self._damaged: dict[Path, int] = {}

    def append(self, lines: Sequence[Line]) -> None:
        """Write the lines that are not in the file yet. Raises OutputError; the next try removes a partial line."""
        with self._lock:
            try:
                for path, group in groupby(lines, lambda line: self._path_at(line.time)):
                    self._open(path)
                    new = {line.key: line.text for line in group if line.key not in self._known}
                    self._write("".join(f"{text}\n" for text in new.values()))
                    self._remember(new)
            except OSError as error:
                self._close()
                raise OutputError(f"{self._path} cannot be written: {_reason(error)}") from error

    def check(self) -> None:
        """Raise OutputError if the file cannot be made."""
        with self._lock:
            try:
                create_folder(self._path.parent)
                if self._rotate == "never":
                    self._open(self._path)
            except OSError as error:
                self._close()
                raise OutputError(f"{self._path} cannot be made: {_reason(error)}") from error

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._close()

    def delete_before(self, before: str, time_of: Callable[[bytes], str | None], note: Callable[[str], None]) -> int:
        """Delete lines of events before a UTC time, written as in records; return how many.

        Args:
            before: the time.
            time_of: returns the time of a line, None for a damaged line; see `find_old_lines`.
            note: is called with a sentence about damaged lines.

        Raises:
            OutputError: a file cannot be shortened; all others were.
        """
        deleted, failed = 0, []
        with self._lock:
            self._close()
            for path in self._all():
                try:
                    if path.name.endswith(".part"):
                        path.unlink()
                    else:
                        deleted += self._delete_before(path, before, time_of, note)
                except OSError as error:
                    failed.append(f"{path} cannot be shortened: {_reason(error)}")
        if failed:
            raise OutputError("; ".join(failed))
        return deleted

    def _path_at(self, time: str | None) -> Path:
        if self._rotate == "never":
            return self._path
        date = time[:10] if time and _DATE.match(time) else "undated"
        return self._path.with_name(
            f"{self._path.stem}-{date if self._rotate == 'day' else date[:7]}{self._path.suffix}"
        )

    def _all(self) -> list[Path]:
        """Return the files of this output, also with another `rotate`, and scratch files that a kill left."""
        stem, suffix = re.escape(self._path.stem), re.escape(self._path.suffix)
        names = rf"{stem}(-undated|-\d{{4}}-\d\d(-\d\d)?)?{suffix}"
        ours = re.compile(rf"{names}|\.{names}\.\d+\.part", re.ASCII)
        folder = self._path.parent
        return sorted(path for path in folder.iterdir() if ours.fullmatch(path.name)) if folder.is_dir() else []

    def _open(self, path: Path) -> None:
        if self._open_path == path and self._is_there(path):
            return
        self._close()
        create_folder(path.parent)
        clean_folder(path.parent)
        self._file = open_private(path, os.O_RDWR | os.O_APPEND)
        if not stat.S_ISREG(os.fstat(self._file).st_mode):
            raise OSError(None, "it is not a regular file")
        self._open_path = path
        self._read_tail()
        sync_folder(path.parent)

    def _is_there(self, path: Path) -> bool:
        """Whether the open file is still at its path."""
        try:
            found = path.stat()
        except OSError:
            return False
        have = os.fstat(self._file)
        return (found.st_dev, found.st_ino) == (have.st_dev, have.st_ino)

    def _read_tail(self) -> None:
        """Remove an unfinished last line, and read the keys of the last events."""
        begin = max(0, os.fstat(self._file).st_size - _TAIL)
        self._known.clear()
        whole, first, ours = begin, "", False
        # Line by line: a long file needs no more memory than a new one.
        with open(self._file, "rb", closefd=False) as stream:
            stream.seek(begin)
            for content in stream:
                if not content.endswith(b"\n"):
                    os.ftruncate(self._file, whole)
                    break
                line = content.decode("utf-8", "replace").rstrip("\r\n")
                ours = ours or _OUR_LINE.match(content) is not None
                first = line if whole == begin else first
                whole += len(content)
                if key := self._key_of(line):
                    self._known[key] = None
        self._remember(())
        if whole == 0 and self._header:
            self._write(f"{self._header}\n")
        elif begin and whole == begin:
            self._write("\n")  # the last line may begin before the part that was read
        elif begin == 0 and self._header and first != self._header:
            self._repair_header(ours)

    def _repair_header(self, ours: bool) -> None:
        """Write the first line again if the file belongs to this output. Always raises OSError."""
        path = self._open_path
        if not ours or path is None:
            raise OSError(None, "it has other columns; move it away")
        with open(self._file, "rb", closefd=False) as stream, replacing(path, like=os.fstat(self._file)) as repaired:
            stream.seek(0)
            repaired.write(f"{self._header}\n".encode())
            first = stream.readline()
            repaired.write(first if _OUR_LINE.match(first) else b"")
            shutil.copyfileobj(stream, repaired)
        raise OSError(None, "its first line was damaged; it is written again")

    def _write(self, text: str) -> None:
        left = text.encode("utf-8")
        while left:
            left = left[os.write(self._file, left) :]
        if text:
            os.fsync(self._file)

    def _remember(self, keys: Iterable[str]) -> None:
        self._known.update(dict.fromkeys(keys))
        for key in list(islice(self._known, max(0, len(self._known) - _KNOWN))):
            del self._known[key]

    def _close(self) -> None:
        if self._file >= 0:
            os.close(self._file)
        self._file, self._open_path = -1, None

    def _delete_before(
        self, path: Path, before: str, time_of: Callable[[bytes], str | None], note: Callable[[str], None]
    ) -> int:
        header = self._header.encode("utf-8")
        with read_regular(path) as stream:
            status = os.fstat(stream.fileno())
            if not self._is_ours(stream):
                return 0
            ages = find_old_lines(stream, before, time_of, status.st_mtime, header)
            if ages.damaged_old or ages.damaged_kept != self._damaged.get(path, 0):
                self._damaged[path] = ages.damaged_kept
                note(f"{path}: {ages.damaged_old} damaged lines are deleted, {ages.damaged_kept} are not old enough")
            if not ages.old:
                return 0
            empty = True
            with replacing(path, like=status) as kept:
                stream.seek(0)
                if header and stream.readline(len(header) + 2).rstrip(b"\r\n") != header:
                    kept.write(header + b"\n")
                copy_ranges(stream, kept, ages.kept)
                empty = kept.tell() <= len(header) + 1
        if empty and path != self._path:
            path.unlink()
        sync_folder(path.parent)
        return ages.old

    def _is_ours(self, stream: BinaryIO) -> bool:
        """Whether a file with a header belongs to this output, also with a damaged header; rewinds the stream."""
        first = stream.readline(LONGEST_LINE).decode("utf-8", "replace").rstrip("\r\n")
        columns, found = self._header.split(","), first.split(",")
        ours = not self._header or 2 * len(set(columns).intersection(found)) > len(columns)
        while not ours and (lines := stream.readlines(LONGEST_LINE)):
            ours = any(_OUR_LINE.match(line) for line in lines)
        stream.seek(0)
        return ours


def _reason(error: OSError) -> str:
    if error.errno == errno.ELOOP:
        return "it is a symbolic link; give the path of its target"
    return error.strerror or str(error)
