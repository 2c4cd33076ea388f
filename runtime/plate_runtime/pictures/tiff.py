"""The cost of decoding a TIFF, which has many compressions, and strips or tiles of any size."""

from __future__ import annotations

from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from ..errors import InputError
from .cost import MAX_FILE, Cost, bytes_of

if TYPE_CHECKING:
    from PIL.TiffImagePlugin import TiffImageFile

_WIDTH, _HEIGHT, _BITS, _PHOTOMETRIC, _SAMPLES, _ROWS_PER_STRIP = 256, 257, 258, 262, 277, 278
_SUBFILE, _ORIENTATION, _DNG = 254, 274, 50706
_STRIPS, _STRIP_LENGTHS, _TILES, _TILE_LENGTHS, _TILE_WIDTH, _TILE_HEIGHT = 273, 279, 324, 325, 322, 323

PIECES = 65_536
"""Strips or tiles at most; each costs a start of its decoder."""

_SLACK = 1 << 25
# Bytes and pixels that the pieces may have more than the file and the picture: tiles may share data, and reach over
# the edge.

_COMPRESSIONS = frozenset({"raw", "packbits", "tiff_lzw", "tiff_adobe_deflate", "tiff_deflate", "jpeg", "tiff_ccitt",
                           "group3", "group4", "tiff_raw_16"})  # fmt: skip
# The decoders of libtiff with memory and time bounded by the decoded pixels.


@cache
def prepare() -> None:
    """Let Pillow read 64-bit floats, for which it has a decoder, and keep libtiff from printing errors of its own."""
    from PIL.TiffImagePlugin import II, OPEN_INFO

    OPEN_INFO.setdefault((II, 1, (3,), 1, (64,), ()), ("F", "F;64F"))
    # One damaged file makes libtiff print up to 65,535 lines. Pillow has no option against that, but the library has.
    with suppress(OSError, AttributeError):
        import ctypes

        maps = Path("/proc/self/maps").read_text("utf-8").splitlines()
        loaded = {line.split(maxsplit=5)[5] for line in maps if "/libtiff" in line}
        for path in loaded:
            ctypes.CDLL(path).TIFFSetErrorHandler(None)


def tiff_cost(image: TiffImageFile, stream: BinaryIO, size: int, name: str) -> Cost:
    """Return the memory of the decoder beside the pixels.

    Args:
        image: opened, not decoded.
        stream: the file. size: of the file in bytes.
        name: what errors call it.

    Raises:
        InputError: the compression is not read, or the file is camera raw, or made of too many pieces.
    """
    tags = image.tag_v2
    if _DNG in tags or _number(tags, _SUBFILE, 0) & 1:
        raise InputError(f"{name} is camera raw, or begins with a preview, which is not read; save it as JPEG or PNG")
    compression = str(image.info.get("compression", "raw"))
    if compression not in _COMPRESSIONS:
        raise InputError(f"{name} is a TIFF with {compression} compression, which is not read; save it with LZW")
    starts = _numbers(tags, _TILES) or _numbers(tags, _STRIPS)
    if len(starts) > PIECES:
        raise InputError(f"{name} is a TIFF of {len(starts)} pieces; more than {PIECES} are not read, save it again")
    buffer = image.width * image.height * bytes_of(image.mode)
    rotated = buffer if _number(tags, _ORIENTATION, 1) != 1 else 0  # Pillow rotates a copy
    if compression == "raw":
        return Cost(rotated)
    if size > MAX_FILE:
        raise InputError(f"{name} is larger than {MAX_FILE >> 20} MB; save it as JPEG or PNG")
    lengths = _numbers(tags, _TILE_LENGTHS) or _numbers(tags, _STRIP_LENGTHS)
    if len(lengths) != len(starts) or not all(lengths) or sum(lengths) > 2 * size + _SLACK:
        raise InputError(f"{name} is damaged: its TIFF does not say where its pieces end")
    if compression == "jpeg":
        _check_jpeg(stream, starts, lengths, name)
    pixels, pieces = _largest_piece(image)
    if pixels * pieces > 2 * image.width * image.height + _SLACK:
        raise InputError(f"{name} is a TIFF with tiles much larger than the picture; save it in strips")
    return Cost(max(rotated, size + pixels * _bytes_of_samples(tags)))


def _check_jpeg(stream: BinaryIO, starts: list[int], lengths: list[int], name: str) -> None:
    """Raise InputError where a strip or tile is a JPEG of more scans than it may have components."""
    for start, length in zip(starts, lengths, strict=True):
        stream.seek(start)
        piece = stream.read(length)
        if b"\xff\xc2" in piece or piece.count(b"\xff\xda") > 4:  # in JPEG data 0xFF is followed by 0
            raise InputError(f"{name} is a TIFF with progressive JPEG, which is not read; save it with LZW")


def _largest_piece(image: TiffImageFile) -> tuple[int, int]:
    """Return the pixels of a strip or tile, which libtiff decodes as a whole, and how many there are."""
    tags = image.tag_v2
    width, height = _number(tags, _WIDTH, image.width), _number(tags, _HEIGHT, image.height)
    if _TILES in tags:
        across, down = _number(tags, _TILE_WIDTH, 0), _number(tags, _TILE_HEIGHT, 0)
    else:
        across, down = width, min(_number(tags, _ROWS_PER_STRIP, height), height)
    return across * down, -(-width // max(1, across)) * -(-height // max(1, down))


def _bytes_of_samples(tags: Any) -> int:
    if _number(tags, _PHOTOMETRIC, 0) == 6:
        return 8  # YCbCr goes through RGBA
    bits = max(_numbers(tags, _BITS) or [1])
    return _number(tags, _SAMPLES, 1) * max(1, -(-bits // 8))


def _number(tags: Any, tag: int, default: int) -> int:
    numbers = _numbers(tags, tag)
    return numbers[0] if numbers else default


def _numbers(tags: Any, tag: int) -> list[int]:
    value = tags.get(tag)
    values = value if isinstance(value, tuple) else (value,)
    return [one for one in values if isinstance(one, int)]
