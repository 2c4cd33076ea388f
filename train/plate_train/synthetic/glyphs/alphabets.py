"""Sources of character shapes: fonts and stroke alphabets. Each shape is rendered once and cached."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from plate_runtime.errors import DataError

from ..fonts import FETCH_COMMAND, FontFile
from .letters import Style, random_style
from .strokes import render_letter

GLYPH_HEIGHT = 64
"""Height of cached shapes in pixels; their width follows from it."""

BAR = 0.36
"""A glyph narrower than this, in heights, is a bar: cropped tight, it has ink only."""


@dataclass(frozen=True)
class Glyph:
    """One shape.

    Attributes:
        picture: cropped tight, white on black, mode "L", `GLYPH_HEIGHT` pixels high.
        outline: the leftmost and rightmost ink of every row, float64 (n, 2), x and y as fractions of width and height.
    """

    picture: Image.Image
    outline: NDArray[np.float64]

    @property
    def aspect(self) -> float:
        """Width divided by height."""
        return self.picture.width / self.picture.height

    def sized(self, width: int, height: int) -> Image.Image:
        """The picture at another size."""
        return self.picture.resize((width, height), Image.Resampling.BILINEAR)


class Alphabet(Protocol):
    """A source of shapes."""

    kind: str
    family: str

    def glyph(self, character: str) -> Glyph:
        """Return the shape of `character`."""


class FontAlphabet:
    """The capitals and digits of one font file."""

    def __init__(self, font: FontFile) -> None:
        self.kind, self.family, self._font = font.kind, font.family, font
        self._glyphs: dict[str, Glyph] = {}

    def glyph(self, character: str) -> Glyph:
        """See `Alphabet.glyph`.

        Raises:
            DataError: Pillow cannot open the file, or the font has no shape for the character.
        """
        if character not in self._glyphs:
            self._glyphs[character] = _tight(self._render(character), self._font.path.name, character)
        return self._glyphs[character]

    @functools.cached_property
    def _opened(self) -> ImageFont.FreeTypeFont:
        try:
            return ImageFont.truetype(str(self._font.path), size=int(GLYPH_HEIGHT * 1.5))
        except OSError as error:
            raise DataError(
                f"{self._font.path} is not a font that Pillow can open ({error}); fetch it again with: {FETCH_COMMAND}"
            ) from error

    def _render(self, character: str) -> Image.Image:
        left, top, right, bottom = self._opened.getbbox(character)
        picture = Image.new("L", (max(1, int(right - left) + 4), max(1, int(bottom - top) + 4)), 0)
        ImageDraw.Draw(picture).text((2 - left, 2 - top), character, fill=255, font=self._opened)
        return picture


@functools.lru_cache(maxsize=2048)
def font_alphabet(font: FontFile) -> FontAlphabet:
    """Return the alphabet of a font; the renderers of a process share it and its cached shapes."""
    return FontAlphabet(font)


class StrokeAlphabet:
    """An alphabet made of strokes; see `strokes`."""

    kind = "strokes"

    def __init__(self, style: Style, family: str) -> None:
        self.family, self._style = family, style
        self._glyphs: dict[str, Glyph] = {}

    def glyph(self, character: str) -> Glyph:
        """See `Alphabet.glyph`."""
        if character not in self._glyphs:
            self._glyphs[character] = _tight(
                render_letter(character, self._style, GLYPH_HEIGHT), self.family, character
            )
        return self._glyphs[character]


def stroke_alphabets(seed: int, count: int) -> list[StrokeAlphabet]:
    """Return `count` alphabets; each seed gives others."""
    rng = np.random.default_rng([seed, 0x57])
    return [StrokeAlphabet(random_style(rng), f"strokes {seed}-{index}") for index in range(count)]


def _tight(picture: Image.Image, family: str, character: str) -> Glyph:
    box = picture.point(lambda tone: 255 * (tone >= 128)).getbbox()
    if box is None:
        raise DataError(f"{family} has no shape for {character!r}; remove it from the list of fonts")
    tight = picture.crop(box)
    width = max(2, round(tight.width * GLYPH_HEIGHT / tight.height))
    sized = tight.resize((width, GLYPH_HEIGHT), Image.Resampling.BILINEAR)
    ink = np.asarray(sized) >= 128
    return Glyph(sized, _outline(ink) / (width, GLYPH_HEIGHT))


def _outline(ink: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return the leftmost and rightmost ink of each row of bool (h, w) as points (n, 2), x and y in pixels."""
    rows = np.flatnonzero(ink.any(axis=1))
    first, last = ink[rows].argmax(axis=1), ink.shape[1] - ink[rows, ::-1].argmax(axis=1)
    return np.stack([np.concatenate([first, last]), np.concatenate([rows, rows + 1])], axis=1).astype(np.float64)
