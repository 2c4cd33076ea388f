"""Open any picture a user may have: upright, in 8-bit RGB, of bounded size, or one clear error."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from .errors import InputError, UsageError

MAX_PIXELS = 50_000_000
"""Largest picture that is decoded (150 MB as RGB); larger ones are refused by their header alone."""

_STRIP = 1 << 16
"""Pixels that go between Pillow and numpy at once: on the way there are copies at three and four bytes a pixel."""

SUFFIXES = frozenset({".bmp", ".gif", ".jpeg", ".jpg", ".pbm", ".pgm", ".png", ".ppm", ".tif", ".tiff", ".webp"})
"""Names that count as pictures when a folder is read."""

# Keys of Image.info in which Pillow looks for an orientation.
_ORIENTATION_CARRIERS = {"exif", "Raw profile type exif", "XML:com.adobe.xmp", "xmp"}

PictureSource = str | Path | bytes | BinaryIO | Image.Image | NDArray[np.uint8]


@dataclass(frozen=True)
class Picture:
    """A decoded picture: `rgb` is uint8 (height, width, 3), `name` says where it came from."""

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
        gray, rows = np.empty(self.rgb.shape[:2], np.uint8), max(1, _STRIP // self.width)
        for top in range(0, self.height, rows):
            gray[top : top + rows] = np.asarray(Image.fromarray(self.rgb[top : top + rows]).convert("L"))
        return gray


def open_picture(source: PictureSource, colour: str = "rgb", name: str | None = None) -> Picture:
    """Decode a picture from a path, bytes, binary stream, Pillow image or array.

    Args:
        source: arrays are uint8, (h, w) gray, (h, w, 3) or (h, w, 4) in `colour` order.
        colour: "rgb" or "bgr"; only arrays can be "bgr".
        name: what errors and records call it; by default the path, or what kind of thing it is.

    Returns:
        The picture upright (EXIF orientation applied), transparency laid on white, 16-bit depths scaled to 8 bits.

    Raises:
        InputError: it is missing, empty, truncated, foreign or has more than `MAX_PIXELS` pixels.
        UsageError: an array of a wrong type or shape, or an unknown colour order.
    """
    if colour not in ("rgb", "bgr"):
        raise UsageError(f"colour order {colour!r} is unknown; use 'rgb' or 'bgr'")
    if isinstance(source, np.ndarray):
        return Picture(_from_array(source, colour), name or "array")
    if isinstance(source, Image.Image):
        label = name or "picture"
        _check_size(source, label)
        with _one_clear_error(label):
            return Picture(_decode(source), label)
    if isinstance(source, bytes):
        return _open(io.BytesIO(source), name or "bytes")
    if isinstance(source, str | Path):
        return _open(Path(source), name or str(source))
    return _open(source, name or str(getattr(source, "name", "stream")))


def _open(source: Path | BinaryIO, name: str) -> Picture:
    """Open a file by its path where there is one: by the suffix Pillow then loads one decoder instead of five."""
    try:
        with _one_clear_error(name), Image.open(source) as image:
            _check_size(image, name)
            return Picture(_decode(image), name)
    except UnidentifiedImageError as error:
        reason = "empty" if _is_empty(source) else "not a picture that can be read"
        raise InputError(f"{name} is {reason}") from error


@contextmanager
def _one_clear_error(name: str) -> Iterator[None]:
    try:
        with warnings.catch_warnings():
            # Pillow warns of what _check_size refuses, and of metadata nobody here reads.
            warnings.simplefilter("ignore")
            yield
    except (InputError, UnidentifiedImageError):
        raise
    except OSError as error:
        if error.filename is not None and error.strerror:
            raise InputError(f"{name} cannot be read: {error.strerror}") from error
        raise InputError(f"{name} is damaged or truncated: {error}") from error
    except Image.DecompressionBombError as error:
        raise InputError(f"{name} has more than {MAX_PIXELS // 1_000_000} megapixels and is not decoded") from error
    except MemoryError as error:
        raise InputError(f"{name} is too large for the memory that is free") from error
    except Exception as error:  # Pillow's plugins raise whatever a broken file makes them stumble over
        reason = str(error) or type(error).__name__
        raise InputError(f"{name} is damaged or truncated: {reason}") from error


def _is_empty(source: Path | BinaryIO) -> bool:
    try:
        if isinstance(source, Path):
            return source.stat().st_size == 0
        source.seek(0)
        return not source.read(1)
    except (OSError, ValueError):
        return False


def _check_size(image: Image.Image, name: str) -> None:
    width, height = image.size
    if width < 1 or height < 1:
        raise InputError(f"{name} has no pixels")
    if width * height > MAX_PIXELS:
        limit = MAX_PIXELS // 1_000_000
        raise InputError(
            f"{name} is {width}x{height} pixels; more than {limit} megapixels are not decoded, scale it down"
        )


def _decode(image: Image.Image) -> NDArray[np.uint8]:
    image.load()
    return _to_rgb(_upright(image))


def _upright(image: Image.Image) -> Image.Image:
    """Apply the EXIF orientation. Only where there is any: asking loads Pillow's whole TIFF reader."""
    if image.format != "TIFF" and not _ORIENTATION_CARRIERS & image.info.keys():
        return image
    from PIL import ImageOps

    return ImageOps.exif_transpose(image)


