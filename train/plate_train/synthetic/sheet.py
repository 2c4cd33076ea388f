"""The world of font sheets: a glyph cut tight and stretched to the square, clean but for rendering and compression."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from plate_runtime.manifest import InputSpec
from plate_runtime.preprocess import resize_picture

from .effects import Dice, Grain, blur, jpeg, to_bytes
from .geometry import Lean
from .glyphs import BAR, Glyph

KINDS = {
    "sans": 5, "serif": 5, "mono": 4, "slab": 3, "condensed": 1, "plate": 1, "rounded": 1, "square": 0.5, "strokes": 1,
}  # fmt: skip
"""How often each kind of alphabet is drawn in this world."""


def draw(glyph: Glyph, spec: InputSpec, dice: Dice, grain: Grain) -> NDArray[np.uint8]:
    """Draw one picture, uint8 (height, width) of the spec, in either polarity."""
    height = round(dice.log_uniform(14, 64))
    picture = glyph.sized(max(2, round(height * glyph.aspect)), height)
    picture = _with_margins(picture, _margins(picture.width, height, dice))
    if dice.chance(0.3):
        turn, slant = dice.bell(0.05), dice.bell(0.06)
        picture = Lean((1.0, slant - turn), (turn, 1.0), (picture.width / 2, picture.height / 2)).apply(picture)
    pixels = np.asarray(blur(picture, dice.uniform(0, 0.04) * height if dice.chance(0.3) else 0.0))
    if dice.chance(0.35):
        pixels = _two_tones(pixels, dice)
    if dice.chance(0.5):
        pixels = 255 - pixels
    pixels = resize_picture(pixels, spec)
    if dice.chance(0.35):
        pixels = _two_tones(pixels, dice)
    if dice.chance(0.15):
        noise = grain.window((pixels.shape[0], pixels.shape[1]), dice, 0)
        pixels = to_bytes(pixels / np.float32(255) + np.float32(dice.uniform(0, 0.12)) * noise)
    return jpeg(pixels, dice.randint(35, 95)) if dice.chance(0.3) else pixels


def _margins(width: int, height: int, dice: Dice) -> list[float]:
    """Left, top, right and bottom: few pixels of 28, a bar's sides, or those of a glyph that keeps its aspect."""
    margins = [dice.choice((0, 0, 0, 1, 1, 2, 3)) * height / 28 if dice.chance(0.6) else 0.0 for _ in range(4)]
    spare, share = 0.0, 0.5
    if width < BAR * height:
        spare = height * dice.uniform(BAR, 1.0) - width
        share = 0.5 if dice.chance(0.6) else dice.random()
    elif dice.chance(0.2):
        spare = max(0, height - width)
    return [margins[0] + spare * share, margins[1], margins[2] + spare * (1 - share), margins[3]]


def _with_margins(picture: Image.Image, margins: Sequence[float]) -> Image.Image:
    left, top, right, bottom = (round(margin) for margin in margins)
    wider = Image.new("L", (picture.width + left + right, picture.height + top + bottom), 0)
    wider.paste(picture, (left, top))
    return wider


def _two_tones(pixels: NDArray[np.uint8], dice: Dice) -> NDArray[np.uint8]:
    return np.asarray(np.where(pixels > dice.randint(70, 180), 255, 0), np.uint8)
