"""A histogram of the confidences of plates, as a picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PIL import Image, ImageDraw

from plate_devices.imaging.letters import caption_size, write_caption

if TYPE_CHECKING:
    from collections.abc import Sequence

_WIDTH, _HEIGHT, _LEFT, _TOP, _BOTTOM = 720, 420, 92, 56, 60
_LETTER = 13
_PAPER, _INK, _GRID, _BAR = (250, 250, 248), (60, 60, 64), (222, 222, 218), (108, 150, 196)


def confidence_histogram(counts: Sequence[int]) -> Image.Image:
    """Return an RGB picture of bars, one a bin of equal width from 0 to 1; the heights are linear."""
    picture = Image.new("RGB", (_WIDTH, _HEIGHT), _PAPER)
    pen = ImageDraw.Draw(picture)
    base, high, wide = _HEIGHT - _BOTTOM, _HEIGHT - _BOTTOM - _TOP, _WIDTH - _LEFT - 24
    most = max(1, *counts)
    _caption(picture, f"{sum(counts)} PLATES BY CONFIDENCE", _WIDTH // 2, 20)
    for part in (0, most // 2, most):
        y = base - round(high * part / most)
        pen.line((_LEFT, y, _LEFT + wide, y), fill=_GRID)
        _caption(picture, str(part), _LEFT // 2, y - _LETTER // 2, _LEFT - 12)
    for number, count in enumerate(counts):
        left, right = (_LEFT + round(wide * edge / len(counts)) for edge in (number, number + 1))
        if count:
            pen.rectangle((left + 2, base - max(1, round(high * count / most)), right - 2, base), fill=_BAR)
    pen.line((_LEFT, base, _LEFT + wide, base), fill=_INK)
    for tenth in range(0, 11, 2):
        _caption(picture, f"{10 * tenth}%", _LEFT + round(wide * tenth / 10), base + 10)
    _caption(picture, "CONFIDENCE", _LEFT + wide // 2, base + 34)
    return picture


def _caption(picture: Image.Image, text: str, middle: int, top: int, room: int = _WIDTH - 40) -> None:
    wide, _ = caption_size(text, (room, _LETTER))
    write_caption(picture, text, (middle - wide // 2, top), (room, _LETTER), _INK)
