"""Save pictures: annotated frames, and crops of plates."""

from __future__ import annotations

import io
import os
import re
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from plate_devices.outputs.label_draft import FILE_NAME, append_label
from plate_devices.private_files import clean_folder, create_folder, read_regular, replacing
from plate_runtime.errors import DeviceError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime
    from typing import BinaryIO

    import numpy as np
    from numpy.typing import NDArray
    from PIL import Image

    from plate_devices.outputs.label_draft import DraftLabel
    from plate_runtime.results import Plate

_OUTLINE, _TEXT_COLOUR, _LABEL_COLOUR = (255, 64, 32), (255, 255, 255), (16, 16, 16)
_LETTER = 22
_READABLE_WIDTH = 320
_MOST_OF_JPEG = 65_500
"""Most pixels of a side."""

MARK = b"plate-edge"
"""Comment in every saved JPEG. Retention deletes only files with it, and files named by an id."""

_LOSSY: dict[str, Any] = {"quality": 92, "subsampling": 0, "comment": MARK}
_MASKED = b" masked"
"""End of the comment of a picture whose plates are masked where privacy does not allow to show them."""

_COMMENT_WITHIN = 128
"""Bytes from the beginning of a saved JPEG that hold its comment."""

_MOST_COUNTED = 1000


class PictureFolder:
    """A folder of saved pictures. Each is written whole or not at all, readable by its owner alone.

    The comment of each picture names the run. So a name that this run has used is recognised in the folder itself, and
    memory stays the same with a million pictures.
    """

    def __init__(self, folder: Path, masked: bool = False) -> None:
        """Make the folder. Raises DeviceError if that fails.

        Args:
            masked: the pictures are masked; see `is_masked`.
        """
        self.folder = folder
        self._comment = _comment(MARK + b" " + os.urandom(6).hex().encode() + (_MASKED if masked else b""))
        self._numbers: dict[str, int] = {}
        try:
            create_folder(folder)
        except OSError as error:
            raise DeviceError(f"{folder} cannot be made: {error.strerror or error}") from error
        clean_folder(folder)

    def save(
        self,
        picture: Image.Image,
        name: str,
        unique: bool = False,
        keep: bool = False,
        label: DraftLabel | None = None,
    ) -> Path:
        """Save a picture as JPEG under a name not used in this run yet, and return its path.

        Args:
            unique: the name is unique by itself, and is not looked for in the folder.
            keep: a picture of that name that is there already stays, and the new one gets a number.
            label: what was read; it is added to the folder's `label_draft`.

        Raises:
            DeviceError: the disk is full, or the folder is not writable.
        """
        return self.save_jpeg(as_jpeg(picture), name, unique, keep, label)

    def save_jpeg(
        self,
        content: bytes,
        name: str,
        unique: bool = False,
        keep: bool = False,
        label: DraftLabel | None = None,
    ) -> Path:
        """Save what `as_jpeg` returned; see `save`."""
        content = content.replace(_comment(MARK), self._comment, 1)
        path = self.folder / (f"{_stem(name)}.jpg" if unique else self._free(name))
        number = 1
        while keep and path.exists():
            number += 1
            path = self.folder / f"{_stem(name)}-{number}.jpg"
        _write(path, lambda stream: stream.write(content))
        if label is not None:
            try:
                append_label(self.folder, path.name, label)
            except OSError as error:
                raise DeviceError(f"{self.folder / FILE_NAME} cannot be written: {error.strerror or error}") from error
        return path

    def _free(self, name: str) -> str:
        """Return a name that no picture of this run has, and no foreign one. Pictures of earlier runs are replaced."""
        stem = _stem(name)
        number = self._numbers.pop(stem, 0) + 1
        while self._is_taken(chosen := f"{stem}-{number}.jpg" if number > 1 else f"{stem}.jpg"):
            number += 1
        # Many pictures of one name are not counted again and again.
        self._numbers[stem] = number
        if len(self._numbers) > _MOST_COUNTED:
            del self._numbers[next(iter(self._numbers))]
        return chosen

    def _is_taken(self, name: str) -> bool:
        try:
            with read_regular(self.folder / name) as file:
                start = file.read(_COMMENT_WITHIN)
            return self._comment in start or MARK not in start
        except OSError:  # it is not there or a link, or saving it will say what is wrong
            return False


def is_masked(content: bytes) -> bool:
    """Whether a saved JPEG was masked: it shows only plates that the privacy settings of that time allowed."""
    return re.search(MARK + rb" [0-9a-f]{12}" + _MASKED, content[:_COMMENT_WITHIN]) is not None


def _comment(text: bytes) -> bytes:
    """Return a segment of a JPEG."""
    return b"\xff\xfe" + (len(text) + 2).to_bytes(2, "big") + text


def _stem(name: str) -> str:
    return re.sub(r"[^\w.-]+", "_", name).strip("_.") or "picture"


