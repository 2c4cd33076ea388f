"""Drawn pictures that say which they are: sixteen squares, black or white, spell their number."""

from __future__ import annotations

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from plate_devices.sources.source import Source

WIDTH, HEIGHT = 160, 96
_BITS = 16
_LEFT, _TOP, _SQUARE = 0, 40, 10


def draw(number: int) -> Image.Image:
    """Picture `number`, below 65,536."""
    picture = Image.new("RGB", (WIDTH, HEIGHT), (120, 130, 110))
    pen = ImageDraw.Draw(picture)
    for bit in range(_BITS):
        left = _LEFT + bit * _SQUARE
        fill = (250, 250, 250) if number >> bit & 1 else (5, 5, 5)
        pen.rectangle((left, _TOP, left + _SQUARE - 1, _TOP + 15), fill=fill)
    return picture


def jpeg(number: int, quality: int = 85) -> bytes:
    """Picture `number` as a JPEG with standard Huffman tables and 4:2:0 colour, as cheap cameras send it."""
    stream = io.BytesIO()
    draw(number).save(stream, "JPEG", quality=quality, subsampling="4:2:0")
    return stream.getvalue()


def number_of(rgb: NDArray[np.uint8]) -> int:
    """Which picture this is, after any compression."""
    row = rgb[_TOP + 4 : _TOP + 12].mean(axis=(0, 2))
    centres = _LEFT + np.arange(_BITS) * _SQUARE + _SQUARE // 2
    return int(sum(1 << bit for bit, x in enumerate(centres) if row[x - 2 : x + 2].mean() > 128))


def numbers_of(source: Source, count: int) -> list[int]:
    """Return the numbers of the first pictures of a live source, which is closed then; each has a time."""
    numbers = []
    try:
        for frame in source.frames():
            assert frame.time is not None
            numbers.append(number_of(frame.rgb))
            if len(numbers) == count:
                break
    finally:
        source.close()
    return numbers
