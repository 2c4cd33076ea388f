"""A contact sheet of failures: what went wrong is seen faster than read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PIL import Image, ImageDraw

from plate_devices.lettering import write_caption
from plate_runtime.image import open_picture

if TYPE_CHECKING:
    from collections.abc import Sequence

    from plate_devices.scoring import Reading

MOST = 400
"""Failures on one sheet; more would make a picture that few programs open."""

_CELL_WIDTH, _PICTURE_HEIGHT, _LINE, _MARGIN = 220, 96, 22, 8
_PAPER, _LABEL, _READING, _EDGE = (250, 250, 248), (20, 90, 40), (180, 24, 24), (205, 205, 200)
_LETTER = 15


def contact_sheet(failures: Sequence[Reading]) -> Image.Image:
    """Draw the first `MOST` failures, an RGB picture: each crop, below it its label (green) and the reading (red).

    Raises:
        InputError: a picture has become unreadable meanwhile.
    """
    shown = failures[:MOST]
    columns = min(6, max(1, len(shown)))
    rows = max(1, -(-len(shown) // columns))
    height = _PICTURE_HEIGHT + 2 * _LINE + 2 * _MARGIN
    sheet = Image.new("RGB", (columns * _CELL_WIDTH, rows * height), _PAPER)
    for number, failure in enumerate(shown):
        _draw_cell(sheet, failure, number % columns * _CELL_WIDTH, number // columns * height)
    return sheet


def _draw_cell(sheet: Image.Image, failure: Reading, left: int, top: int) -> None:
    room = _CELL_WIDTH - 2 * _MARGIN
    picture = Image.fromarray(open_picture(failure.picture.path).rgb)
    scale = min(room / picture.width, _PICTURE_HEIGHT / picture.height)
    size = max(1, round(picture.width * scale)), max(1, round(picture.height * scale))
    picture = picture.resize(size, Image.Resampling.BICUBIC)
    sheet.paste(picture, (left + (_CELL_WIDTH - size[0]) // 2, top + _MARGIN + (_PICTURE_HEIGHT - size[1]) // 2))
    below = top + _MARGIN + _PICTURE_HEIGHT
    write_caption(sheet, failure.picture.text, (left + _MARGIN, below + 5), (room, _LETTER), _LABEL)
    reading = f"{failure.text or '-'} {failure.confidence:.0%}"
    write_caption(sheet, reading, (left + _MARGIN, below + _LINE + 5), (room, _LETTER), _READING)
    outline = (left, top, left + _CELL_WIDTH - 1, top + _PICTURE_HEIGHT + 2 * _LINE + 2 * _MARGIN - 1)
    ImageDraw.Draw(sheet).rectangle(outline, outline=_EDGE)
