"""Films of numbered pictures, as cameras and recorders write them, and as nobody should."""

from __future__ import annotations

import os
import struct
from collections.abc import Iterable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
from streams.pictures import draw, number_of

from plate_devices.sources.video import VideoFile
from plate_runtime.errors import InputError

RATE = 10


def write_film(
    path: Path,
    stamps: Sequence[float] | int = 20,
    codec: str = "libx264",
    container: str | None = None,
    options: dict[str, str] | None = None,
    codec_options: dict[str, str] | None = None,
    size: tuple[int, int] = (160, 96),
    metadata: dict[str, str] | None = None,
) -> Path:
    """Write pictures 0, 1, ... at these seconds, or so many at 10 a second.

    SVT-AV1 gives the calling thread real-time priority if it may; this is undone, or tests would starve the machine.
    """
    scheduling = os.sched_getscheduler(0), os.sched_getparam(0)
    if isinstance(stamps, int):
        stamps = [number / RATE for number in range(stamps)]
    with av.open(str(path), "w", format=container, options=options or {}) as film:
        film.metadata.update(metadata or {})
        stream = film.add_stream(codec, rate=RATE, options=codec_options or {})
        stream.width, stream.height = size
        stream.pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
        clock = Fraction(1, RATE if all(abs(s * RATE - round(s * RATE)) < 1e-6 for s in stamps) else 1000)
        stream.codec_context.time_base = clock
        for number, seconds in enumerate(stamps):
            frame = av.VideoFrame.from_image(draw(number).resize(size))
            frame.pts, frame.time_base = round(seconds / clock), clock
            film.mux(stream.encode(frame))
        film.mux(stream.encode())
    os.sched_setscheduler(0, *scheduling)
    return path


def boxes(data: bytes, path: Sequence[bytes]) -> list[int]:
    """Where the boxes of a path such as moov, trak, mdia stand in a film of the MP4 family, the outermost first."""
    found, begin, end = [], 0, len(data)
    for name in path:
        while begin < end:
            size, kind = struct.unpack(">I4s", data[begin : begin + 8])
            if kind == name:
                break
            begin += size
        else:
            raise LookupError(name)
        found.append(begin)
        begin, end = begin + 8, begin + size
    return found


DREF = (b"moov", b"trak", b"mdia", b"minf", b"dinf", b"dref")
TABLE = (b"moov", b"trak", b"mdia", b"minf", b"stbl")


def replace_box(data: bytes, path: Sequence[bytes], content: bytes) -> bytes:
    """Put other content into a box that stands behind the pictures, and let those around it fit."""
    places = boxes(data, path)
    start = places[-1]
    (size,) = struct.unpack(">I", data[start : start + 4])
    changed = bytearray(data[: start + 8] + content + data[start + size :])
    for place in places:
        (old,) = struct.unpack(">I", data[place : place + 4])
        changed[place : place + 4] = struct.pack(">I", old + len(content) + 8 - size)
    return bytes(changed)


def trim(path: Path, first: int, count: int) -> None:
    """Let an edit list show `count` pictures from `first` on, as editors do that do not encode again."""
    data = path.read_bytes()
    (timescale,) = struct.unpack_from(">I", data, boxes(data, (b"moov", b"trak", b"mdia", b"mdhd"))[-1] + 20)
    (movie,) = struct.unpack_from(">I", data, boxes(data, (b"moov", b"mvhd"))[-1] + 20)
    edits = (b"moov", b"trak", b"edts", b"elst")
    (begin,) = struct.unpack_from(">i", data, boxes(data, edits)[-1] + 20)
    content = struct.pack(">IIiiI", 0, 1, count * movie // RATE, begin + first * timescale // RATE, 1 << 16)
    path.write_bytes(replace_box(data, edits, content))


def turn(path: Path) -> None:
    """Let a film say that it is shown a quarter turned clockwise, as phones do."""
    data = bytearray(path.read_bytes())
    place = boxes(bytes(data), (b"moov", b"trak", b"tkhd"))[-1] + 8 + 40
    struct.pack_into(">9i", data, place, 0, 1 << 16, 0, -(1 << 16), 0, 0, 0, 0, 1 << 30)
    path.write_bytes(data)


def refer(path: Path, kind: bytes, elsewhere: str) -> None:
    """Let a film say that its pictures lie in another file."""
    if kind == b"url ":
        entry = struct.pack(">I", 0) + elsewhere.encode() + b"\0"
    else:  # a Macintosh alias: a fixed part, then strings by kind; 2 is the path, 18 the path in Unix' words
        name = Path(elsewhere).name.encode()[:63]
        alias = bytearray(150)
        struct.pack_into(">4sHH", alias, 0, b"\0\0\0\0", 200, 2)
        alias[10:37] = bytes([4]) + b"disk".ljust(26, b"\0")
        alias[50 : 50 + 64] = (bytes([len(name)]) + name).ljust(64, b"\0")
        struct.pack_into(">hh", alias, 130, 1, 1)
        where = elsewhere.encode()
        for number in (2, 18):
            alias += struct.pack(">HH", number, len(where)) + where + b"\0" * (len(where) % 2)
        entry = struct.pack(">I", 0) + bytes(alias) + struct.pack(">HH", 0xFFFF, 0)
    content = struct.pack(">II", 0, 1) + struct.pack(">I4s", len(entry) + 8, kind) + entry
    path.write_bytes(replace_box(path.read_bytes(), DREF, content))


def stamps_of(frames: Iterable[Any]) -> list[float]:
    """Seconds of frames, to the millisecond."""
    return [round(frame.seconds, 3) for frame in frames]


def read_film(path: Path, fps: float | None = None) -> list[Any]:
    """Return the frames of a film as the product reads them."""
    source = VideoFile(str(path), fps)
    try:
        return list(source.frames())
    finally:
        source.close()


def read_until_error(path: Path) -> tuple[list[int], str]:
    """Return the numbers of the pictures that come, and the error that follows."""
    source, numbers = VideoFile(str(path)), list[int]()
    try:
        for frame in source.frames():
            numbers.append(number_of(frame.rgb))
    except InputError as error:
        return numbers, str(error)
    finally:
        source.close()
    raise AssertionError("no error follows")
