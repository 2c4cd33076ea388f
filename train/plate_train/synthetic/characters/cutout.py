"""The domain of plates: a character among its neighbours, photographed or binarised, then cropped."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from plate_runtime.alphabet import ALPHABET
from plate_runtime.manifest import InputSpec
from plate_runtime.preprocess import resize_picture

from ..effects import binarise, blur, emboss, motion_blur, shade, stretch_contrast, to_bytes, to_gray
from ..glyphs.alphabets import BAR, Alphabet
from ..random_source import Gray, NoiseFields, RandomSource
from .geometry import Bounds, Tilt

KINDS = {
    "strokes": 7, "plate": 4, "condensed": 3, "mono": 1.5, "sans": 1.5, "rounded": 1, "square": 0.7, "slab": 0.3,
    "serif": 0.2,
}  # fmt: skip
"""Weight of each kind of alphabet in this domain."""

_INK_LIMIT = 0.78
"""Fraction of ink above which a thickened character is illegible."""


@dataclass(frozen=True)
class PlacedCharacter:
    """A character in its place on a plate, as ink without background.

    Attributes:
        picture: mode "L", ink 255. height: of the character in pixels. bar: whether its shape is a plain bar.
        glyph: bounds of its ink. search: bounds within which its ink is searched after a threshold has thickened it;
            they end half-way to its neighbours.
    """

    picture: Image.Image
    height: int
    bar: bool
    glyph: Bounds
    search: Bounds


def render(
    character: str, alphabet: Alphabet, spec: InputSpec, rng: RandomSource, noise_fields: NoiseFields
) -> NDArray[np.uint8]:
    """Render one picture, uint8 (height, width) of the spec, in either polarity."""
    scene = compose(character, alphabet, rng)
    if rng.chance(0.5):
        gray, box = _binarised(scene, rng, noise_fields)
    else:
        gray, box = _photographed(scene, rng, noise_fields), scene.glyph
    left, top, right, bottom = _crop_bounds(box, scene.bar, rng, gray.shape[1], gray.shape[0])
    pixels = to_bytes(gray[top:bottom, left:right])
    return resize_picture(255 - pixels if rng.chance(0.5) else pixels, spec)


def compose(character: str, alphabet: Alphabet, rng: RandomSource) -> PlacedCharacter:
    """Place a character between neighbours and frames, and tilt all of them."""
    glyph = alphabet.glyph(character)
    height = round(rng.log_uniform(11, 42))
    squeeze = rng.uniform(0.78, 1.25)
    width = max(2, round(height * glyph.aspect * squeeze))
    pad = round(height * 0.45) + 2
    canvas = Image.new("L", (width + 2 * pad, height + 2 * pad), 0)
    canvas.paste(glyph.sized(width, height), (pad, pad))
    gaps = rng.uniform(0.06, 0.36) * height, rng.uniform(0.06, 0.36) * height
    for gap, before in zip(gaps, (True, False), strict=True):
        if rng.chance(0.65):
            other = alphabet.glyph(rng.choice(ALPHABET))
            wide = max(2, round(height * other.aspect * squeeze))
            canvas.paste(
                other.sized(wide, height), (pad - round(gap) - wide if before else pad + width + round(gap), pad)
            )
    _add_clutter(ImageDraw.Draw(canvas), canvas.width, pad, height, rng)
    tilt = Tilt.random(rng, (pad + width / 2, pad + height / 2))
    box = tilt.bounds_of(glyph.outline * (width, height) + pad)
    reach_left, reach_right = (min(gap / 2, 0.2 * height) for gap in gaps)
    search = Bounds(box.left - reach_left, box.top - 0.1 * height, box.right + reach_right, box.bottom + 0.1 * height)
    return PlacedCharacter(tilt.apply(canvas), height, width < BAR * height, box, search)


def _add_clutter(pen: ImageDraw.ImageDraw, wide: int, pad: int, height: int, rng: RandomSource) -> None:
    """Frame lines above and below, a band or bar beside, bolts, specks and scratches."""
    tall = height + 2 * pad
    for edge, outward in ((pad, -1), (pad + height, 1)):
        if rng.chance(0.14):
            near = edge + outward * rng.uniform(0.08, 0.4) * height
            far = near + outward * rng.uniform(0.03, 0.2) * height
            pen.rectangle((0, min(near, far), wide, max(near, far)), fill=rng.randint(120, 255))
    if rng.chance(0.05):
        away = rng.uniform(0.1, 0.4) * height
        x = pad - away if rng.chance(0.5) else wide - pad + away
        thick = max(1, round(rng.uniform(0.03, 0.12) * height))
        pen.line((x, 0, x, tall), fill=rng.randint(120, 255), width=thick)
    if rng.chance(0.08):
        y = rng.uniform(-0.2, 0.25) if rng.chance(0.5) else rng.uniform(0.75, 1.2)
        _dot(pen, rng.uniform(0, wide), pad + height * y, rng.uniform(0.04, 0.12) * height, rng)
    for _ in range(rng.randint(1, 3) if rng.chance(0.12) else 0):
        _dot(pen, rng.uniform(0, wide), rng.uniform(0, tall), rng.uniform(0.015, 0.06) * height, rng)
    if rng.chance(0.04):
        ends = (rng.uniform(0, wide), rng.uniform(0, tall), rng.uniform(0, wide), rng.uniform(0, tall))
        pen.line(ends, fill=rng.choice((0, 255)), width=1)


def _dot(pen: ImageDraw.ImageDraw, x: float, y: float, radius: float, rng: RandomSource) -> None:
    pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=rng.choice((0, 255, rng.randint(0, 255))))


def _binarised(scene: PlacedCharacter, rng: RandomSource, noise_fields: NoiseFields) -> tuple[Gray, Bounds]:
    """Enlarge to the size at which programs binarise, apply a threshold, and find the ink again.

    The threshold follows from the wanted amount of ink: adaptive thresholds thicken all letters, thin ones too.
    """
    picture = blur(scene.picture, rng.uniform(0.01, 0.05) * scene.height)
    zoom = max(1.0, rng.uniform(24, 48) / scene.height)
    size = (round(picture.width * zoom), round(picture.height * zoom))
    gray = to_gray(picture.resize(size, Image.Resampling.BICUBIC))
    if rng.chance(0.25):
        gray = shade(gray, rng, rng.uniform(0, 0.3))
    tight = scene.glyph.scaled(zoom).crop(gray)
    ink = min(_INK_LIMIT, max(0.05, float(tight.mean())) * rng.uniform(0.85, 1.5))
    place = tight.size - 1 - int(ink * tight.size)
    threshold = float(np.partition(tight, place, axis=None)[place])
    gray = binarise(gray, rng, noise_fields, threshold, rng.log_uniform(0.02, 0.1))
    box = scene.search.scaled(zoom).ink_bounds(gray)
    if rng.chance(0.6):
        gray = to_gray(blur(Image.fromarray(to_bytes(gray)), rng.uniform(0.3, 0.8)))
    return gray, box


def _photographed(scene: PlacedCharacter, rng: RandomSource, noise_fields: NoiseFields) -> Gray:
    """Light, embossing, motion and noise; then the contrast is stretched, as plate readers do."""
    gray = to_gray(blur(scene.picture, rng.uniform(0, 0.075) * scene.height))
    gray = gray * np.float32(1 / max(0.2, float(scene.glyph.crop(gray).max())))
    if rng.chance(0.2):
        gray = emboss(gray, rng, rng.uniform(0.1, 0.8))
    if rng.chance(0.2):
        gray = motion_blur(gray, rng, rng.uniform(0.05, 0.22) * scene.height)
    if rng.chance(0.5):
        gray = shade(gray, rng, rng.uniform(0.1, 0.6))
    noise = noise_fields.window((gray.shape[0], gray.shape[1]), rng, rng.choice((0, 1, 1, 2, 3)))
    return stretch_contrast(gray + np.float32(rng.log_uniform(0.01, 0.13)) * noise, rng)


def _crop_bounds(box: Bounds, bar: bool, rng: RandomSource, width: int, height: int) -> tuple[int, int, int, int]:
    """Crop like a segmentation: mostly tight, often with a margin, sometimes into the ink; bars stand anywhere."""
    left, top, right, bottom = (_random_margin(rng) * box.height for _ in range(4))
    if bar:
        left, right = max(left, -0.08 * box.width), max(right, -0.08 * box.width)
        if rng.chance(0.3):
            spare, left_part = rng.uniform(0, 0.85) * box.height, rng.choice((0.0, 1.0, 0.5, rng.random()))
            left, right = left + spare * left_part, right + spare * (1 - left_part)
    first = min(max(0, math.floor(box.left - left)), width - 2)
    above = min(max(0, math.floor(box.top - top)), height - 2)
    last = max(first + 2, min(width, math.ceil(box.right + right)))
    return first, above, last, max(above + 2, min(height, math.ceil(box.bottom + bottom)))


def _random_margin(rng: RandomSource) -> float:
    """A margin in heights of the character; a negative one crops into it."""
    value = rng.random()
    if value < 0.45:
        return 0.0
    if value < 0.85:
        return rng.uniform(0, 0.09)
    return rng.uniform(-0.04, 0) if value < 0.93 else rng.uniform(0.09, 0.2)
