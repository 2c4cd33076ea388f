"""Plates of drives as flat pictures, with their own alphabets and layouts, made from the strokes of captions."""

from __future__ import annotations

from random import Random
from typing import NamedTuple

from PIL import Image, ImageDraw

from plate_devices.imaging.letters import strokes

Colour = tuple[int, int, int]

TALL = 160
"""Height of a sheet in pixels; it is reduced to what a camera sees of it."""


class Alphabet(NamedTuple):
    """How the strokes are drawn; all is in heights of a letter.

    Attributes:
        width: of a full letter. pen: thickness of its stroke. gap: between letters. slant: of the upright strokes.
        round: the pen's tip is round, else square.
    """

    width: float
    pen: float
    gap: float
    slant: float
    round: bool


ALPHABETS = {
    "ferry": Alphabet(0.52, 0.13, 0.17, 0.0, True),
    "quarry": Alphabet(0.44, 0.12, 0.15, 0.0, False),
    "tram": Alphabet(0.58, 0.15, 0.14, 0.07, True),
    "depot": Alphabet(0.48, 0.16, 0.19, 0.0, False),
}


class Layout(NamedTuple):
    """What a sheet is painted like; shares are of its height."""

    ink: Colour
    paint: Colour
    trim: Colour
    letter: float
    rims: tuple[float, ...]
    band: str


LAYOUTS = {
    "keel": Layout((20, 22, 30), (236, 237, 232), (20, 22, 30), 0.60, (0.03, 0.07), ""),
    "lantern": Layout((238, 236, 226), (26, 30, 40), (200, 60, 30), 0.62, (0.03,), "right"),
    "tessera": Layout((24, 20, 16), (238, 204, 60), (40, 90, 60), 0.58, (0.025,), "foot"),
    "harbour": Layout((18, 40, 96), (228, 234, 240), (18, 40, 96), 0.60, (), "head"),
}


def paint_sheet(text: str, shape: tuple[float, float], chance: Random) -> Image.Image:
    """Paint a plate of `shape`, width and height in any unit, mode RGB, `TALL` pixels high."""
    layout = LAYOUTS[chance.choice(sorted(LAYOUTS))]
    alphabet = ALPHABETS[chance.choice(sorted(ALPHABETS))]
    wide = round(TALL * shape[0] / shape[1])
    sheet = Image.new("RGB", (wide, TALL), layout.paint)
    pen = ImageDraw.Draw(sheet)
    left, top, right, bottom = _band(pen, layout, wide)
    for rim in layout.rims:
        inset = rim * TALL
        pen.rectangle((inset, inset, wide - 1 - inset, TALL - 1 - inset), outline=layout.ink, width=3)
    height = layout.letter * TALL
    whole = _length(text, alphabet) * height
    room = 0.94 * (right - left)
    if whole > room:
        height, whole = height * room / whole, room
    _write(pen, text, alphabet, (left + (right - left - whole) / 2, top + (bottom - top - height) / 2, height), layout)
    return sheet


def glyph(character: str, alphabet: Alphabet, height: int) -> Image.Image:
    """Return one letter, white on black, mode L, to compare alphabets."""
    layout = Layout((255, 255, 255), (0, 0, 0), (0, 0, 0), 1.0, (), "")
    canvas = Image.new("RGB", (2 * height, height))
    _write(ImageDraw.Draw(canvas), character, alphabet, (height * 0.3, 0, height), layout)
    letter = canvas.convert("L")
    return letter.crop(letter.getbbox())


def _band(pen: ImageDraw.ImageDraw, layout: Layout, wide: int) -> tuple[float, float, float, float]:
    """Paint the layout's coloured band; return what is left for the letters: left, top, right, bottom."""
    edge = 0.07 * TALL
    boxes = {
        "right": (wide - 0.35 * TALL, 0, wide, TALL),
        "foot": (0, 0.88 * TALL, wide, TALL),
        "head": (0, 0, wide, 0.1 * TALL),
    }
    if layout.band:
        pen.rectangle(boxes[layout.band], fill=layout.trim)
    return (
        edge,
        0.1 * TALL if layout.band == "head" else 0.0,
        wide - 0.37 * TALL if layout.band == "right" else wide - edge,
        0.88 * TALL if layout.band == "foot" else float(TALL),
    )


def _length(text: str, alphabet: Alphabet) -> float:
    return sum(_width(character, alphabet) for character in text) + alphabet.gap * (len(text) - 1)


def _width(character: str, alphabet: Alphabet) -> float:
    reach = max(x for line in strokes(character) for x, _ in line)
    return alphabet.pen + (alphabet.width - alphabet.pen) * reach / 4


def _write(
    pen: ImageDraw.ImageDraw, text: str, alphabet: Alphabet, spot: tuple[float, float, float], layout: Layout
) -> None:
    """Write from `spot`: left and top of the first letter, and its height."""
    left, top, height = spot
    thick = alphabet.pen * height
    across, down = (alphabet.width * height - thick) / 4, (height - thick) / 6
    for character in text:
        for line in strokes(character):
            points = [
                (left + thick / 2 + x * across + alphabet.slant * (3 - y) * down, top + thick / 2 + y * down)
                for x, y in line
            ]
            pen.line(points, fill=layout.ink, width=max(1, round(thick)))
            for x, y in points:
                box = (x - thick / 2, y - thick / 2, x + thick / 2, y + thick / 2)
                (pen.ellipse if alphabet.round else pen.rectangle)(box, fill=layout.ink)
        left += (_width(character, alphabet) + alphabet.gap) * height
