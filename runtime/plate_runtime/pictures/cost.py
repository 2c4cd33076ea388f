"""The cost of decoding a picture, computed from its headers before anything is decoded."""

from __future__ import annotations

import re
import struct
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

from ..errors import InputError
from .orientation import MOST_VALUES, values_size

if TYPE_CHECKING:
    from collections.abc import Iterator

    from PIL.ImageFile import ImageFile

MAX_SIDE = 65_535
"""Longest side in pixels."""

MEMORY = 356_000_000
"""Bytes that decoding may take at once: pixels in Pillow's form, decoder, file content and the RGB result."""

MAX_FILE = 128 * 1024 * 1024
"""Bytes of a file that is read into memory as a whole: JPEG, WebP, compressed TIFF."""

METADATA = 16 * 1024 * 1024
"""Bytes of headers, profiles and texts."""

_SCANS, _SCAN_PIXELS = 100, 600_000_000
# Each scan of a JPEG passes over all pixels, about 5 ns a pixel. Programs write 10 to 12 scans.

_CHUNKS, _INFLATED = 200_000, 8
# Chunks of a PNG; of them compressed texts and profiles, of which Pillow inflates 1 MB each.

_SLOW = frozenset({"ppm", "ppm_plain", "bmp_rle"})
_SLOW_PIXELS, _SLOW_BYTES, _RUN_BYTES, _SLOW_COMMENTS = 1_000_000, 12_000_000, 3_000_000, 64
# Pillow decodes these in Python, about 1 us a sample, and comments of plain PNM in quadratic time.


_WEBP_BYTES = 20
# A pixel: two canvases and the frame of the decoder, its copy for Pillow, and Pillow's image, RGBA each.


class Cost(NamedTuple):
    """Bytes beside Pillow's image and the RGB result: while decoding, and `kept` until the end; EXIF on the way."""

    decoder: int = 0
    kept: int = 0
    exif: bytes = b""


def check_shape(width: int, height: int, name: str, max_pixels: int) -> None:
    """Raise InputError where a picture is empty, too large or too long."""
    if width < 1 or height < 1:
        raise InputError(f"{name} has no pixels")
    if width * height > max_pixels:
        limit = max_pixels // 1_000_000
        raise InputError(f"{name} is {width}x{height} pixels; more than {limit} megapixels are not read, scale it down")
    if max(width, height) > MAX_SIDE:
        raise InputError(f"{name} is {width}x{height} pixels; sides of more than {MAX_SIDE} are not read, crop it")


def check_memory(image: ImageFile, cost: Cost, name: str) -> None:
    """Raise InputError where decoding an opened picture takes more than `MEMORY`."""
    needed = memory_of(image, cost)
    if needed > MEMORY:
        width, height = image.size
        raise InputError(
            f"{name} is {width}x{height} pixels in {image.mode} ({image.format}); decoding takes "
            f"{needed // 1_000_000} MB, more than the {MEMORY // 1_000_000} MB that are used, scale it down"
        )


def memory_of(image: ImageFile, cost: Cost) -> int:
    """Return the bytes that decoding takes at its peak."""
    pixels = image.width * image.height
    buffer = pixels * bytes_of(image.mode)
    return cost.kept + buffer + max(cost.decoder, 3 * pixels)


def bytes_of(mode: str) -> int:
    """Return the bytes of a pixel in Pillow's memory; it stores two and three channels as four."""
    if mode.startswith("I;16"):
        return 2
    return 1 if mode in ("1", "L", "P") else 4


class Jpeg(NamedTuple):
    """A JPEG's frame header: pixels, `coefficients` in bytes where the decoder has to keep all of them, else 0."""

    width: int
    height: int
    coefficients: int


_MARKER = re.compile(rb"\xff([^\xff])")  # the last byte of a run of 0xFF: a pattern with a run takes quadratic time
_END_OF_SCAN = re.compile(rb"\xff[\x01-\xcf\xd8-\xfe]")
_SCAN, _SEGMENTS, _JUNK = 0xDA, 4096, 65_536


def read_jpeg(content: bytes, name: str) -> Jpeg:
    """Walk over the markers of a JPEG file, and count its scans.

    Raises:
        InputError: it has no frame header, too many scans, or is of a kind that is not read.
    """
    scans, several, exif = 0, False, b""
    frame: tuple[int, int, int, list[bytes]] | None = None
    for marker, segment in _jpeg_segments(content, name):
        if marker == 0xE1 and segment.startswith(b"Exif\0\0"):
            exif += segment[6:] if exif else segment  # as Pillow puts them together
        elif 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            if frame is not None:
                raise InputError(f"{name} is damaged: it has two JPEG frames in one")
            frame = _read_frame(marker, segment, name)
        elif marker == _SCAN and frame is not None:
            scans += 1
            several = several or frame[0] == 2 or segment[:1] < bytes([len(frame[3])])
    if frame is None:
        raise InputError(f"{name} is damaged or truncated: it has no JPEG frame")
    if values_size(exif) > MOST_VALUES:
        raise InputError(f"{name} is damaged: its EXIF holds more than {MOST_VALUES // 1_000_000} MB")
    _, width, height, components = frame
    if scans > _SCANS or scans * width * height > _SCAN_PIXELS:
        raise InputError(
            f"{name} is {width}x{height} pixels in {scans} JPEG scans, which takes too long to decode; "
            "save it as a baseline JPEG"
        )
    return Jpeg(width, height, _coefficients(width, height, components) if several else 0)


