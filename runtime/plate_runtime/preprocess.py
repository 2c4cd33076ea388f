"""Picture of a character, a plate or a frame -> input tensor, by the rules of the model's manifest.

Training, calibration and inference all use these functions.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from .errors import UsageError
from .manifest import InputSpec
from .median import median

PICTURE_POLARITIES = ("light-on-dark", "dark-on-light", "auto")

# Of a standardised picture. Below the least spread there is only noise.
_MEAN, _SPREAD, _LEAST_SPREAD = 128, 50, 4.0


_MOST_INK_IN_BORDER, _LEAST_INK = 0.03, 1 / 32
"""Of a picture that shows its polarity: fraction of the border in another tone, and fraction of the contrast by which
ink moves the mean away from the border."""


def prepare(gray: NDArray[np.uint8], spec: InputSpec, picture_polarity: str = "auto") -> NDArray[np.float32]:
    """Turn a gray picture, uint8 (h, w), into one input, float32 (height, width, 1); see `resize_picture`."""
    return scale_pixels(resize_picture(gray, spec, picture_polarity), spec)


def resize_picture(gray: NDArray[np.uint8], spec: InputSpec, picture_polarity: str = "auto") -> NDArray[np.uint8]:
    """Bring a gray picture, uint8 (h, w), to the model's size, polarity and contrast, uint8 (height, width).

    Args:
        gray: one character, plate or frame; any size from 1x1.
        spec: the model's input.
        picture_polarity: of this picture, "light-on-dark" or "dark-on-light" where it is known; "auto" uses
            `polarity_of`, and leaves a picture without a clear polarity as it is. Pictures for a model of polarity
            "any" are never inverted.

    Raises:
        UsageError: the array is not uint8 (h, w), or the polarity is unknown.
    """
    require_gray(gray)
    if _needs_inverting(gray, spec, picture_polarity):
        gray = 255 - gray
    height, width, _ = spec.shape
    if spec.resize == "fit":
        gray = fit(gray, spec)
    elif spec.resize == "crop-stretch":
        gray = crop_to_ink(gray)
    elif spec.resize == "pad":
        gray = _pad_to_aspect(gray, width / height)
    if gray.shape != (height, width):
        picture = Image.fromarray(np.ascontiguousarray(gray))
        gray = np.asarray(picture.resize((width, height), Image.Resampling.BILINEAR))
    return standardise(gray) if spec.contrast == "standardise" else gray


def require_gray(picture: NDArray[np.uint8]) -> None:
    """Raise UsageError unless an array is a gray picture, uint8 (h, w), with pixels."""
    if picture.dtype != np.uint8 or picture.ndim != 2 or picture.size == 0:
        raise UsageError(f"expected a gray picture, uint8 (h, w), not {picture.dtype} {picture.shape}")


def standardise(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Bring each picture of uint8 (..., h, w) to mean 128 and standard deviation 50; flat ones stay flat.

    p' = clip(round(128 + 50 (p - mean) / max(deviation, 4)), 0, 255), with mean and deviation of that picture.
    """
    axes, count = (-2, -1), pixels.shape[-2] * pixels.shape[-1]
    # Integer sums do not depend on their order: a picture alone and in a batch gives the same pixels.
    mean = pixels.sum(axis=axes, dtype=np.int64, keepdims=True) / count
    squares = np.square(pixels, dtype=np.uint16).sum(axis=axes, dtype=np.int64, keepdims=True) / count
    gain = _SPREAD / np.maximum(np.sqrt(np.maximum(squares - mean**2, 0)), _LEAST_SPREAD)
    offset = _MEAN - gain * mean
    tones = np.rint(pixels * gain.astype(np.float32) + offset.astype(np.float32))
    standardised: NDArray[np.uint8] = np.clip(tones, 0, 255).astype(np.uint8)
    return standardised


def scale_pixels(pixels: NDArray[np.uint8], spec: InputSpec) -> NDArray[np.float32]:
    """Turn uint8 (..., height, width) into float32 (..., height, width, 1), multiplied by the manifest's scale."""
    return pixels[..., None].astype(np.float32) * np.float32(spec.scale)


def crop_to_ink(gray: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Crop a gray picture, uint8 (h, w), to what differs from its border; a blank picture stays whole."""
    background = border_tone(gray)
    distance = np.abs(gray.astype(np.int16) - background)
    ink = distance > max(24, int(distance.max()) // 2)
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    if rows.size == 0:
        return gray
    return gray[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def fitted_size(width: int, height: int, spec: InputSpec) -> tuple[int, int]:
    """Return (width, height), in pixels of the input, that a picture has after the rule "fit"."""
    most_height, most_width, _ = spec.shape
    scale = min(1.0, most_width / width, most_height / height)
    return max(1, round(width * scale)), max(1, round(height * scale))


def border_tone(gray: NDArray[np.uint8]) -> int:
    """Return the median tone, 0..255, of the outermost rows and columns of uint8 (h, w)."""
    return int(median(np.concatenate([gray[0], gray[-1], gray[:, 0], gray[:, -1]])))


def polarity_of(gray: NDArray[np.uint8]) -> str | None:
    """Return "light-on-dark" or "dark-on-light" if uint8 (h, w) has a border of one tone, which is the background's.

    Else return None: in a tight crop the border of E or B is ink.
    """
    border = np.concatenate([gray[0], gray[-1], gray[:, 0], gray[:, -1]]).astype(np.int16)
    tone, contrast = median(border), int(gray.max()) - int(gray.min())
    away = tone - float(gray.mean())
    if (np.abs(border - tone) > contrast / 4).mean() > _MOST_INK_IN_BORDER or abs(away) < _LEAST_INK * contrast:
        return None
    return "dark-on-light" if away > 0 else "light-on-dark"


def _needs_inverting(gray: NDArray[np.uint8], spec: InputSpec, picture_polarity: str) -> bool:
    if picture_polarity not in PICTURE_POLARITIES:
        raise UsageError(f"polarity {picture_polarity!r} is unknown; use one of {', '.join(PICTURE_POLARITIES)}")
    if spec.polarity == "any":
        return False
    found = polarity_of(gray) if picture_polarity == "auto" else picture_polarity
    return found is not None and found != spec.polarity


def fit(gray: NDArray[np.uint8], spec: InputSpec) -> NDArray[np.uint8]:
    """Lay uint8 (h, w), made smaller where it is too large, on black at the top left."""
    sheet = np.zeros(spec.shape[:2], np.uint8)
    width, height = fitted_size(gray.shape[1], gray.shape[0], spec)
    if gray.shape != (height, width):
        picture = Image.fromarray(np.ascontiguousarray(gray))
        # With a gap of 1, whole factors are plain means, which cost a fifth; only the remainder is interpolated.
        gray = np.asarray(picture.resize((width, height), Image.Resampling.BILINEAR, reducing_gap=1.0))
    sheet[:height, :width] = gray
    return sheet


def _pad_to_aspect(gray: NDArray[np.uint8], aspect: float) -> NDArray[np.uint8]:
    """Centre uint8 (h, w) on its border's tone so that width / height becomes `aspect`."""
    height, width = gray.shape
    full_height, full_width = max(height, round(width / aspect)), max(width, round(height * aspect))
    padded = np.full((full_height, full_width), border_tone(gray), np.uint8)
    top, left = (full_height - height) // 2, (full_width - width) // 2
    padded[top : top + height, left : left + width] = gray
    return padded
