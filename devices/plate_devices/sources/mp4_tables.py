"""Checks the tables of MP4 files. A small damaged file can announce so many pictures that their index fills memory."""

from __future__ import annotations

import os
import re
import struct
from typing import TYPE_CHECKING

from plate_runtime.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

MOST_SAMPLES = 3_000_000
"""Most pictures and sound samples in one file: 27 hours of 30 pictures a second. FFmpeg keeps 60 bytes of each."""

LARGEST_TABLES = 128 * 1024 * 1024
"""Most bytes of one box without picture data."""

_DATA_BOXES = (b"mdat", b"free", b"skip", b"wide")
_COUNTS = re.compile(rb"stsz.{8}(.{4})|stz2.{8}(.{4})|trun.{4}(.{4})", re.DOTALL)
# Raw sound has a "sample" for each value. FFmpeg uses chunks instead if each sample lasts one tick.
_RAW_SOUND = re.compile(rb"stts\0{4}\0\0\0\x01.{4}\0\0\0\x01", re.DOTALL)


def check_mp4_tables(stream: BinaryIO, name: str) -> None:
    """Rewind the stream. Raises InputError where the index would be too large, OSError where it cannot be read."""
    samples = 0
    for kind, start, size in list(_boxes(stream)):
        if kind in _DATA_BOXES:
            continue
        if size > LARGEST_TABLES:
            raise InputError(f"{name} has a header of more than {LARGEST_TABLES >> 20} MB, more than any video needs")
        stream.seek(start)
        content = stream.read(size)
        if b"cmov" in content:
            raise InputError(f"{name} has a compressed header, which is not supported; convert it to MP4")
        samples += sum(_samples(track) for track in content.split(b"trak"))
        if samples > MOST_SAMPLES:
            raise InputError(f"{name} announces more than {MOST_SAMPLES:,} pictures; split it into shorter videos")
    stream.seek(0)


def _samples(track: bytes) -> int:
    tables = [next(filter(None, found.groups())) for found in _COUNTS.finditer(track)]
    if len(tables) == 1 and b"soun" in track and track.count(b"stts") == 1 and _RAW_SOUND.search(track):
        return 0
    return sum(struct.unpack(">I", count)[0] for count in tables)


def _boxes(stream: BinaryIO) -> Iterator[tuple[bytes, int, int]]:
    """Yield type, offset and size of the outermost boxes."""
    end = stream.seek(0, os.SEEK_END)
    at = 0
    while at + 8 <= end:
        stream.seek(at)
        size, kind = struct.unpack(">I4s", stream.read(8))
        if size == 1:
            (size,) = struct.unpack(">Q", stream.read(8).ljust(8, b"\0"))
        elif size == 0:
            size = end - at
        if size < 8:
            return
        yield kind, at, min(size, end - at)
        at += size
