"""Pictures that are saved: whole ones with what was read drawn in, and crops of plates."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from plate_runtime.errors import DeviceError

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy as np
    from numpy.typing import NDArray
    from PIL import Image

    from plate_runtime.reader import Plate

_FRAME, _PAPER = (255, 64, 32), (16, 16, 16)
_QUALITY = 92


class PictureFolder:
    """A folder that pictures are saved in, each whole or not at all."""

    def __init__(self, folder: Path) -> None:
        """Make the folder. Raises DeviceError where that fails."""
        self.folder = folder
        self._used: set[str] = set()
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise DeviceError(f"{folder} cannot be made: {error.strerror or error}") from error

    def save(self, picture: Image.Image, name: str) -> Path:
        """Save a picture as JPEG under a name not used in this run yet, and return its path.

        Raises:
            DeviceError: the disk is full, or the folder may not be written.
        """
        path = self.folder / self._free(name)
        scratch = path.with_name(f".{path.name}.{os.getpid()}.part")
        try:
            try:
                with scratch.open("wb") as stream:
                    picture.save(stream, "JPEG", quality=_QUALITY, subsampling=0)
                scratch.replace(path)
            finally:
                scratch.unlink(missing_ok=True)
        except OSError as error:
            raise DeviceError(f"{path} cannot be saved: {error.strerror or error}") from error
        return path

    def _free(self, name: str) -> str:
        stem = re.sub(r"[^\w.-]+", "_", name).strip("_.") or "picture"
        chosen, number = stem, 1
        while chosen in self._used:
            number += 1
            chosen = f"{stem}-{number}"
        self._used.add(chosen)
        return f"{chosen}.jpg"


def picture_name(source: str, frame: int, numbered: bool) -> str:
    """Return what to call a picture of this source, without suffix; `numbered` adds which frame it was."""
    stem = Path(source).stem if source != "-" else "stdin"
    return f"{stem}-{frame:06d}" if numbered else stem


def annotate(rgb: NDArray[np.uint8], plates: Iterable[Plate]) -> Image.Image:
    """Draw each plate's outline and reading into a copy of the picture, uint8 (height, width, 3) RGB."""
    from PIL import Image, ImageDraw

    picture = Image.fromarray(rgb)
    pen = ImageDraw.Draw(picture)
    for plate in plates:
        corners = [(float(x), float(y)) for x, y in plate.corners]
        pen.line([*corners, corners[0]], fill=_FRAME, width=max(1, round(picture.height / 240)))
        _draw_caption(picture, plate)
    return picture


def _draw_caption(picture: Image.Image, plate: Plate) -> None:
    """Write text and confidence above the plate, or below it where there is no room above."""
    from PIL import Image

    from plate_devices.lettering import draw_text, text_width

    caption = f"{plate.text} {plate.confidence:.0%}"
    x, y, _, down = plate.box
    letter = min(28.0, max(9.0, down * 0.35))
    stroke, gap = letter * 0.13, letter * 0.2
    width = text_width(caption, letter, stroke, gap)
    # A small crop has no room for large letters.
    scale = min(1.0, picture.width / (width + letter))
    letter, stroke, gap, width = letter * scale, stroke * scale, gap * scale, width * scale
    pad = letter * 0.35
    label = Image.new("RGB", (max(1, round(width + 2 * pad)), max(1, round(letter + 2 * pad))), _PAPER)
    draw_text(label, caption, pad, pad, letter, stroke, (255, 255, 255), gap)
    top = y - label.height if y >= label.height else min(y + down, picture.height - label.height)
    picture.paste(label, (max(0, min(x, picture.width - label.width)), max(0, top)))