def save_picture(picture: Image.Image, path: Path) -> None:
    """Save a picture in the format of the path's suffix, whole or not at all, readable by its owner alone.

    Raises:
        DeviceError: the disk is full, or the folder is not writable.
    """
    lossy = path.suffix.lower() in (".jpg", ".jpeg")
    kind = "JPEG" if lossy else path.suffix[1:].upper()
    _write(path, lambda stream: picture.save(stream, kind, **(_LOSSY if lossy else {})))


def as_jpeg(picture: Image.Image, quality: int | None = None) -> bytes:
    """Return a picture as the content of a JPEG file; `quality`, 1 to 95, makes it smaller than by default."""
    options = _LOSSY if quality is None else {"quality": quality, "comment": MARK}
    if max(picture.size) > _MOST_OF_JPEG:
        picture = picture.copy()
        picture.thumbnail((_MOST_OF_JPEG, _MOST_OF_JPEG))
    with io.BytesIO() as stream:
        picture.save(stream, "JPEG", **options)
        return stream.getvalue()


def _write(path: Path, write: Callable[[BinaryIO], object]) -> None:
    try:
        with replacing(path, sync=False) as stream:
            write(stream)
    except OSError as error:
        raise DeviceError(f"{path} cannot be saved: {error.strerror or error}") from error


def picture_name(source: str, frame: int, numbered: bool) -> str:
    """Return the name of a picture of this source, without suffix; `numbered` adds the number of the frame."""
    stem = Path(source).stem if source != "-" else "stdin"
    return f"{stem}-{frame:06d}" if numbered else stem


def crop_name(source: str, time: datetime | None, seconds: float | None, frame: int, still: bool) -> str:
    """Return what to call a crop, without its text and suffix: by time in UTC, else by source and seconds or frame."""
    if time is not None:
        return f"{time:%Y%m%dT%H%M%S}.{time.microsecond // 1000:03}Z"
    if seconds is not None:
        return f"{picture_name(source, frame, False)}-{seconds:.1f}s"
    return picture_name(source, frame, not still)


def annotate(rgb: NDArray[np.uint8], plates: Iterable[Plate], same_size: bool = False) -> Image.Image:
    """Draw each plate's outline and text into a copy of the picture, uint8 (height, width, 3) RGB.

    A small picture is enlarged, and a narrow one gets a strip beside it. A picture without space around a plate gets a
    strip below it for the text. With `same_size`, as for a video, the picture keeps its size, and such a text covers
    its edge.
    """
    from PIL import Image, ImageDraw

    from plate_devices.imaging.sizes import TALLEST, with_width

    height, width = rgb.shape[:2]
    scale = 1 if same_size else max(1, min(-(-_READABLE_WIDTH // width), TALLEST // height))
    picture = Image.fromarray(rgb).resize((width * scale, height * scale), Image.Resampling.NEAREST)
    if not same_size:
        picture = with_width(picture, _READABLE_WIDTH, _LABEL_COLOUR)
    for plate in plates:
        corners = [(x * scale, y * scale) for x, y in plate.corners]
        pen = ImageDraw.Draw(picture)
        pen.line([*corners, corners[0]], fill=_OUTLINE, width=max(2, round(picture.height / 240)))
        x, y, _, down = (value * scale for value in plate.box)
        caption = f"{plate.text} {plate.confidence:.0%}"
        picture = _with_caption(picture, caption, (x, y, y + down), may_grow=not same_size)
    return picture


def _with_caption(
    picture: Image.Image, caption: str, sides: tuple[int, int, int], may_grow: bool = True
) -> Image.Image:
    """Write a caption above a box (left, top, bottom), else below it, else below the picture or over its edge."""
    from PIL import Image

    left, top, bottom = sides
    label = _label(caption, picture.width)
    if top >= label.height:
        y = top - label.height
    elif bottom + label.height <= picture.height:
        y = bottom
    elif not may_grow:
        y = max(0, picture.height - label.height)
    else:
        y = picture.height
        taller = Image.new("RGB", (picture.width, picture.height + label.height), _LABEL_COLOUR)
        taller.paste(picture, (0, 0))
        picture = taller
    picture.paste(label, (max(0, min(left, picture.width - label.width)), y))
    return picture


@lru_cache(maxsize=32)  # a video shows the same captions for many frames
def _label(caption: str, most: int) -> Image.Image:
    """Draw a caption, white on black, at most `most` pixels wide; the result is not changed."""
    from PIL import Image

    from plate_devices.imaging.letters import caption_size, write_caption

    pad = 8
    width, height = caption_size(caption, (most - 2 * pad, _LETTER))
    label = Image.new("RGB", (width + 2 * pad, height + 2 * pad), _LABEL_COLOUR)
    write_caption(label, caption, (pad, pad), (width, height), _TEXT_COLOUR)
    return label
