"""Opening pictures of any source: upright, in 8-bit RGB and of bounded size, or one clear error."""

from __future__ import annotations

import io
import os
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ..errors import UsageError
from .cost import check_shape
from .decoder import CAMERA, CAMERA_PNG, FILES, Limits, decoded, one_clear_error
from .pixels import STRIP, to_rgb

__all__ = ["CAMERA", "CAMERA_PNG", "FILES", "MAX_PIXELS", "SUFFIXES", "Picture", "PictureSource", "open_picture"]

MAX_PIXELS = FILES.pixels
"""Pixels of the largest picture that is decoded (150 MB as RGB); larger ones are refused by their header."""

SUFFIXES = frozenset(
    {".bmp", ".gif", ".jfif", ".jpe", ".jpeg", ".jpg", ".pbm", ".pgm", ".png", ".pnm", ".ppm", ".tif", ".tiff", ".webp"}
)
"""File suffixes of pictures in a folder."""

PictureSource = str | os.PathLike[str] | bytes | bytearray | memoryview | BinaryIO | Image.Image | NDArray[np.uint8]


@dataclass(frozen=True)
class Picture:
    """A decoded picture: `rgb` is uint8 (height, width, 3), `name` is its source."""

    rgb: NDArray[np.uint8]
    name: str

    @property
    def width(self) -> int:
        """Pixels across."""
        return int(self.rgb.shape[1])

    @property
    def height(self) -> int:
        """Pixels down."""
        return int(self.rgb.shape[0])

    def gray(self) -> NDArray[np.uint8]:
        """Return luma as uint8 (height, width), ITU-R BT.601 as Pillow's "L" computes it."""
        gray, rows = np.empty(self.rgb.shape[:2], np.uint8), max(1, STRIP // self.width)
        for top in range(0, self.height, rows):
            gray[top : top + rows] = np.asarray(Image.fromarray(self.rgb[top : top + rows]).convert("L"))
        return gray


def open_picture(
    source: PictureSource, colour: str = "rgb", name: str | None = None, limits: Limits = FILES
) -> Picture:
    """Decode a picture from a path, the bytes of a file, a binary stream, a Pillow image or an array.

    Args:
        source: arrays are uint8, (h, w) gray, (h, w, 3) or (h, w, 4) in `colour` order.
        colour: "rgb" or "bgr"; only arrays can be "bgr".
        name: what errors and records call it; by default the path, or the kind of source.
        limits: formats and pixels that are accepted; `CAMERA` for pictures of a camera.

    Returns:
        The picture upright (EXIF orientation applied). Transparent parts become white or black, whichever contrasts.
        More than 8 bits are scaled to 8 by their range. Of several frames or pages, the first is returned.

    Raises:
        InputError: it is missing, empty, damaged, of a format that is not read, has too many pixels, or would take too
            much memory or time; all of these except damage are found before decoding.
        UsageError: no picture at all, an array of a wrong type or shape, or an unknown colour order.
    """
    if colour not in ("rgb", "bgr"):
        raise UsageError(f"colour order {colour!r} is unknown; use 'rgb' or 'bgr'")
    if isinstance(source, np.ndarray):
        array = np.asarray(source)  # no subclass: a matrix has always two axes
        return Picture(_from_array(array, colour, name or "array", limits), name or "array")
    if isinstance(source, Image.Image):
        label = name or "picture"
        check_shape(*source.size, label, limits.pixels)
        with one_clear_error(label):
            source.load()
            return Picture(to_rgb(source, label), label)
    file = _file_of(source)
    kind = "bytes" if isinstance(file, bytes) else str(getattr(file, "name", "stream"))
    label = name or (str(file) if isinstance(file, Path) else kind)
    with decoded(file, label, limits) as (image, shortened):
        return Picture(to_rgb(image, label, shortened), label)


def _file_of(source: PictureSource) -> Path | bytes | BinaryIO:
    if isinstance(source, str | os.PathLike):
        return Path(source)
    if isinstance(source, bytes | bytearray | memoryview):
        return bytes(source)
    if isinstance(source, io.TextIOBase):
        raise UsageError("the stream is open for text; open it for bytes, with the mode 'rb'")
    if not hasattr(source, "read"):
        what = "None (OpenCV returns it for a file that it cannot read)" if source is None else type(source).__name__
        raise UsageError(f"not a picture: {what}; give a path, the bytes of a file, a Pillow image or a uint8 array")
    return cast("BinaryIO", source)


def _from_array(array: NDArray[np.uint8], colour: str, name: str, limits: Limits) -> NDArray[np.uint8]:
    if array.dtype != np.uint8:
        raise UsageError(f"a picture array has to be uint8, not {array.dtype}")
    if array.ndim not in (2, 3) or (array.ndim == 3 and array.shape[2] not in (1, 3, 4)) or array.size == 0:
        raise UsageError(f"a picture array has to be (h, w), (h, w, 3) or (h, w, 4), not {array.shape}")
    check_shape(array.shape[1], array.shape[0], name, limits.pixels)
    if array.ndim == 2 or array.shape[2] == 1:
        return np.repeat(array.reshape(*array.shape[:2], 1), 3, axis=2)
    rgb = array[:, :, 2::-1] if colour == "bgr" else array[:, :, :3]
    if array.shape[2] == 4 and array[:, :, 3].any():  # alpha of 0 everywhere stands for none
        return to_rgb(Image.fromarray(np.dstack([rgb, array[:, :, 3]]), "RGBA"), name)
    return np.ascontiguousarray(rgb)
