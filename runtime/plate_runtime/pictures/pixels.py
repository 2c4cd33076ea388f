"""Converts any mode of Pillow to upright 8-bit RGB, strip by strip: a large picture is never copied as a whole."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from ..median import percentiles
from .orientation import orientation_of

if TYPE_CHECKING:
    from PIL import Image

STRIP = 1 << 16
"""Pixels of a strip that is converted at once, with copies of three to eight bytes per pixel."""

_SAMPLE = 1 << 18
# Pixels from which the range of tones is computed.

_ALPHA = {"RGBA", "LA", "PA", "RGBa", "La"}
_PLAIN = {"1", "L", "P", "RGB", "RGBX", "CMYK", "YCbCr", "HSV"}

Convert = Callable[["Image.Image"], NDArray[np.uint8]]


def to_rgb(image: Image.Image, name: str, shortened: bool = False) -> NDArray[np.uint8]:
    """Return a decoded picture as uint8 (height, width, 3), its orientation applied.

    Args:
        image: in memory.
        name: what errors call it.
        shortened: its 8 bits are the highest of 16; a picture of 10 or 12 bits in 16 is then nearly black.

    Raises:
        InputError: its colour mode is not read.
    """
    convert = _converter(image, name)
    if shortened:
        convert = _stretched(image, convert)
    upright = _Upright(image.width, image.height, orientation_of(image))
    for top, strip in strips(image):
        upright.stored[top : top + strip.height] = convert(strip)
    return upright.rgb


def strips(image: Image.Image) -> Iterator[tuple[int, Image.Image]]:
    """Yield a picture in pieces of full width, each with its first row."""
    rows = max(1, STRIP // image.width)
    for top in range(0, image.height, rows):
        strip = image.crop((0, top, image.width, min(top + rows, image.height)))
        if not _has_clear_tone(image):
            strip.info.pop("transparency", None)
        yield top, strip


def _has_clear_tone(image: Image.Image) -> bool:
    """Return whether a tone or a palette is transparent; a text of a PNG may have that name, too."""
    return isinstance(image.info.get("transparency"), int | bytes | tuple)


class _Upright:
    """An upright picture, `rgb`, and the view of it, `stored`, in which rows lie as the file has them."""

    def __init__(self, width: int, height: int, orientation: int) -> None:
        rotated = orientation in (5, 6, 7, 8)
        self.rgb = np.empty((width, height, 3) if rotated else (height, width, 3), np.uint8)
        stored = self.rgb.transpose(1, 0, 2) if rotated else self.rgb
        if orientation in (3, 4, 6, 7):
            stored = stored[::-1]
        if orientation in (2, 3, 7, 8):
            stored = stored[:, ::-1]
        self.stored = stored


def _converter(image: Image.Image, name: str) -> Convert:
    mode = image.mode
    if mode in ("I", "F") or mode.startswith("I;16"):
        return _deep(image)
    if mode in _ALPHA or (mode in _PLAIN and _has_clear_tone(image)):
        return _flattened(image)
    if mode not in _PLAIN:
        raise InputError(f"{name} has colours of the kind {mode}, which are not read; save it as RGB")
    return lambda strip: np.asarray(strip if strip.mode == "RGB" else strip.convert("RGB"))


def _stretched(image: Image.Image, convert: Convert) -> Convert:
    """Make the brightest tone white where none is above 15."""
    most = max(int(convert(strip).max()) for _, strip in strips(image))
    if not 0 < most < 16:
        return convert
    return lambda strip: (convert(strip).astype(np.uint16) * 255 // most).astype(np.uint8)


def _deep(image: Image.Image) -> Convert:
    """Scale a gray picture of more than 8 bits by its range of tones; Pillow itself would clip it to white."""
    unsigned = _is_unsigned(image)

    def values_of(strip: Image.Image) -> NDArray[np.float64]:
        values: NDArray[Any] = np.asarray(strip)
        return (values.view(np.uint32) if unsigned else values).astype(np.float64)

    step = max(1, int((image.width * image.height / _SAMPLE) ** 0.5))
    parts = [values_of(strip)[-top % step :: step, ::step].flatten() for top, strip in strips(image)]
    sample = np.concatenate(parts)
    clear = image.info.get("transparency")  # one tone, of 16-bit PNG
    if isinstance(clear, int):
        sample = sample[sample != clear]
    low, high = tonal_range(sample)
    ground = _ground(float(_scaled(sample, low, high).mean()) if sample.size else 0.0)

    def convert(strip: Image.Image) -> NDArray[np.uint8]:
        values = values_of(strip)
        gray = np.rint(_scaled(values, low, high)).astype(np.uint8)
        if isinstance(clear, int):
            gray[values == clear] = ground
        return gray[:, :, None]

    return convert


def _scaled(values: NDArray[np.float64], low: float, high: float) -> NDArray[np.float64]:
    """Return values from 0 to 255."""
    with np.errstate(over="ignore", invalid="ignore"):
        scaled = (values - low) * (255.0 / (high - low) if high > low else 0.0)
    return np.clip(np.nan_to_num(scaled, nan=0.0, posinf=255.0, neginf=0.0), 0.0, 255.0)


def _ground(mean: float) -> int:
    """Return the background tone for transparent parts: black for a picture with a bright mean tone, else white."""
    return 0 if mean > 127.5 else 255


def _is_unsigned(image: Image.Image) -> bool:
    """Return whether mode "I", signed 32-bit integers, holds unsigned ones of a TIFF."""
    tags: Any = getattr(image, "tag_v2", None)
    return image.mode == "I" and tags is not None and tags.get(258) == (32,) and tags.get(339, (1,)) == (1,)


def tonal_range(sample: NDArray[np.float64]) -> tuple[float, float]:
    """Return the values that become black and white.

    They are a usual full scale (1, 255, 65535) if the tones reach, and span, an eighth of it. Otherwise they are the
    range of the tones, without the outermost thousandth if that is far away. NaN and infinities do not count.
    """
    finite = sample[np.isfinite(sample)]
    if not finite.size:
        return 0.0, 0.0
    low, high = percentiles(finite, 0.1, 99.9)
    least, most = float(finite.min()), float(finite.max())
    for full in (1.0, 255.0, 65535.0):
        if least >= 0.0 and full / 8.0 < high <= most <= full and most - least > full / 8.0:
            return 0.0, full
    return (least, most) if high <= low or most - least <= 4.0 * (high - low) else (low, high)


def _flattened(image: Image.Image) -> Convert:
    """Put a picture with transparency on white, or on black if its visible part is bright."""
    from PIL import Image as pillow  # noqa: N813

    def rgba(strip: Image.Image) -> Image.Image:
        return (strip.convert("LA") if strip.mode == "La" else strip).convert("RGBA")

    seen = bright = clear = 0
    for _, strip in strips(image):
        upper = rgba(strip)
        alpha = np.asarray(upper.getchannel("A"))
        seen += int(alpha.sum(dtype=np.int64))
        clear += alpha.size * 255
        bright += int(np.einsum("ij,ij->", alpha, np.asarray(upper.convert("L")), dtype=np.int64))
    if seen == clear:
        return lambda strip: np.asarray(strip.convert("RGB"))
    ground = _ground(bright / seen if seen else 0.0)

    def convert(strip: Image.Image) -> NDArray[np.uint8]:
        sheet = pillow.new("RGBA", strip.size, (ground, ground, ground, 255))
        return np.asarray(pillow.alpha_composite(sheet, rgba(strip)).convert("RGB"))

    return convert
