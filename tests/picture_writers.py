"""Picture files that no library writes: odd, huge, or made to hurt. Each function returns the bytes of a file."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image

_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
_ADAM7 = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))


def chunk(kind: bytes, content: bytes) -> bytes:
    """One chunk of a PNG file."""
    return len(content).to_bytes(4, "big") + kind + content + zlib.crc32(kind + content).to_bytes(4, "big")


def png(
    pixels: NDArray[np.generic], colour: int, interlaced: bool = False, beside: bytes = b"", level: int = 1
) -> bytes:
    """A PNG of uint8 or uint16 (height, width[, channels]); `beside` are chunks between header and pixels."""
    height, width = pixels.shape[:2]
    deep = pixels.dtype.itemsize
    raw = pixels.reshape(height, width, _CHANNELS[colour]).astype(f">u{deep}")
    packer = zlib.compressobj(level)
    packed = []
    for left, top, across, down in _ADAM7 if interlaced else ((0, 0, 1, 1),):
        part = np.ascontiguousarray(raw[top::down, left::across])
        if part.size:
            lines = part.view(np.uint8).reshape(part.shape[0], -1)
            packed.append(packer.compress(np.hstack([np.zeros((len(lines), 1), np.uint8), lines]).tobytes()))
    packed.append(packer.flush())
    header = struct.pack(">IIBBBBB", width, height, 8 * deep, colour, 0, 0, interlaced)
    data = chunk(b"IDAT", b"".join(packed))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + beside + data + chunk(b"IEND", b"")


def tiff(tags: dict[int, int | Sequence[int] | bytes], content: bytes = b"", big: bool = False) -> bytes:
    """A TIFF of one directory: its tags (numbers as LONG, bytes as UNDEFINED), then `content`.

    A tag 273 or 324 counts from the start of `content`.
    """
    number = "Q" if big else "I"
    width = struct.calcsize(f"<{number}")
    head = b"II+\0\x08\0\0\0" + struct.pack("<Q", 16) if big else b"II*\0" + struct.pack("<I", 8)
    values = {tag: value if isinstance(value, bytes | Sequence) else [value] for tag, value in sorted(tags.items())}
    entry = 4 + 2 * width
    at = len(head) + (8 if big else 2) + entry * len(values) + width
    sizes = {tag: len(value) * (1 if isinstance(value, bytes) else 4) for tag, value in values.items()}
    start = at + sum(size for size in sizes.values() if size > width)
    entries, beside = b"", b""
    for tag, value in values.items():
        if isinstance(value, bytes):
            packed, kind = value, 7
        else:
            moved = [one + start for one in value] if tag in (273, 324) else list(value)
            packed, kind = np.array(moved, "<u4").tobytes(), 4
        if len(packed) > width:
            place = struct.pack(f"<{number}", at + len(beside))
            beside += packed
        else:
            place = packed.ljust(width, b"\0")
        entries += struct.pack(f"<HH{number}", tag, kind, len(value)) + place
    directory = struct.pack("<Q" if big else "<H", len(values)) + entries + bytes(width)
    return head + directory + beside + content


def gray_tiff(pixels: NDArray[np.generic], **more: int) -> bytes:
    """An uncompressed TIFF of one channel, of any dtype."""
    kind = {"u": 1, "i": 2, "f": 3}[pixels.dtype.kind]
    height, width = pixels.shape
    tags: dict[int, int | Sequence[int] | bytes] = {
        256: width, 257: height, 258: 8 * pixels.dtype.itemsize, 259: 1, 262: 1, 273: 0, 277: 1, 278: height,
        279: pixels.nbytes, 339: kind,
    }  # fmt: skip
    tags |= {int(tag[1:]): value for tag, value in more.items()}
    return tiff(tags, np.ascontiguousarray(pixels).tobytes())


def deflated_tiff(width: int, height: int, tile: tuple[int, int] | None, big: bool = False) -> bytes:
    """A gray TIFF of zeros, in one strip or in tiles, a thousandth of its pixels long."""
    if tile is None:
        packed = zlib.compress(bytes(width * height), 1)
        places = {273: 0, 278: height, 279: len(packed)}
        return tiff({256: width, 257: height, 258: 8, 259: 8, 262: 1, 277: 1, **places}, packed, big)
    count = -(-width // tile[0]) * -(-height // tile[1])
    packed = zlib.compress(bytes(tile[0] * tile[1]), 1)
    places = {322: tile[0], 323: tile[1], 324: [0] * count, 325: [len(packed)] * count}  # type: ignore[dict-item]
    return tiff({256: width, 257: height, 258: 8, 259: 8, 262: 1, 277: 1, **places}, packed, big)


def jpeg(width: int = 64, height: int = 48, **options: object) -> bytes:
    """A JPEG as Pillow writes it."""
    stream = io.BytesIO()
    Image.new("RGB", (width, height), (90, 120, 30)).save(stream, "JPEG", **options)  # type: ignore[arg-type]
    return stream.getvalue()


def scans(count: int, width: int = 64, height: int = 48) -> bytes:
    """A progressive JPEG whose first scan is there `count` times."""
    whole = jpeg(width, height, progressive=True)
    first = whole.index(b"\xff\xda")
    second = min(whole.index(mark, first + 2) for mark in (b"\xff\xda", b"\xff\xc4"))
    return whole[:first] + whole[first:second] * count + whole[second:]


def exif(count: int, size: int = 900_000) -> bytes:
    """EXIF of `count` values, all of them the same `size` bytes; upright, and turned by the last."""
    entries = b"".join(struct.pack("<HHII", tag, 7, size, 8) for tag in range(1, count + 1) if tag != 0x0112)
    entries += struct.pack("<HHIHH", 0x0112, 3, 1, 6, 0)
    directory = struct.pack("<H", len(entries) // 12) + entries + bytes(4)
    return b"II*\0" + struct.pack("<I", 8) + directory + bytes(size)


def with_exif(count: int) -> bytes:
    """A JPEG with such EXIF, as large as a segment can be."""
    content = (b"Exif\0\0" + exif(count, 64_000))[:65_000]
    return jpeg()[:2] + b"\xff\xe1" + (len(content) + 2).to_bytes(2, "big") + content + jpeg()[2:]


def segments(count: int, size: int = 4) -> bytes:
    """A JPEG with so many application segments."""
    whole = jpeg()
    return whole[:2] + (b"\xff\xe5" + (size + 2).to_bytes(2, "big") + bytes(size)) * count + whole[2:]


def with_marker(marker: int) -> bytes:
    """A baseline JPEG whose frame header says that it is of another process."""
    whole = jpeg()
    at = whole.index(b"\xff\xc0")
    return whole[: at + 1] + bytes([marker]) + whole[at + 2 :]


def bmp_rle(width: int, height: int, content: bytes) -> bytes:
    """A BMP with run lengths."""
    palette = bytes(range(256)) * 4
    header = struct.pack("<IiiHHIIiiII", 40, width, height, 1, 8, 1, len(content), 0, 0, 256, 0)
    offset = 14 + len(header) + len(palette)
    return b"BM" + struct.pack("<IHHI", offset + len(content), 0, 0, offset) + header + palette + content


def gif(width: int, height: int, before: bytes = b"") -> bytes:
    """A GIF of one colour; `before` stands before its picture."""
    stream = io.BytesIO()
    Image.new("P", (8, 8)).save(stream, "GIF")
    whole = stream.getvalue()
    frame = whole.index(b",")
    return whole[:6] + struct.pack("<HH", width, height) + whole[10:frame] + before + whole[frame:]
