"""Lines at the end of a file: whole, on the disk when they count, and none of them twice."""

from __future__ import annotations

import glob
import os
import stat
import threading
from itertools import groupby, islice
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple

from plate_devices.outputs.base import OutputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

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
                raise OutputError(f"{self._path} cannot be written: {error.strerror or error}") from error

    def check(self) -> None:
        """Raise OutputError where the file could not be made."""
        with self._lock:
            try:
                self._path.parent.mkdir(parents=True, exist_ok=True)
                if self._rotate == "never":
                    self._open(self._path)
            except OSError as error:
                raise OutputError(f"{self._path} cannot be made: {error.strerror or error}") from error

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._close()

    def forget(self, before: str, time_of: Callable[[str], str | None]) -> int:
        """Delete lines of events before a UTC time, as records write it; return how many. Raises OutputError."""
        with self._lock:
            self._close()
            try:
                return sum(self._forget(path, before, time_of) for path in self._all())
            except OSError as error:
                raise OutputError(f"{self._path} cannot be shortened: {error.strerror or error}") from error

    def _path_at(self, time: str | None) -> Path:
        if self._rotate == "never":
            return self._path
        date = (time or "undated")[: 10 if self._rotate == "day" else 7]
        return self._path.with_name(f"{self._path.stem}-{date}{self._path.suffix}")

    def _all(self) -> list[Path]:
        if self._rotate == "never":
            return [self._path] if self._path.exists() else []
        return sorted(self._path.parent.glob(f"{glob.escape(self._path.stem)}-*{glob.escape(self._path.suffix)}"))

    def _open(self, path: Path) -> None:
        if self._open_path == path and self._is_there(path):
            return
        self._close()
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NONBLOCK, 0o640)
        if not stat.S_ISREG(os.fstat(self._file).st_mode):
            raise OSError(None, "it is no file")
        self._open_path = path
        self._read_tail()
        _sync_folder(path.parent)

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
        whole, first = begin, ""
        # Line by line: a file that has grown is opened again in no more memory than a new one.
        with open(self._file, "rb", closefd=False) as stream:
            stream.seek(begin)
            for content in stream:
                if not content.endswith(b"\n"):
                    os.ftruncate(self._file, whole)
                    break
                line = content.decode("utf-8", "replace").rstrip("\r\n")
                first = line if whole == begin else first
                whole += len(content)
                if key := self._key_of(line):
                    self._known[key] = None
        self._remember(())
        if whole == 0 and self._header:
            self._write(f"{self._header}\n")
        elif begin == 0 and self._header and first != self._header:
            raise OSError(None, "its columns are others; move it away")

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

    def _forget(self, path: Path, before: str, time_of: Callable[[str], str | None]) -> int:
        def is_old(line: str) -> bool:
            return line.rstrip("\n") != self._header and (time_of(line) or before) < before

        with path.open(encoding="utf-8") as stream:
            old = sum(map(is_old, stream))
            if not old:
                return 0
            stream.seek(0)
            scratch = path.with_name(f".{path.name}.{os.getpid()}.part")
            try:
                with scratch.open("w", encoding="utf-8") as kept:
                    kept.writelines(line for line in stream if not is_old(line))
                    kept.flush()
                    os.fsync(kept.fileno())
                    os.fchmod(kept.fileno(), stat.S_IMODE(os.fstat(stream.fileno()).st_mode))
                    empty = kept.tell() <= len(f"{self._header}\n".encode())
                scratch.replace(path)
            finally:
                scratch.unlink(missing_ok=True)
        if empty and self._rotate != "never":
            path.unlink()
        _sync_folder(path.parent)
        return old


def _sync_folder(folder: Path) -> None:
    """Make sure that a new file has its name also after a power failure."""
    opened = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
