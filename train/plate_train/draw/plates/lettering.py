"""What plates are lettered with: alphabets of serials, and strips of small print."""

from __future__ import annotations

import functools
import zlib
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from ..effects import Dice
from ..fonts import FontFile
from ..glyphs import Alphabet, StrokeAlphabet, font_alphabet
from ..letters import random_style

PARTS = ("train", "measure")
SERIAL_KINDS = ("strokes", "plate", "condensed", "mono", "sans", "rounded", "square", "slab", "serif")
_STROKE_ALPHABETS = {"train": 480, "measure": 240}
_HEAVY_ALPHABETS = {"train": 160, "measure": 0}
_MEASURE_SHARE = 8
_STRIP_HEIGHT = 28


def part_of_family(family: str) -> str:
    """Say which part a family of fonts belongs to: one in eight is drawn only for pictures that measure."""
    return "measure" if zlib.crc32(family.encode()) % _MEASURE_SHARE == 0 else "train"


class Lettering:
    """The fonts and stroke alphabets of one part.

    Args:
        fonts: every fetched font. seed: of the stroke alphabets. part: "train", or "measure" for held-out families.
    """

    def __init__(self, fonts: Sequence[FontFile], seed: int, part: str = "train") -> None:
        own = [font for font in fonts if part_of_family(font.family) == part]
        self.families = frozenset(font.family for font in own)
        shelves: dict[str, dict[str, list[Alphabet]]] = {}
        strokes = plate_strokes(2 * seed + PARTS.index(part), _STROKE_ALPHABETS[part])
        strokes += heavy_strokes(2 * seed + PARTS.index(part), _HEAVY_ALPHABETS[part])
        printed: list[Alphabet] = [font_alphabet(font) for font in own if font.kind in SERIAL_KINDS]
        for alphabet in [*printed, *strokes]:
            shelves.setdefault(alphabet.kind, {}).setdefault(alphabet.family, []).append(alphabet)
        self._shelves = {kind: list(families.values()) for kind, families in shelves.items()}
        self._small = [font for font in own if 400 <= font.weight <= 800]
        self._script = [font for font in own if font.kind == "script"] or self._small

    def alphabet(self, weights: dict[str, float], dice: Dice) -> Alphabet:
        """Pick an alphabet: a kind by its weight, then a family, then one of its weights."""
        kinds = [kind for kind in weights if kind in self._shelves]
        kind = dice.choices(kinds, [weights[kind] for kind in kinds])[0]
        return dice.choice(dice.choice(self._shelves[kind]))

    def strip(self, text: str, height: int, dice: Dice, script: float = 0.0) -> Image.Image:
        """Draw small print, mode "L", ink 255 on 0, cut tight and about `height` pixels high."""
        font = dice.choice(self._script if dice.chance(script) else self._small)
        drawn = _strip(str(font.path), text)
        factor = height / drawn.height
        width = max(2, round(drawn.width * factor * dice.uniform(0.85, 1.25)))
        return drawn.resize((width, max(2, height)), Image.Resampling.BILINEAR)


def plate_strokes(seed: int, count: int) -> list[StrokeAlphabet]:
    """Return `count` alphabets of strokes, every third one bold and narrow, as South American dies are.

    In those 4 and 0, M, N, W and H differ by slits that fill up under a flash.
    """
    rng = np.random.default_rng([seed, 0x504C])
    alphabets = []
    for index in range(count):
        style = random_style(rng)
        if index % 3 == 0:
            width = rng.uniform(0.38, 0.58)
            thickness = width * rng.uniform(0.25, 0.36)
            style = replace(style, width=width, thickness=thickness, opening=min(style.opening, 0.37 - thickness))
        alphabets.append(StrokeAlphabet(style, f"plate strokes {seed}-{index}"))
    return alphabets


def heavy_strokes(seed: int, count: int) -> list[StrokeAlphabet]:
    """Return `count` heavy alphabets whose G, S, 3 and 5 are all but shut, as wide pens leave them.

    A slit is all that tells such a G from 0 or 8 and such an S from 8.
    """
    rng = np.random.default_rng([seed, 0x4845])
    alphabets = []
    for index in range(count):
        style = random_style(rng)
        width = rng.uniform(0.4, 0.62)
        thickness = width * rng.uniform(0.26, 0.36)
        slit, drop = rng.uniform(0.03, 0.1), rng.uniform(0.0, 0.05)
        tip = thickness if style.round_ends else thickness / 2
        opening = style.waist - (tip + slit) / (1 - thickness)
        inward = rng.uniform(0.65, 1.0)
        style = replace(style, width=width, thickness=thickness, opening=opening, drop=drop, inward=inward)
        alphabets.append(StrokeAlphabet(style, f"heavy strokes {seed}-{index}"))
    return alphabets


@functools.lru_cache(maxsize=1024)
def _opened(path: str) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(path, size=_STRIP_HEIGHT)


def _strip(path: str, text: str) -> Image.Image:
    """Draw a line `_STRIP_HEIGHT` high. It is not kept: hardly a line comes twice, and thousands fill 40 MB."""
    font = _opened(path)
    left, top, right, bottom = font.getbbox(text)
    picture = Image.new("L", (max(2, int(right - left)), max(2, int(bottom - top))), 0)
    ImageDraw.Draw(picture).text((-left, -top), text, fill=255, font=font)
    return picture
