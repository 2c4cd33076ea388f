"""What plates are lettered with: alphabets of serials, and strips of small print."""

from __future__ import annotations

import functools
import zlib
from collections.abc import Sequence

from PIL import Image, ImageDraw, ImageFont

from ..effects import Dice
from ..fonts import FontFile
from ..glyphs import Alphabet, font_alphabet
from .alphabets import heavy_strokes, plate_strokes, special_strokes

PARTS = ("train", "measure")
SERIAL_KINDS = ("strokes", "plate", "condensed", "mono", "sans", "rounded", "square", "slab", "serif")
_STROKE_ALPHABETS = {"train": 480, "measure": 240}
_HEAVY_ALPHABETS = {"train": 160, "measure": 0}
_SPECIAL_ALPHABETS = {
    "narrow": 180, "motorcycle": 60, "security": 60, "boxy": 39, "techno": 33, "slab": 24, "brush": 24, "hollow": 24,
}  # fmt: skip
"""Special alphabets to train with, by family; a third as many measure."""
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
        own_seed = 2 * seed + PARTS.index(part)
        strokes = plate_strokes(own_seed, _STROKE_ALPHABETS[part]) + heavy_strokes(own_seed, _HEAVY_ALPHABETS[part])
        for family, count in _SPECIAL_ALPHABETS.items():
            strokes += special_strokes(own_seed, family, count if part == "train" else count // 3)
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
