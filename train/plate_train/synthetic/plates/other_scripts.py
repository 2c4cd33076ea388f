"""Imitated characters of other scripts, made of strokes: they look like Han, Arabic or Thai, but have no meaning.

A reader has to ignore them. No font is needed.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Sequence

from PIL import Image, ImageDraw

from ..random_source import RandomSource

Spot = tuple[float, float]
Stroke = list[Spot]
"""Corners x, y of one stroke; both 0..1 in a box as wide as `_ASPECT` says."""

_TALL, _FINE = 64, 2
LATIN_LOOKING = ("cyrillic",)
"""Scripts with characters that resemble Latin letters; they are used in small print only, never beside a serial."""
_KEPT = 96
"""Number of characters of each script and split."""
_WIDE, _NARROW, _FLAT = "wide", "narrow", "flat"

# Components of Han characters on a grid of ten: full width, at the left, on top.
_HAN: dict[str, tuple[str, ...]] = {
    _WIDE: (
        "11 91 99 19 11", "11 91 99 19 11;15 95", "11 91 99 19 11;13.7 93.7;16.3 96.3", "11 91 99 19 11;15 95;51 59",
        "05 X5;50 5X", "04 X4;50 59;09 X9", "11 91;05 X5;09 X9;51 59", "03 X3;50 5X;53 09;53 X9",
        "03 X3;50 53 0X;53 XX", "30 25 0X;50 58;90 9X", "50 59;14 19 99 94", "11 91;05 X5;09 X9", "04 X4;50 0X;54 XX",
        "20 0X;20 90 97 8X;23 93;26 96", "11 91 2X;13 9X", "0X 2X 20 90 9X;25 95", "50 52;02 X2;04 94;16 86;29 X9",
        "01 X1;51 59;5X 39", "50 15;50 95;25 85;55 59;09 X9", "01 X1;20 2X;80 8X;05 X5",
        "50 5X;22 33;82 73;05 X5;28 88",
        "03 X3;40 0X;24 64 6X;24 2X", "10 1X;10 90 90 9X;13 93;16 96;55 5X",
    ),
    _NARROW: (
        "20 72;14 66;09 4X 95", "80 04;43 4X", "50 59 27;02 X2;06 X5", "20 2X;20 80 44 87 26",
        "40 4X;02 82;05 85;3X 7X",
        "50 0X;32 X2;36 XX", "30 3X;03 73;33 07;33 97", "50 52;23 83 0X;64 6X",
    ),
    _FLAT: (
        "05 X5;20 2X;80 8X", "50 53;08 04 X4 X8", "08 28;38 58;68 88;05 X5", "50 0X;50 XX", "02 X2;09 X9;50 59",
        "20 2X;50 5X;80 8X;0X XX", "14 84 50 14",
    ),
}  # fmt: skip


def glyph(split: str, script: str, rng: RandomSource) -> Image.Image:
    """Return one character of a script, mode "L", ink 255 on 0, 64 pixels high."""
    return rng.choice(_characters(split, script))


def line(split: str, script: str, height: float, rng: RandomSource) -> Image.Image:
    """Return several characters side by side, about `height` pixels high."""
    glyphs = [glyph(split, script, rng) for _ in range(rng.choice((1, 2, 2, 3, 4, 5)))]
    gap = 0 if script in ("arabic", "devanagari") else round(_TALL * rng.uniform(0.08, 0.3))
    whole = Image.new("L", (sum(one.width + gap for one in glyphs) - gap, _TALL), 0)
    x = 0
    for one in glyphs:
        whole.paste(one, (x, 0))
        x += one.width + gap
    tall = max(4, round(height))
    return whole.resize((max(4, round(whole.width * tall / _TALL)), tall), Image.Resampling.BILINEAR)


@functools.cache
def _characters(split: str, script: str) -> list[Image.Image]:
    """Return the characters of a script; the splits share none of them."""
    strokes = SCRIPTS[script]
    rendered = []
    for number in range(_KEPT):
        rng = RandomSource(f"{split} {script} {number}")
        rendered.append(_rendered(strokes(rng), _ASPECT[script] * rng.uniform(0.85, 1.15), rng))
    return rendered


def _rendered(strokes: Sequence[Stroke], aspect: float, rng: RandomSource) -> Image.Image:
    tall, wide = _TALL * _FINE, round(_TALL * _FINE * aspect)
    pen_width = max(5, round(tall * min(0.13, rng.uniform(0.5, 0.95) / (len(strokes) + 4))))
    picture = Image.new("L", (wide, tall), 0)
    pen, edge = ImageDraw.Draw(picture), pen_width / 2
    for stroke in strokes:
        spots = [(edge + x * (wide - 2 * edge), edge + y * (tall - 2 * edge)) for x, y in _wobbled(stroke, rng)]
        if len(spots) == 1:
            (x, y), reach = spots[0], 0.7 * pen_width
            pen.ellipse((x - reach, y - reach, x + reach, y + reach), fill=255)
        pen.line(spots, fill=255, width=pen_width, joint="curve")
    return picture.reduce(_FINE)


def _wobbled(stroke: Stroke, rng: RandomSource) -> Stroke:
    """The stroke shifted a little, so that no two characters are the same."""
    right, down = rng.normal(0.015), rng.normal(0.015)
    return [(min(1.0, max(0.0, x + right)), min(1.0, max(0.0, y + down))) for x, y in stroke]


def _parse(grid: str) -> list[Stroke]:
    """Return strokes of a text like "x y" on a grid of ten: X is ten, ";" separates strokes."""
    strokes = []
    for stroke in grid.split(";"):
        spots = []
        for spot in stroke.split():
            x, rest = spot[0], spot[1:]
            spots.append((_tenth(x), _tenth(rest)))
        strokes.append(spots)
    return strokes


def _tenth(text: str) -> float:
    return 1.0 if text == "X" else float(text) / 10


def _boxed(strokes: Sequence[Stroke], left: float, top: float, right: float, bottom: float) -> list[Stroke]:
    return [[(left + x * (right - left), top + y * (bottom - top)) for x, y in stroke] for stroke in strokes]


def _han(rng: RandomSource) -> list[Stroke]:
    """One component, or two or three beside and above each other."""

    def component(kind: str) -> list[Stroke]:
        return _parse(rng.choice(_HAN[kind]))

    def compose(left: float, top: float, right: float, bottom: float, depth: int) -> list[Stroke]:
        value = rng.random() if depth else 1.0
        across, down = left + (right - left) * rng.uniform(0.28, 0.42), top + (bottom - top) * rng.uniform(0.25, 0.4)
        near_x, near_y = (right - left) * 0.1, (bottom - top) * 0.09
        if value < 0.5:
            return _boxed(component(_NARROW), left, top, across, bottom) + compose(
                across + near_x, top, right, bottom, depth - 1
            )
        if value < 0.75:
            return _boxed(component(_FLAT), left, top, right, down) + compose(
                left, down + near_y, right, bottom, depth - 1
            )
        if value < 0.88:
            middle = (top + bottom) / 2
            lower = compose(left, middle + near_y / 2, right, bottom, 0)
            return _boxed(component(_WIDE), left + near_x, top, right - near_x, middle - near_y / 2) + lower
        return _boxed(component(_WIDE), left, top, right, bottom)

    return compose(0, 0, 1, 1, 2)


def _arc(centre: Spot, reach: Spot, start: float = 0.0, end: float = 1.0) -> Stroke:
    """An ellipse or a part of it, from one angle to another in turns, clockwise from the right."""
    (x, y), (across, down) = centre, reach
    steps = max(3, round(abs(end - start) * 16))
    angles = [2 * math.pi * (start + (end - start) * step / steps) for step in range(steps + 1)]
    return [(x + across * math.cos(angle), y + down * math.sin(angle)) for angle in angles]


def _arabic(rng: RandomSource) -> list[Stroke]:
    """Teeth, loops, bowls and tall bars along a line, dots above and below."""
    strokes: list[Stroke] = []
    count, low = rng.choice((1, 2, 2, 3)), rng.uniform(0.55, 0.68)
    wide = 1 / count
    for index in range(count):
        x, kind = index * wide, rng.choice(("tooth", "loop", "bowl", "tall", "hook"))
        if kind == "tall":
            strokes.append([(x + wide * 0.6, 0.02), (x + wide * 0.55, low), (x, low)])
        elif kind == "loop":
            strokes += [_arc((x + wide / 2, low - 0.12), (wide * 0.3, 0.12)), [(x, low), (x + wide, low)]]
        elif kind == "bowl":
            strokes.append(_arc((x + wide / 2, low - 0.05), (wide * 0.48, rng.uniform(0.2, 0.38)), 0.02, 0.5))
        elif kind == "hook":
            strokes.append(
                [(x + wide * 0.7, low - 0.3), (x + wide * 0.9, low), (x + wide * 0.5, low + 0.28), (x, low + 0.3)]
            )
        else:
            strokes.append([(x + wide, low - 0.25), (x + wide * 0.8, low), (x, low)])
        y = rng.choice((low - 0.42, 0.97))
        strokes += [[(x + wide * (0.35 + 0.3 * dot), y)] for dot in range(rng.choice((0, 0, 1, 1, 2)))]
    return strokes


def _thai(rng: RandomSource) -> list[Stroke]:
    """A small loop, a stem, an arch or a fold, another stem; sometimes a mark above."""
    top, loop = (0.22, 0.1) if rng.chance(0.4) else (0.03, 0.1)
    low_loop = rng.chance(0.5)
    y = 0.9 if low_loop else top + 0.12
    strokes: list[Stroke] = [_arc((0.16, y), (0.13, loop))]
    if low_loop:
        strokes.append([(0.05, 0.9), (0.05, top + 0.2), (0.3, top), (0.7, top), (0.97, top + 0.2), (0.97, 1.0)])
        if rng.chance(0.4):
            strokes.append([(0.05, top + 0.25), (0.3, top + 0.32), (0.05, top + 0.42)])
    else:
        strokes.append(
            [(0.28, top + 0.12), (0.28, 0.97), (rng.uniform(0.5, 0.8), rng.uniform(0.5, 0.97)), (0.95, 0.97)]
        )
        strokes.append([(0.95, 1.0), (0.95, top)])
    if top > 0.1:
        strokes.append([(0.4, 0.1), (0.7, 0.0), (0.95, 0.1)])
    if rng.chance(0.3):
        strokes.append(_arc((0.6, 0.6), (0.14, 0.1)))
    return strokes


def _devanagari(rng: RandomSource) -> list[Stroke]:
    """A bar on top, curves that hang from it, mostly a stem at the right."""
    strokes: list[Stroke] = [[(0, 0.15), (1, 0.15)]]
    if rng.chance(0.75):
        strokes.append([(0.82, 0.15), (0.82, 1)])
    for _ in range(rng.choice((1, 1, 2))):
        x, y = rng.uniform(0.25, 0.5), rng.uniform(0.4, 0.7)
        start = rng.uniform(0, 1)
        reach = (rng.uniform(0.18, 0.3), rng.uniform(0.14, 0.26))
        strokes.append(_arc((x, y), reach, start, start + rng.uniform(0.5, 0.9)))
    strokes.append([(rng.uniform(0.2, 0.5), 0.15), (rng.uniform(0.2, 0.5), 0.5), (rng.uniform(0.5, 0.82), 0.62)])
    if rng.chance(0.3):
        strokes.append([(0.82, 0.15), (0.6, 0.0), (0.3, 0.04)])
    return strokes


def _hangul(rng: RandomSource) -> list[Stroke]:
    """A consonant, a vowel beside or below it, sometimes a consonant at the bottom."""
    consonants = ("00 X0 XX", "00 0X XX", "00 X0 XX 0X 00", "50 0X;50 XX", "X0 00 0X XX", "00 X0 X5 05 0X XX", "O")

    def consonant(left: float, top: float, right: float, bottom: float) -> list[Stroke]:
        grid = rng.choice(consonants)
        round_one: list[Stroke] = [_arc((0.5, 0.5), (0.48, 0.48))]
        return _boxed(round_one if grid == "O" else _parse(grid), left, top, right, bottom)

    foot = rng.chance(0.4)
    end = 0.58 if foot else 1.0
    strokes = consonant(0.15, 0.7, 0.9, 1.0) if foot else []
    if rng.chance(0.65):
        strokes += consonant(0, 0.05, 0.55, end - 0.05)
        strokes.append([(0.82, 0), (0.82, end)])
        side = 1.0 if rng.chance(0.6) else 0.66
        strokes += [[(0.82, end * y), (side, end * y)] for y in rng.choice(((0.5,), (0.4, 0.62)))]
    else:
        strokes += consonant(0.2, 0, 0.8, end * 0.55)
        strokes += [[(0, end * 0.95), (1, end * 0.95)], [(0.5, end * 0.68), (0.5, end * 0.95)]]
    return strokes


def _kana(rng: RandomSource) -> list[Stroke]:
    """A cross stroke or two and a curve that swings through them."""
    strokes: list[Stroke] = [[(0.1, y), (0.9, y - 0.05)] for y in rng.choice(((0.25,), (0.2, 0.42)))]
    x = rng.uniform(0.3, 0.6)
    strokes.append([(x, 0), (x - 0.05, rng.uniform(0.5, 0.8)), (x - rng.uniform(0.1, 0.3), 1)])
    start = rng.uniform(0.4, 0.8)
    strokes.append(_arc((rng.uniform(0.45, 0.6), 0.68), (0.38, 0.28), start, start + rng.uniform(0.5, 0.9)))
    return strokes


def _cyrillic(rng: RandomSource) -> list[Stroke]:
    """Letters unlike any Latin letter."""
    shapes = (
        "X0 00 0X 8X X7 85 05", "X0 00 0X", "00 0X X0 XX", "0X 00 X0 XX", "00 0X XX X0;50 5X",
        "00 0X XX X0;80 8X;XX XX",
        "50 5X;05 22 X2 X7 07 05", "00 XX;X0 0X;50 5X", "1X 30 90 9X;0X XX", "00 05 X5;X0 XX", "0X 40 X0 XX",
        "XX X0 20 03 25 X5;35 0X",
    )  # fmt: skip
    return _parse(rng.choice(shapes))


SCRIPTS: dict[str, Callable[[RandomSource], list[Stroke]]] = {
    "han": _han, "arabic": _arabic, "thai": _thai, "devanagari": _devanagari, "hangul": _hangul, "kana": _kana,
    "cyrillic": _cyrillic,
}  # fmt: skip
_ASPECT = {
    "han": 0.72, "arabic": 1.0, "thai": 0.6, "devanagari": 0.75, "hangul": 0.85, "kana": 0.85, "cyrillic": 0.65,
}  # fmt: skip
