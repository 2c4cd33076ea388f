"""Which lines of a file are old. Lines are bytes here: a damaged one is as welcome as any other."""

from __future__ import annotations

import re
import time
from array import array
from datetime import UTC, datetime
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from plate_devices.events.records import UUID7, timestamp
from plate_devices.events.system_times import RELEASED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import BinaryIO

LONGEST_LINE = 1 << 20
"""Bytes of a line that are looked at; what comes after them belongs to it all the same."""

_DAY = 86400.0
_MOMENT = re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?Z", re.ASCII)
_ID = re.compile(UUID7.encode("ascii"))
_UNKNOWN = ""


class Ages(NamedTuple):
    """What was found in a file.

    Attributes:
        kept: offsets of what is not old, begin and end by turns, in bytes.
        old: how many lines are old. damaged_old, damaged_kept: how many of the old and of the other ones are damaged.
    """

    kept: array[int]
    old: int
    damaged_old: int
    damaged_kept: int


def look_at_ages(
    stream: BinaryIO, before: str, time_of: Callable[[bytes], str | None], modified: float, header: bytes = b""
) -> Ages:
    """Go through the lines of a file, in no more memory than one line takes.

    A line has the time that it says; where it is damaged, the latest time that can still be found in it, else the time
    in its id. A line without any of these is taken to be as old as the readable line before it, at the beginning of a
    file as the one after it, and in a file without any readable line as the file. So is one from the future.

    Args:
        before: a UTC time as records write it; what is earlier is old.
        time_of: returns the time that a line says, None where it is damaged.
        modified: when the file was last written, in seconds since 1970.
        header: lines that are equal to it, without their end, are kept and not counted.
    """
    latest = latest_moment()
    kept = array("Q")
    last = _UNKNOWN
    old = damaged_old = damaged_kept = 0
    waiting: list[tuple[int, int]] = []  # lines at the beginning that nothing is known of, as one stretch
    waiting_count = waiting_damaged = 0

    def keep(begin: int, end: int) -> None:
        if kept and kept[-1] == begin:
            kept[-1] = end
        else:
            kept.extend((begin, end))

    def decide(begin: int, end: int, count: int, damaged: int, moment: str) -> None:
        nonlocal old, damaged_old, damaged_kept
        if moment < before:
            old += count
            damaged_old += damaged
        else:
            keep(begin, end)
            damaged_kept += damaged

    for begin, end, line in _lines(stream):
        if header and line.rstrip(b"\r\n") == header:
            if not waiting:
                keep(begin, end)
            continue
        said = time_of(line)
        moment = _plausible(said, latest) or _rescued(line, latest)
        if not moment and last == _UNKNOWN:
            waiting = [(waiting[0][0] if waiting else begin, end)]
            waiting_count += 1
            waiting_damaged += said is None
            continue
        last = moment or last
        if waiting:
            decide(*waiting.pop(), waiting_count, waiting_damaged, last)
        decide(begin, end, 1, said is None, last)
    if waiting:
        decide(*waiting.pop(), waiting_count, waiting_damaged, written(modified))
    return Ages(kept, old, damaged_old, damaged_kept)


def latest_moment() -> str:
    """Return the UTC time after which nothing can have happened yet: tomorrow."""
    return written(max(time.time(), RELEASED) + _DAY)


def age_of(line: bytes) -> str:
    """Return the latest time that stands in a line, else the one in its id, "" where there is none that can be true."""
    return _rescued(line, latest_moment())


def copy_ranges(source: BinaryIO, target: BinaryIO, ranges: array[int]) -> None:
    """Copy parts of a file, as `Ages.kept` names them."""
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


def _rescued(line: bytes, latest: str) -> str:
    """Return the latest time that stands in a line, else the one in the first id, else "" for unknown."""
    moments = [found for one in _MOMENT.findall(line) if (found := _plausible(one.decode("ascii"), latest))]
    if moments:
        return max(moments)
    id_ = _ID.search(line)
    if id_ is None:
        return _UNKNOWN
    return _plausible(written(int(id_[0].replace(b"-", b"")[:12], 16) / 1000), latest)


def written(seconds: float) -> str:
    """Return a time in seconds since 1970 as records write it, "" where there is no such time."""
    try:
        return timestamp(datetime.fromtimestamp(seconds, UTC)) or _UNKNOWN
    except (ValueError, OverflowError, OSError):
        return _UNKNOWN
