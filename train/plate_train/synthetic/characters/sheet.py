"""The domain of font sheets: a glyph cropped tight and stretched to the square, with few effects."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from plate_runtime.manifest import InputSpec
from plate_runtime.preprocess import resize_picture

from ..effects import blur, jpeg, to_bytes
from ..glyphs.alphabets import BAR, Glyph
from ..random_source import NoiseFields, RandomSource
from .geometry import Tilt

KINDS = {
    "sans": 5, "serif": 5, "mono": 4, "slab": 3, "condensed": 1, "plate": 1, "rounded": 1, "square": 0.5, "strokes": 1,
}  # fmt: skip
"""Weight of each kind of alphabet in this domain."""


def render(glyph: Glyph, spec: InputSpec, rng: RandomSource, noise_fields: NoiseFields) -> NDArray[np.uint8]:
    """Render one picture, uint8 (height, width) of the spec, in either polarity."""
    height = round(rng.log_uniform(14, 64))
    picture = glyph.sized(max(2, round(height * glyph.aspect)), height)
    picture = _with_margins(picture, _margins(picture.width, height, rng))
    if rng.chance(0.3):
        rotation, slant = rng.normal(0.05), rng.normal(0.06)
        picture = Tilt((1.0, slant - rotation), (rotation, 1.0), (picture.width / 2, picture.height / 2)).apply(picture)
    pixels = np.asarray(blur(picture, rng.uniform(0, 0.04) * height if rng.chance(0.3) else 0.0))
    if rng.chance(0.35):
        pixels = _two_tones(pixels, rng)
    if rng.chance(0.5):
        pixels = 255 - pixels
    pixels = resize_picture(pixels, spec)
    if rng.chance(0.35):
        pixels = _two_tones(pixels, rng)
    if rng.chance(0.15):
        noise = noise_fields.window((pixels.shape[0], pixels.shape[1]), rng, 0)
        pixels = to_bytes(pixels / np.float32(255) + np.float32(rng.uniform(0, 0.12)) * noise)
    return jpeg(pixels, rng.randint(35, 95)) if rng.chance(0.3) else pixels


def _margins(width: int, height: int, rng: RandomSource) -> list[float]:
    """Left, top, right and bottom margins: up to 3 of 28 pixels; more beside bars and glyphs that keep their aspect."""
    margins = [rng.choice((0, 0, 0, 1, 1, 2, 3)) * height / 28 if rng.chance(0.6) else 0.0 for _ in range(4)]
    spare, left_part = 0.0, 0.5
    if width < BAR * height:
        spare = height * rng.uniform(BAR, 1.0) - width
        left_part = 0.5 if rng.chance(0.6) else rng.random()
    elif rng.chance(0.2):
        spare = max(0, height - width)
    return [margins[0] + spare * left_part, margins[1], margins[2] + spare * (1 - left_part), margins[3]]


def _with_margins(picture: Image.Image, margins: Sequence[float]) -> Image.Image:
    left, top, right, bottom = (round(margin) for margin in margins)
    wider = Image.new("L", (picture.width + left + right, picture.height + top + bottom), 0)
    wider.paste(picture, (left, top))
    return wider


def _two_tones(pixels: NDArray[np.uint8], rng: RandomSource) -> NDArray[np.uint8]:
    return np.asarray(np.where(pixels > rng.randint(70, 180), 255, 0), np.uint8)
