"""Find the old lines of a file. Lines are bytes: they may be damaged."""

from __future__ import annotations

import re
import time
from array import array
from datetime import UTC, datetime
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from plate_devices.events.records import timestamp
from plate_devices.events.system_times import RELEASED
from plate_devices.unique_ids import UUID7

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import BinaryIO

LONGEST_LINE = 1 << 20
"""Bytes at the beginning of a line that are searched. The rest still belongs to the line."""

_DAY = 86400.0
_MOMENT = re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?Z", re.ASCII)
_ID = re.compile(UUID7.encode("ascii"))
_UNKNOWN = ""


class LineAges(NamedTuple):
    """Which lines of a file are old.

    Attributes:
        kept: offsets of the ranges to keep in bytes: begin, end, begin, end, ...
        old: how many lines are old.
        damaged_old, damaged_kept: how many of the old lines, and of the others, are damaged.
    """

    kept: array[int]
    old: int
    damaged_old: int
    damaged_kept: int


def find_old_lines(
    stream: BinaryIO, before: str, time_of: Callable[[bytes], str | None], modified: float, header: bytes = b""
) -> LineAges:
    """Find the old lines of a file, in the memory of one line.

    A damaged line has the latest time that can be found in it, else the time in its id. A line without a plausible time
    counts as old as the readable line before it. At the beginning of a file it counts as old as the next readable line.
    Without any readable line, all are as old as the file.

    Args:
        stream: of the file, at its beginning.
        before: a UTC time, written as in records; earlier lines are old.
        time_of: returns the time of a line, None if it is damaged.
        modified: when the file was last written, in seconds since 1970.
        header: lines equal to it, without their end, are kept and not counted.
    """
    latest = latest_moment()
    found = _Decided(before)
    last = _UNKNOWN
    undated: _Lines | None = None  # lines without a time at the beginning, as one range
    for begin, end, line in _lines(stream):
        if header and line.rstrip(b"\r\n") == header:
            if undated is None:
                found.keep(begin, end)
            continue
        said = time_of(line)
        one = _Lines(begin, end, 1, said is None)
        moment = _plausible(said, latest) or _time_in(line, latest)
        if not moment and last == _UNKNOWN:
            undated = one if undated is None else undated.with_next(one)
            continue
        last = moment or last
        if undated is not None:
            found.decide(undated, last)
            undated = None
        found.decide(one, last)
    if undated is not None:
        found.decide(undated, format_time(modified))
    return LineAges(found.kept, found.old, found.damaged_old, found.damaged_kept)


class _Lines(NamedTuple):
    """A range of lines: where it begins and ends in bytes, the number of lines, and how many are damaged."""

    begin: int
    end: int
    number: int
    damaged: int

    def with_next(self, lines: _Lines) -> _Lines:
        """Return the range that ends with `lines`."""
        return _Lines(self.begin, lines.end, self.number + lines.number, self.damaged + lines.damaged)


class _Decided:
    """Lines that were found to be old, or not; attributes as in `LineAges`."""

    def __init__(self, before: str) -> None:
        self._before = before
        self.kept = array("Q")
        self.old = self.damaged_old = self.damaged_kept = 0

    def decide(self, lines: _Lines, moment: str) -> None:
        if moment < self._before:
            self.old += lines.number
            self.damaged_old += lines.damaged
        else:
            self.keep(lines.begin, lines.end)
            self.damaged_kept += lines.damaged

    def keep(self, begin: int, end: int) -> None:
        if self.kept and self.kept[-1] == begin:
            self.kept[-1] = end
        else:
            self.kept.extend((begin, end))


def latest_moment() -> str:
    """Return the latest plausible UTC time: one day from now."""
    return format_time(max(time.time(), RELEASED) + _DAY)


def time_in(line: bytes) -> str:
    """Return the latest plausible time in a line, else the time in its id, else ""."""
    return _time_in(line, latest_moment())


def copy_ranges(source: BinaryIO, target: BinaryIO, ranges: array[int]) -> None:
    """Copy ranges of a file; they are given as in `LineAges.kept`."""
    for begin, end in list(pairwise(ranges))[::2]:
        source.seek(begin)
        left = end - begin
        while left and (content := source.read(min(left, LONGEST_LINE))):
            target.write(content)
            left -= len(content)


def _lines(stream: BinaryIO) -> Iterator[tuple[int, int, bytes]]:
    """Yield begin, end and the first bytes of each line."""
    end = stream.tell()
    while line := stream.readline(LONGEST_LINE):
        begin, end = end, end + len(line)
        part = line
        while not part.endswith(b"\n") and (part := stream.readline(LONGEST_LINE)):
            end += len(part)
        yield begin, end, line


def _plausible(moment: str | None, latest: str) -> str:
    fits = moment is not None and _MOMENT.fullmatch(moment.encode("utf-8", "replace")) and moment <= latest
    return moment if moment is not None and fits else _UNKNOWN


def _time_in(line: bytes, latest: str) -> str:
    """Return the latest plausible time in a line, else the time in the first id, else ""."""
    moments = [found for one in _MOMENT.findall(line) if (found := _plausible(one.decode("ascii"), latest))]
    if moments:
        return max(moments)
    id_ = _ID.search(line)
    if id_ is None:
        return _UNKNOWN
    return _plausible(format_time(int(id_[0].replace(b"-", b"")[:12], 16) / 1000), latest)


def format_time(seconds: float) -> str:
    """Return a time in seconds since 1970 as records write it, "" if it is out of range."""
    try:
        return timestamp(datetime.fromtimestamp(seconds, UTC)) or _UNKNOWN
    except (ValueError, OverflowError, OSError):
        return _UNKNOWN