def _to_rgb(image: Image.Image) -> NDArray[np.uint8]:
    if image.mode == "I" or image.mode.startswith("I;16"):
        return _from_deep_gray(np.asarray(image).astype(np.float64), 65535.0)
    if image.mode == "F":
        values = np.nan_to_num(np.asarray(image).astype(np.float64))
        return _from_deep_gray(values, 1.0 if values.max(initial=0.0) <= 1.0 else 255.0)
    if image.mode in ("RGBA", "LA", "PA", "RGBa", "La") or "transparency" in image.info:
        upper = image.convert("RGBA")
        sheet = Image.new("RGBA", upper.size, (255, 255, 255, 255))
        image = Image.alpha_composite(sheet, upper)
    rgb, rows = np.empty((image.height, image.width, 3), np.uint8), max(1, _STRIP // image.width)
    for top in range(0, image.height, rows):
        strip = image.crop((0, top, image.width, min(top + rows, image.height)))
        rgb[top : top + rows] = np.asarray(strip if strip.mode == "RGB" else strip.convert("RGB"))
    return rgb


def _from_deep_gray(values: NDArray[np.float64], full_scale: float) -> NDArray[np.uint8]:
    """Scale a gray picture of more than 8 bits to uint8 (h, w, 3); Pillow itself would clip it to white."""
    if full_scale == 65535.0 and values.max(initial=0.0) <= 255.0:
        full_scale = 255.0  # mode "I" also holds 8-bit pictures
    gray = np.clip(np.rint(values * (255.0 / full_scale)), 0, 255).astype(np.uint8)
    return np.repeat(gray[:, :, None], 3, axis=2)


def _from_array(array: NDArray[np.uint8], colour: str) -> NDArray[np.uint8]:
    if array.dtype != np.uint8:
        raise UsageError(f"a picture array has to be uint8, not {array.dtype}")
    if array.ndim not in (2, 3) or (array.ndim == 3 and array.shape[2] not in (1, 3, 4)) or array.size == 0:
        raise UsageError(f"a picture array has to be (h, w), (h, w, 3) or (h, w, 4), not {array.shape}")
    if array.shape[0] * array.shape[1] > MAX_PIXELS:
        raise InputError(f"a picture of {array.shape[1]}x{array.shape[0]} pixels is too large, scale it down")
    if array.ndim == 2 or array.shape[2] == 1:
        return np.repeat(array.reshape(*array.shape[:2], 1), 3, axis=2)
    channels = array[:, :, :3]
    return np.ascontiguousarray(channels[:, :, ::-1] if colour == "bgr" else channels)
