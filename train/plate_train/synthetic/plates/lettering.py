"""Lettering of plates: alphabets of serials, and strips of small print."""

from __future__ import annotations

import functools
import zlib
from collections.abc import Sequence

from PIL import Image, ImageDraw, ImageFont

from ..fonts import FontFile
from ..glyphs.alphabets import Alphabet, font_alphabet
from ..glyphs.families import heavy_strokes, plate_strokes, special_strokes
from ..random_source import RandomSource

SPLITS = ("train", "measure")
SERIAL_KINDS = ("strokes", "plate", "condensed", "mono", "sans", "rounded", "square", "slab", "serif")
_STROKE_ALPHABETS = {"train": 480, "measure": 240}
_HEAVY_ALPHABETS = {"train": 160, "measure": 0}
_SPECIAL_ALPHABETS = {
    "train": {
        "narrow": 300, "motorcycle": 60, "security": 60, "boxy": 39, "techno": 33, "slab": 24, "brush": 24,
        "hollow": 24,
    },
    "measure": {
        "narrow": 60, "motorcycle": 20, "security": 20, "boxy": 13, "techno": 11, "slab": 8, "brush": 8, "hollow": 8,
    },
}  # fmt: skip
"""Special alphabets of each split, by family. Narrow ones are the hardest to read, so training has many of them."""
_MEASURE_ONE_IN = 8
_STRIP_HEIGHT = 28


def split_of_family(family: str) -> str:
    """Return the split of a family of fonts; one family in eight is in "measure"."""
    return "measure" if zlib.crc32(family.encode()) % _MEASURE_ONE_IN == 0 else "train"


class Lettering:
    """The fonts and stroke alphabets of one split.

    Args:
        fonts: every fetched font. seed: of the stroke alphabets. split: "train", or "measure" for held-out families.
        only: the alphabet of all serials, None for those of the split.
    """

    def __init__(
        self, fonts: Sequence[FontFile], seed: int, split: str = "train", only: Alphabet | None = None
    ) -> None:
        self._only = only
        chosen = [font for font in fonts if split_of_family(font.family) == split]
        self.families = frozenset(font.family for font in chosen)
        by_kind: dict[str, dict[str, list[Alphabet]]] = {}
        split_seed = 2 * seed + SPLITS.index(split)
        strokes = plate_strokes(split_seed, _STROKE_ALPHABETS[split]) + heavy_strokes(
            split_seed, _HEAVY_ALPHABETS[split]
        )
        for family, count in _SPECIAL_ALPHABETS[split].items():
            strokes += special_strokes(split_seed, family, count)
        printed: list[Alphabet] = [font_alphabet(font) for font in chosen if font.kind in SERIAL_KINDS]
        for alphabet in [*printed, *strokes]:
            by_kind.setdefault(alphabet.kind, {}).setdefault(alphabet.family, []).append(alphabet)
        self._by_kind = {kind: list(families.values()) for kind, families in by_kind.items()}
        self._small = [font for font in chosen if 400 <= font.weight <= 800]
        self._script = [font for font in chosen if font.kind == "script"] or self._small

    def alphabet(self, weights: dict[str, float], rng: RandomSource) -> Alphabet:
        """Choose an alphabet: a kind by its weight, then a family, then a member of it."""
        kinds = [kind for kind in weights if kind in self._by_kind]
        kind = rng.choices(kinds, [weights[kind] for kind in kinds])[0]
        chosen = rng.choice(rng.choice(self._by_kind[kind]))
        return self._only or chosen

    def strip(self, text: str, height: int, rng: RandomSource, script: float = 0.0) -> Image.Image:
        """Render small print, mode "L", ink 255 on 0, cropped tight and about `height` pixels high."""
        font = rng.choice(self._script if rng.chance(script) else self._small)
        line = _strip(str(font.path), text)
        factor = height / line.height
        width = max(2, round(line.width * factor * rng.uniform(0.85, 1.25)))
        return line.resize((width, max(2, height)), Image.Resampling.BILINEAR)


@functools.lru_cache(maxsize=1024)
def _opened(path: str) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(path, size=_STRIP_HEIGHT)


def _strip(path: str, text: str) -> Image.Image:
    """Render a line `_STRIP_HEIGHT` high. It is not cached: lines rarely repeat, and thousands would fill 40 MB."""
    font = _opened(path)
    left, top, right, bottom = font.getbbox(text)
    picture = Image.new("L", (max(2, int(right - left)), max(2, int(bottom - top))), 0)
    ImageDraw.Draw(picture).text((-left, -top), text, fill=255, font=font)
    return picture
