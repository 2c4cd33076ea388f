"""Contact sheets: pictures of failures with label and reading."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from PIL import Image, ImageDraw

from plate_devices.imaging.letters import write_caption
from plate_runtime.files import delete_old_pages, page_files
from plate_runtime.pictures.open_picture import open_picture

if TYPE_CHECKING:
    from collections.abc import Sequence

    from plate_devices.scoring.crops import Reading
    from plate_devices.scoring.frames_report import Failure
    from plate_runtime.pictures.open_picture import PictureSource
    from plate_runtime.results import Corners

MOST = 400
"""Failures that are drawn, on pages of `_COLUMNS` times `_ROWS`, below 1,200 pixels in each direction."""
_COLUMNS, _ROWS = 5, 7

_CELL_WIDTH, _PICTURE_HEIGHT, _LINE, _MARGIN = 220, 96, 22, 8
_PAPER, _LABEL, _READING, _EDGE = (250, 250, 248), (20, 90, 40), (180, 24, 24), (205, 205, 200)
_LETTER = 15
_OUTLINE = (255, 64, 32)


class Tile(NamedTuple):
    """One failure: a picture, its label, the reading, and the corners of the plate in a frame."""

    picture: PictureSource
    label: str
    reading: str
    corners: Corners | None = None


def contact_sheets(failures: Sequence[Reading]) -> list[Image.Image]:
    """Draw the first `MOST` failures on RGB pages: each crop, below it its label (green) and the reading (red).

    Raises:
        InputError: a picture cannot be read any more.
    """
    shown = failures[:MOST]
    return draw_tiles(
        [Tile(one.picture.path, one.picture.text, f"{one.text or '-'} {one.confidence:.0%}") for one in shown]
    )


def frame_sheets(failures: Sequence[Failure]) -> list[Image.Image]:
    """Draw the first `MOST` failures of frames, each outlined, with the picture around it; see `contact_sheets`."""
    shown = failures[:MOST]
    return draw_tiles(
        [
            Tile(Path(one.image), f"{one.kind} {one.label}", f"{one.text or '-'} {one.confidence:.0%}", one.corners)
            for one in shown
        ]
    )


def draw_tiles(tiles: Sequence[Tile]) -> list[Image.Image]:
    """Draw tiles side by side on RGB pages, at least one."""
    size = _COLUMNS * _ROWS
    return [_draw_page(tiles[first : first + size]) for first in range(0, max(1, len(tiles)), size)]


def save_pages(pages: Sequence[Image.Image], file: Path) -> list[Path]:
    """Save one page as `file`, several as NAME-1.png, NAME-2.png, ...; return the files. Raises as `save_picture`.

    Pages of an earlier run, which has drawn more of them, are deleted.
    """
    from plate_devices.outputs.saved_pictures import save_picture

    files = page_files(file, len(pages))
    for page, path in zip(pages, files, strict=True):
        save_picture(page, path)
    delete_old_pages(file, len(pages))
    return files


def _draw_page(tiles: Sequence[Tile]) -> Image.Image:
    columns = min(_COLUMNS, max(1, len(tiles)))
    rows = max(1, -(-len(tiles) // columns))
    height = _PICTURE_HEIGHT + 2 * _LINE + 2 * _MARGIN
    sheet = Image.new("RGB", (columns * _CELL_WIDTH, rows * height), _PAPER)
    for number, tile in enumerate(tiles):
        _draw_cell(sheet, tile, number % columns * _CELL_WIDTH, number // columns * height)
    return sheet


def _draw_cell(sheet: Image.Image, tile: Tile, left: int, top: int) -> None:
    room = _CELL_WIDTH - 2 * _MARGIN
    picture = _cut_out(tile)
    scale = min(room / picture.width, _PICTURE_HEIGHT / picture.height)
    size = max(1, round(picture.width * scale)), max(1, round(picture.height * scale))
    picture = picture.resize(size, Image.Resampling.BICUBIC)
    sheet.paste(picture, (left + (_CELL_WIDTH - size[0]) // 2, top + _MARGIN + (_PICTURE_HEIGHT - size[1]) // 2))
    below = top + _MARGIN + _PICTURE_HEIGHT
    write_caption(sheet, tile.label, (left + _MARGIN, below + 5), (room, _LETTER), _LABEL)
    write_caption(sheet, tile.reading, (left + _MARGIN, below + _LINE + 5), (room, _LETTER), _READING)
    outline = (left, top, left + _CELL_WIDTH - 1, top + _PICTURE_HEIGHT + 2 * _LINE + 2 * _MARGIN - 1)
    ImageDraw.Draw(sheet).rectangle(outline, outline=_EDGE)


def _cut_out(tile: Tile) -> Image.Image:
    """Return the picture of a tile; for a frame, the outlined plate with a margin of half its size."""
    picture = Image.fromarray(open_picture(tile.picture).rgb)
    if tile.corners is None:
        return picture
    across, down = [x for x, _ in tile.corners], [y for _, y in tile.corners]
    around = max(max(across) - min(across), max(down) - min(down)) / 2
    left, top = max(0, int(min(across) - around)), max(0, int(min(down) - around))
    right, bottom = min(picture.width, int(max(across) + around)), min(picture.height, int(max(down) + around))
    if right <= left or bottom <= top:
        return picture
    corners = [(x - left, y - top) for x, y in tile.corners]
    picture = picture.crop((left, top, right, bottom))
    ImageDraw.Draw(picture).line([*corners, corners[0]], fill=_OUTLINE, width=max(1, round(picture.width / 150)))
    return picture
