"""The orientation of a picture in EXIF or XMP. Pillow is not used for it, because it would parse all other tags."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL import Image

MOST_VALUES = 1_000_000
"""Bytes of all values of a directory; Pillow copies each, and several may be at the same place."""

_ORIENTATION, _SHORT = 0x0112, 3
_SIZES = (1, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8)  # of a value, by its TIFF type
_XMP = r'tiff:Orientation(?:="|>)([1-8])'


def orientation_of(image: Image.Image) -> int:
    """Return the EXIF orientation of an opened picture, 1 to 8; that of XMP if there is none.

    Pillow itself rotates a TIFF while it is decoded.
    """
    if getattr(image, "format", None) == "TIFF":
        return 1
    for tag, kind, _, value in entries(_exif_of(image)):
        if tag == _ORIENTATION and kind == _SHORT:
            return value if 1 <= value <= 8 else 1
    for key in ("xmp", "XML:com.adobe.xmp"):
        text = image.info.get(key)
        text = text.decode("latin-1") if isinstance(text, bytes) else text
        if isinstance(text, str) and (found := re.search(_XMP, text)):
            return int(found[1])
    return 1


def values_size(exif: bytes) -> int:
    """Return how many bytes the values of the first directory have together."""
    return sum(min(len(exif), count * _SIZES[kind if kind < len(_SIZES) else 0]) for _, kind, count, _ in entries(exif))


def entries(exif: bytes) -> Iterator[tuple[int, int, int, int]]:
    """Yield the entries of the first directory: tag, type, count, and the value read as a SHORT."""
    content = exif.removeprefix(b"Exif\0\0")
    order = {b"II": "<", b"MM": ">"}.get(content[:2])
    if order is None or len(content) < 10:
        return
    (start,) = struct.unpack(f"{order}I", content[4:8])
    (count,) = struct.unpack(f"{order}H", content[start : start + 2].ljust(2, b"\0"))
    for at in range(start + 2, start + 2 + 12 * count, 12):
        entry = content[at : at + 12]
        if len(entry) < 12:
            return
        tag, kind, length, value = struct.unpack(f"{order}HHIH2x", entry)
        yield tag, kind, length, value


def _exif_of(image: Image.Image) -> bytes:
    exif = image.info.get("exif", b"")
    text = image.info.get("Raw profile type exif")  # ImageMagick's way of putting it into a PNG: three lines, then hex
    if not exif and isinstance(text, str):
        try:
            return bytes.fromhex("".join(text.split("\n")[3:]))
        except ValueError:
            return b""
    return exif if isinstance(exif, bytes) else b""
