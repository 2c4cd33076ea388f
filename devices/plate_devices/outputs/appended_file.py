"""Lines at the end of a file: whole, on the disk when they count, and none of them twice."""

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

from plate_devices.events.records import UUID7
from plate_devices.outputs.line_ages import LONGEST_LINE, copy_ranges, look_at_ages
from plate_devices.outputs.output import OutputError
from plate_devices.private_files import clean_folder, make_folder, open_private, read_regular, replacing, sync_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from typing import BinaryIO

_DATE = re.compile(r"\d{4}-\d\d-\d\dT", re.ASCII)
_OUR_LINE = re.compile(rf"\W{{0,4}}{UUID7}\W".encode("ascii"))

Rotation = Literal["never", "day", "month"]

_TAIL = 4 << 20
"""Bytes at the end of a file in which events are looked for that come again; a batch is smaller."""

_KNOWN = 10_000
"""Events that are known to stand in the file; more than what memory holds while the disk takes nothing."""


class Line(NamedTuple):
    """A line without its end, the key of its event, and the UTC time of that, if it has one."""

    key: str
    time: str | None
    text: str


class AppendedFile:
    """A file, or one for each day or month; may be moved away or cut off by others meanwhile."""

    def __init__(self, path: Path, rotate: Rotation, key_of: Callable[[str], str | None], header: str = "") -> None:
        """Take a path; of rotated files the date comes before the suffix: `plates-2026-11-22.csv`.

        Args:
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
        """Write lines that are not there yet. Raises OutputError, and what was begun is taken back at the next try."""
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
        """Raise OutputError where the file could not be made."""
        with self._lock:
            try:
                make_folder(self._path.parent)
                if self._rotate == "never":
                    self._open(self._path)
            except OSError as error:
                self._close()
                raise OutputError(f"{self._path} cannot be made: {_reason(error)}") from error

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._close()

    def forget(
        self, before: str, time_of: Callable[[bytes], str | None], note: Callable[[str], None] = lambda _: None
    ) -> int:
        """Delete lines of events before a UTC time, as records write it; return how many.

        Args:
            time_of: returns the time of a line, None for a damaged one; see `aging` for what happens to those.
            note: gets one sentence about damaged lines.

        Raises:
            OutputError: a file cannot be shortened; the others were.
        """
        deleted, failed = 0, []
        with self._lock:
            self._close()
            for path in self._all():
                try:
                    if path.name.endswith(".part"):
                        path.unlink()
                    else:
                        deleted += self._forget(path, before, time_of, note)
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
        """Return the files that this output has written, also with another `rotate`, or left at a kill long ago."""
        stem, suffix = re.escape(self._path.stem), re.escape(self._path.suffix)
        names = rf"{stem}(-undated|-\d{{4}}-\d\d(-\d\d)?)?{suffix}"
        ours = re.compile(rf"{names}|\.{names}\.\d+\.part", re.ASCII)
        folder = self._path.parent
        return sorted(path for path in folder.iterdir() if ours.fullmatch(path.name)) if folder.is_dir() else []

    def _open(self, path: Path) -> None:
        if self._open_path == path and self._is_there(path):
            return
        self._close()
        make_folder(path.parent)
        clean_folder(path.parent)
        self._file = open_private(path, os.O_RDWR | os.O_APPEND)
        if not stat.S_ISREG(os.fstat(self._file).st_mode):
            raise OSError(None, "it is no file")
        self._open_path = path
        self._read_tail()
        sync_folder(path.parent)

    def _is_there(self, path: Path) -> bool:
        """Whether the file was not moved away or replaced."""
        try:
            found = path.stat()
        except OSError:
            return False
        have = os.fstat(self._file)
        return (found.st_dev, found.st_ino) == (have.st_dev, have.st_ino)

    def _read_tail(self) -> None:
        """Cut off a line that was never finished, and learn which events the last lines are of."""
        begin = max(0, os.fstat(self._file).st_size - _TAIL)
        self._known.clear()
        whole, first, ours = begin, "", False
        # Line by line: a file that has grown is opened again in no more memory than a new one.
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
            self._write("\n")  # what ends a line may stand before the part that was looked at
        elif begin == 0 and self._header and first != self._header:
            self._mend_header(ours)

    def _mend_header(self, ours: bool) -> None:
        """Write the first line again where the file is this output's. Raises OSError in any case."""
        path = self._open_path
        if not ours or path is None:
            raise OSError(None, "its columns are others; move it away")
        with open(self._file, "rb", closefd=False) as stream, replacing(path, like=os.fstat(self._file)) as mended:
            stream.seek(0)
            mended.write(f"{self._header}\n".encode())
            first = stream.readline()
            mended.write(first if _OUR_LINE.match(first) else b"")
            shutil.copyfileobj(stream, mended)
        raise OSError(None, "its first line was damaged, and is written again")

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

    def _forget(
        self, path: Path, before: str, time_of: Callable[[bytes], str | None], note: Callable[[str], None]
    ) -> int:
        header = self._header.encode("utf-8")
        with read_regular(path) as stream:
            status = os.fstat(stream.fileno())
            if not self._is_ours(stream):
                return 0
            ages = look_at_ages(stream, before, time_of, status.st_mtime, header)
            if ages.damaged_old or ages.damaged_kept != self._damaged.get(path, 0):
                self._damaged[path] = ages.damaged_kept
                note(f"{path}: of its damaged lines {ages.damaged_old} are deleted, {ages.damaged_kept} not old enough")
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
        """Whether a file with a header is this output's, also where the header is damaged; goes to the beginning."""
        first = stream.readline(LONGEST_LINE).decode("utf-8", "replace").rstrip("\r\n")
        columns, found = self._header.split(","), first.split(",")
        ours = not self._header or 2 * len(set(columns).intersection(found)) > len(columns)
        while not ours and (lines := stream.readlines(LONGEST_LINE)):
            ours = any(_OUR_LINE.match(line) for line in lines)
        stream.seek(0)
        return ours


def _reason(error: OSError) -> str:
    if error.errno == errno.ELOOP:
        return "it is a symbolic link; give the path that it leads to"
    return error.strerror or str(error)
