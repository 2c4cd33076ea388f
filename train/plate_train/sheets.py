"""Contact sheets: pictures in rows, each over its caption, on as many pages as they need."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from plate_runtime.files import delete_old_pages, page_files

from .atomic import replacing

SIDE = 1200
"""Pixels that a page measures at most in each direction."""
_MARGIN, _LINE, _LETTER = 6, 14, 11
_PAPER, _INK = 245, 20


def contact_sheets(
    pictures: NDArray[np.uint8],
    captions: Sequence[str],
    *,
    enlarged: int = 1,
    multiple: int = 1,
    side: tuple[int, int] = (SIDE, SIDE),
) -> list[Image.Image]:
    """Lay out uint8 (n, h, w), enlarged, each over its caption of one or more lines; returns gray pages.

    A cell is as wide as its picture or the widest caption, so that captions never overlap.

    Args:
        multiple: the number of columns is one of this number. side: width and height of a page at most.
    """
    if not len(pictures):
        return [note("nothing to show")]
    font = caption_font()
    captions = [drawable(caption, font) for caption in captions]
    count, (height, width) = len(pictures), (side * enlarged for side in pictures.shape[1:])
    widest = max(font.getlength(line) for caption in captions for line in caption.split("\n"))
    lines = max(caption.count("\n") + 1 for caption in captions)
    across, down = max(width, int(widest) + 1) + _MARGIN, height + _LINE * lines + 2 * _MARGIN
    columns = max(1, min((side[0] - _MARGIN) // across, count))
    columns = max(multiple, columns // multiple * multiple)
    rows = max(1, (side[1] - _MARGIN) // down)
    pages = []
    for first in range(0, count, columns * rows):
        shown = list(zip(pictures, captions, strict=True))[first : first + columns * rows]
        page = Image.new("L", (columns * across + _MARGIN, -(-len(shown) // columns) * down + _MARGIN), _PAPER)
        pen = ImageDraw.Draw(page)
        for place, (picture, caption) in enumerate(shown):
            left, top = _MARGIN + place % columns * across, _MARGIN + place // columns * down
            page.paste(Image.fromarray(picture).resize((width, height), Image.Resampling.NEAREST), (left, top))
            for number, line in enumerate(caption.split("\n")):
                pen.text((left, top + height + 1 + _LINE * number), line, fill=_INK, font=font)
        pages.append(page)
    return pages


def caption_font() -> Any:
    """Return DejaVu Sans of matplotlib, which has Cyrillic, Greek and Arabic, else Pillow's font, which is Latin."""
    try:
        from matplotlib import get_data_path
    except ImportError:
        return ImageFont.load_default(_LETTER)
    return ImageFont.truetype(str(Path(get_data_path()) / "fonts/ttf/DejaVuSans.ttf"), _LETTER)


def drawable(text: str, font: Any) -> str:
    """Return a text with the code point, such as U+4EAC, in place of each character that the font lacks."""
    absent = bytes(font.getmask("\U0010ffff"))
    return "".join(one if one.isascii() or bytes(font.getmask(one)) != absent else f"U+{ord(one):04X}" for one in text)


def tiled(tiles: Sequence[Image.Image]) -> list[Image.Image]:
    """Lay out RGB pictures of one size side by side; returns pages."""
    width, height = tiles[0].size
    columns, rows = max(1, SIDE // width), max(1, SIDE // height)
    pages = []
    for first in range(0, len(tiles), columns * rows):
        shown = tiles[first : first + columns * rows]
        across = min(columns, len(shown))
        page = Image.new("RGB", (across * width, -(-len(shown) // across) * height))
        for place, tile in enumerate(shown):
            page.paste(tile, (place % across * width, place // across * height))
        pages.append(page)
    return pages


def note(text: str) -> Image.Image:
    """Return a small page that says something."""
    page = Image.new("L", (240, 40), _PAPER)
    ImageDraw.Draw(page).text((10, 12), text, fill=_INK, font=ImageFont.load_default(_LETTER))
    return page


def store_picture(picture: Image.Image, path: Path) -> None:
    """Write a PNG so that the file appears complete or not at all."""
    with replacing(path) as unfinished:
        picture.save(unfinished, format="PNG")


def store_pages(pages: Sequence[Image.Image], path: Path) -> list[Path]:
    """Write one page as `path`, several as NAME-1.png, NAME-2.png, ...; returns the files."""
    paths = page_files(path, len(pages))
    for page, where in zip(pages, paths, strict=True):
        store_picture(page, where)
    delete_old_pages(path, len(pages))
    return paths
