"""The world of plates: a character among its neighbours, photographed or binarised, and cut out by a program."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from plate_runtime.alphabet import ALPHABET
from plate_runtime.manifest import InputSpec
from plate_runtime.preprocess import resize_picture

from .effects import Dice, Grain, Gray, blur, emboss, full_range, ragged, shade, smear, to_bytes, to_gray
from .geometry import Box, Lean
from .glyphs import BAR, Alphabet

KINDS = {
    "strokes": 7, "plate": 4, "condensed": 3, "mono": 1.5, "sans": 1.5, "rounded": 1, "square": 0.7, "slab": 0.3,
    "serif": 0.2,
}  # fmt: skip
"""How often each kind of alphabet is drawn in this world."""

_INK_LIMIT = 0.78
"""Share of ink beyond which a swollen character is a blot that nobody can read."""


@dataclass(frozen=True)
class Scene:
    """A character in its place on a plate, as ink on nothing.

    Attributes:
        picture: mode "L", ink 255. height: of the character in pixels. bar: it is no more than a bar.
        glyph: the box of its ink. search: the box that its ink is looked for in after a threshold has swollen it;
            ends half-way to its neighbours.
    """

    picture: Image.Image
    height: int
    bar: bool
    glyph: Box
    search: Box


def draw(sign: str, alphabet: Alphabet, spec: InputSpec, dice: Dice, grain: Grain) -> NDArray[np.uint8]:
    """Draw one picture, uint8 (height, width) of the spec, in either polarity."""
    scene = compose(sign, alphabet, dice)
    if dice.chance(0.5):
        gray, box = _binarised(scene, dice, grain)
    else:
        gray, box = _photographed(scene, dice, grain), scene.glyph
    left, top, right, bottom = _cut(box, scene.bar, dice, gray.shape[1], gray.shape[0])
    pixels = to_bytes(gray[top:bottom, left:right])
    return resize_picture(255 - pixels if dice.chance(0.5) else pixels, spec)


def compose(sign: str, alphabet: Alphabet, dice: Dice) -> Scene:
    """Place a character between neighbours and frames, and let them lean."""
    glyph = alphabet.glyph(sign)
    height = round(dice.log_uniform(11, 42))
    squeeze = dice.uniform(0.78, 1.25)
    width = max(2, round(height * glyph.aspect * squeeze))
    pad = round(height * 0.45) + 2
    canvas = Image.new("L", (width + 2 * pad, height + 2 * pad), 0)
    canvas.paste(glyph.sized(width, height), (pad, pad))
    gaps = dice.uniform(0.06, 0.36) * height, dice.uniform(0.06, 0.36) * height
    for gap, before in zip(gaps, (True, False), strict=True):
        if dice.chance(0.65):
            other = alphabet.glyph(dice.choice(ALPHABET))
            wide = max(2, round(height * other.aspect * squeeze))
            canvas.paste(
                other.sized(wide, height), (pad - round(gap) - wide if before else pad + width + round(gap), pad)
            )
    _draw_surroundings(ImageDraw.Draw(canvas), canvas.width, pad, height, dice)
    lean = Lean.random(dice, (pad + width / 2, pad + height / 2))
    box = lean.box_of(glyph.outline * (width, height) + pad)
    reach_left, reach_right = (min(gap / 2, 0.2 * height) for gap in gaps)
    search = Box(box.left - reach_left, box.top - 0.1 * height, box.right + reach_right, box.bottom + 0.1 * height)
    return Scene(lean.apply(canvas), height, width < BAR * height, box, search)


def _draw_surroundings(pen: ImageDraw.ImageDraw, wide: int, pad: int, height: int, dice: Dice) -> None:
    """Frame lines above and below, a band or bar beside, bolts, specks and scratches."""
    tall = height + 2 * pad
    for edge, outward in ((pad, -1), (pad + height, 1)):
        if dice.chance(0.14):
            near = edge + outward * dice.uniform(0.08, 0.4) * height
            far = near + outward * dice.uniform(0.03, 0.2) * height
            pen.rectangle((0, min(near, far), wide, max(near, far)), fill=dice.randint(120, 255))
    if dice.chance(0.05):
        away = dice.uniform(0.1, 0.4) * height
        x = pad - away if dice.chance(0.5) else wide - pad + away
        thick = max(1, round(dice.uniform(0.03, 0.12) * height))
        pen.line((x, 0, x, tall), fill=dice.randint(120, 255), width=thick)
    if dice.chance(0.08):
        y = dice.uniform(-0.2, 0.25) if dice.chance(0.5) else dice.uniform(0.75, 1.2)
        _dot(pen, dice.uniform(0, wide), pad + height * y, dice.uniform(0.04, 0.12) * height, dice)
    for _ in range(dice.randint(1, 3) if dice.chance(0.12) else 0):
        _dot(pen, dice.uniform(0, wide), dice.uniform(0, tall), dice.uniform(0.015, 0.06) * height, dice)
    if dice.chance(0.04):
        ends = (dice.uniform(0, wide), dice.uniform(0, tall), dice.uniform(0, wide), dice.uniform(0, tall))
        pen.line(ends, fill=dice.choice((0, 255)), width=1)


def _dot(pen: ImageDraw.ImageDraw, x: float, y: float, radius: float, dice: Dice) -> None:
    pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=dice.choice((0, 255, dice.randint(0, 255))))


def _binarised(scene: Scene, dice: Dice, grain: Grain) -> tuple[Gray, Box]:
    """Enlarge to the size that binarising programs work at, threshold, and find the ink again.

    The threshold is set by how much ink shall be left: programs that adapt theirs swell letters, thin ones too.
    """
    picture = blur(scene.picture, dice.uniform(0.01, 0.05) * scene.height)
    zoom = max(1.0, dice.uniform(24, 48) / scene.height)
    size = (round(picture.width * zoom), round(picture.height * zoom))
    gray = to_gray(picture.resize(size, Image.Resampling.BICUBIC))
    if dice.chance(0.25):
        gray = shade(gray, dice, dice.uniform(0, 0.3))
    tight = scene.glyph.scaled(zoom).of(gray)
    share = min(_INK_LIMIT, max(0.05, float(tight.mean())) * dice.uniform(0.85, 1.5))
    place = tight.size - 1 - int(share * tight.size)
    threshold = float(np.partition(tight, place, axis=None)[place])
    gray = ragged(gray, dice, grain, threshold, dice.log_uniform(0.02, 0.1))
    box = scene.search.scaled(zoom).of_ink(gray)
    if dice.chance(0.6):
        gray = to_gray(blur(Image.fromarray(to_bytes(gray)), dice.uniform(0.3, 0.8)))
    return gray, box


def _photographed(scene: Scene, dice: Dice, grain: Grain) -> Gray:
    """Light, embossing, motion and noise; the tones are then stretched, as a reader of plates stretches them."""
    gray = to_gray(blur(scene.picture, dice.uniform(0, 0.075) * scene.height))
    gray = gray * np.float32(1 / max(0.2, float(scene.glyph.of(gray).max())))
    if dice.chance(0.2):
        gray = emboss(gray, dice, dice.uniform(0.1, 0.8))
    if dice.chance(0.2):
        gray = smear(gray, dice, dice.uniform(0.05, 0.22) * scene.height)
    if dice.chance(0.5):
        gray = shade(gray, dice, dice.uniform(0.1, 0.6))
    noise = grain.window((gray.shape[0], gray.shape[1]), dice, dice.choice((0, 1, 1, 2, 3)))
    return full_range(gray + np.float32(dice.log_uniform(0.01, 0.13)) * noise, dice)


def _cut(box: Box, bar: bool, dice: Dice, width: int, height: int) -> tuple[int, int, int, int]:
    """Cut as programs do: mostly tight, often with a margin, sometimes into the ink; bars stand anywhere."""
    left, top, right, bottom = (_looseness(dice) * box.height for _ in range(4))
    if bar:
        left, right = max(left, -0.08 * box.width), max(right, -0.08 * box.width)
        if dice.chance(0.3):
            spare, share = dice.uniform(0, 0.85) * box.height, dice.choice((0.0, 1.0, 0.5, dice.random()))
            left, right = left + spare * share, right + spare * (1 - share)
    first = min(max(0, math.floor(box.left - left)), width - 2)
    above = min(max(0, math.floor(box.top - top)), height - 2)
    last = max(first + 2, min(width, math.ceil(box.right + right)))
    return first, above, last, max(above + 2, min(height, math.ceil(box.bottom + bottom)))


def _looseness(dice: Dice) -> float:
    """A margin in heights of the character; negative cuts into it."""
    throw = dice.random()
    if throw < 0.45:
        return 0.0
    if throw < 0.85:
        return dice.uniform(0, 0.09)
    return dice.uniform(-0.04, 0) if throw < 0.93 else dice.uniform(0.09, 0.2)