def _jpeg_segments(content: bytes, name: str) -> Iterator[tuple[int, bytes]]:
    """Yield marker and content of each segment up to the end of the picture; the data of scans is skipped."""
    position, junk = 2, 0
    for _ in range(_SEGMENTS):
        found = _MARKER.search(content, position)
        if found is None or found[1] == b"\xd9":
            return
        junk += found.end() - position - 2
        if junk > _JUNK:
            raise InputError(f"{name} is damaged: {_JUNK >> 10} kB of its header are no JPEG")
        marker, position = found[1][0], found.end()
        if marker in (0x00, 0x01, 0xD8) or 0xD0 <= marker <= 0xD7:
            continue  # markers without content
        segment = content[position + 2 : position + int.from_bytes(content[position : position + 2], "big")]
        position += len(segment) + 2
        yield marker, segment
        if marker == _SCAN:
            end = _END_OF_SCAN.search(content, position)
            position = end.start() if end else len(content)
    raise InputError(f"{name} is damaged: it has more than {_SEGMENTS} JPEG segments")


def _read_frame(marker: int, segment: bytes, name: str) -> tuple[int, int, int, list[bytes]]:
    if marker > 0xC2:
        kind = "lossless" if marker in (0xC3, 0xC7, 0xCB, 0xCF) else "arithmetic or hierarchical"
        raise InputError(f"{name} is a JPEG with {kind} coding, which is not read; save it as a baseline JPEG")
    if len(segment) < 6:
        raise InputError(f"{name} is damaged or truncated: its JPEG frame is cut off")
    bits, height, width, count = struct.unpack(">BHHB", segment[:6])
    if bits != 8:
        raise InputError(f"{name} is a JPEG with {bits} bits a sample, which is not read; save it with 8 bits")
    return marker - 0xC0, width, height, [segment[at : at + 3] for at in range(6, 6 + 3 * count, 3)]


def _coefficients(width: int, height: int, components: list[bytes]) -> int:
    factors = [(max(1, part[1] >> 4), max(1, part[1] & 15)) for part in components if len(part) == 3]
    across, down = max((h for h, _ in factors), default=1), max((v for _, v in factors), default=1)
    blocks = sum(-(-width * h // (8 * across)) * -(-height * v // (8 * down)) for h, v in factors)
    return blocks * 64 * 2


def check_png(stream: BinaryIO, name: str) -> Cost:
    """Walk over the chunks of a PNG file; return its EXIF, and the memory of texts and profiles.

    Raises:
        InputError: there are too many, or too large ones.
    """
    beside = inflated = 0
    exif = b""
    position = stream.seek(8)
    for _ in range(_CHUNKS):
        head = stream.read(8)
        if len(head) < 8 or head[4:] == b"IEND":
            return Cost(kept=2 * beside + inflated * (4 << 20), exif=exif)
        length, kind = int.from_bytes(head[:4], "big"), head[4:]
        if kind not in (b"IDAT", b"fdAT"):
            beside += length
            inflated += kind in (b"zTXt", b"iTXt", b"iCCP")
        if beside > METADATA or inflated > _INFLATED:
            raise InputError(f"{name} is a PNG with too much text or too many profiles; save it without metadata")
        if kind == b"eXIf":
            exif = stream.read(length)
        position = stream.seek(position + 12 + length)
    raise InputError(f"{name} is a PNG of more than {_CHUNKS} chunks; save it again")


def read_webp(head: bytes, name: str) -> tuple[int, int]:
    """Return width and height of a WebP file, from its first 30 bytes. Raises InputError where there are none."""
    kind = head[12:16]
    if len(head) >= 30 and kind == b"VP8X":
        return 1 + int.from_bytes(head[24:27], "little"), 1 + int.from_bytes(head[27:30], "little")
    if len(head) >= 30 and kind == b"VP8 ":
        width, height = struct.unpack("<HH", head[26:30])
        return width & 0x3FFF, height & 0x3FFF
    if len(head) >= 25 and kind == b"VP8L":
        bits = int.from_bytes(head[21:25], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    raise InputError(f"{name} is damaged or truncated: it has no WebP frame")


def webp_cost(head: bytes, size: int, name: str, max_pixels: int) -> Cost:
    """Return the memory of the decoder of a WebP file; Pillow allocates its canvases before it reports their size."""
    width, height = read_webp(head, name)
    check_shape(width, height, name, max_pixels)
    cost = Cost(decoder=(_WEBP_BYTES - 4) * width * height, kept=size)
    # Before the canvases there are four copies of the file.
    needed = max(cost.decoder + cost.kept, 4 * size)
    if needed > MEMORY:
        raise InputError(
            f"{name} is a WebP of {width}x{height} pixels; decoding takes {needed // 1_000_000} MB, more than "
            f"the {MEMORY // 1_000_000} MB that are used, scale it down or save it as JPEG"
        )
    return cost


def check_slow(image: ImageFile, size: int, stream: BinaryIO, name: str) -> None:
    """Raise InputError where Pillow would decode in Python, and it is too much for that."""
    decoder = image.tile[0][0] if image.tile else ""
    if decoder not in _SLOW:
        return
    what = "a BMP with run lengths" if decoder == "bmp_rle" else "a PNM in plain text, or of an odd depth"
    most = _RUN_BYTES if decoder == "bmp_rle" else _SLOW_BYTES
    slow = image.width * image.height > _SLOW_PIXELS or size > most
    if not slow and decoder == "ppm_plain":
        stream.seek(0)
        slow = stream.read().count(b"#") > _SLOW_COMMENTS
    if slow:
        raise InputError(f"{name} is {what}, of which only small ones are read; save it as PNG")
