"""Small print around the serial: names and slogans above and below, letters in a column, pictures at one side."""

from __future__ import annotations

from PIL import Image

from plate_runtime.alphabet import ALPHABET

from . import emblems, other_scripts, words
from .canvas import PlateCanvas, Rectangle

_LEAST_HEIGHT = 0.5
"""Fraction of the plate's height that lines of small print leave free."""
_WIDEST = 0.32
"""Largest fraction of the free width for a picture or a column beside the serial."""


def paint_print(canvas: PlateCanvas, free: Rectangle) -> Rectangle:
    """Paint the small print and return the free area."""
    left, top, right, bottom = free
    layout, rng, least = canvas.layout, canvas.rng, _LEAST_HEIGHT * canvas.face.height
    if rng.chance(layout.above) and bottom - top > least:
        top = _line(canvas, (left, top, right, bottom), True)
    if rng.chance(layout.below) and bottom - top > least:
        bottom = _line(canvas, (left, top, right, bottom), False)
    if rng.chance(layout.side):
        left, right = _side_picture(canvas, (left, top, right, bottom))
    if rng.chance(layout.stacked):
        left, right = _stacked(canvas, (left, top, right, bottom))
    return left, top, right, bottom


def _line(canvas: PlateCanvas, free: Rectangle, above: bool) -> float:
    """Paint one line at the upper or lower edge, and return that edge of the free area."""
    left, top, right, bottom = free
    rng, height = canvas.rng, canvas.face.height
    script = rng.chance(canvas.layout.script)
    tall = height * rng.uniform(*canvas.layout.print)
    if rng.chance(canvas.layout.foreign_line):
        strip = other_scripts.line(canvas.split, canvas.script(), tall, rng)
    else:
        text = canvas.line()
        strip = canvas.strip(text.title() if script else text, tall, float(script))
    widest = (right - left) * rng.uniform(0.45, 0.98)
    if strip.width > widest:
        strip = strip.resize((round(widest), max(5, round(strip.height * max(0.7, widest / strip.width)))))
    away = height * rng.uniform(0.0, 0.04)
    y = top + away if above else bottom - away - strip.height
    x = left + (right - left - strip.width) * rng.choice((0.5, 0.5, 0.5, 0.1, 0.9))
    ink = canvas.tones.ink if rng.chance(0.55) else canvas.tones.accent
    if rng.chance(0.1):
        pad = strip.height * 0.2
        box = (x - 2 * pad, y - pad, x + strip.width + 2 * pad, y + strip.height + pad)
        canvas.pen.rectangle(box, fill=255 - ink)
    canvas.stamp(strip, ink, x, y)
    gap = height * rng.uniform(-0.01, 0.05)
    return y + strip.height + gap if above else y - gap


def _side_picture(canvas: PlateCanvas, free: Rectangle) -> tuple[float, float]:
    """A picture at one end; return the left and right edge of the free area."""
    left, top, right, bottom = free
    wide = min(_WIDEST * (right - left), canvas.face.height * canvas.rng.uniform(0.25, 0.6))
    at_left = canvas.rng.chance(0.75)
    x = left if at_left else right - wide
    emblems.emblem(canvas.face.picture, (x, top, x + wide, bottom), (0, 255), canvas.rng)
    if canvas.rng.chance(0.35):
        _logo(canvas, (x, top, x + wide, bottom))
    return (left + wide, right) if at_left else (left, right - wide)


def _logo(canvas: PlateCanvas, box: Rectangle) -> None:
    """Letters of a club or a school, smaller than the serial, on the picture beside it."""
    left, top, right, bottom = box
    rng = canvas.rng
    text = words.vanity_text(rng, 4)[: rng.randint(1, 4)]
    strip = canvas.strip(text, (bottom - top) * rng.uniform(0.2, 0.5))
    strip = strip.resize((max(2, min(strip.width, round(right - left))), strip.height))
    tone = rng.choice((canvas.tones.ink, rng.randint(0, 255)))
    canvas.stamp(strip, tone, (left + right - strip.width) / 2, top + (bottom - top - strip.height) * rng.random())


def _stacked(canvas: PlateCanvas, free: Rectangle) -> tuple[float, float]:
    """Two or three small letters in a column, not part of the serial; return the edges of the free area."""
    left, top, right, bottom = free
    rng, height = canvas.rng, canvas.face.height
    letters = "".join(rng.choice(ALPHABET) for _ in range(rng.choice((2, 2, 2, 3))))
    tall = (bottom - top) * rng.uniform(0.6, 1.0) / len(letters)
    most = max(2, round(_WIDEST * (right - left)))
    strips = _column(canvas, letters, tall * 0.88)
    strips = [strip.resize((min(strip.width, most), strip.height)) for strip in strips]
    widest = max(strip.width for strip in strips)
    at_left = rng.chance(0.6)
    y = top + (bottom - top - tall * len(letters)) * rng.random()
    x = left + height * 0.03 if at_left else right - widest - height * 0.03
    for index, strip in enumerate(strips):
        canvas.stamp(strip, canvas.tones.ink, x, y + index * tall)
    taken = widest + height * rng.uniform(0.04, 0.1)
    return (left + taken, right) if at_left else (left, right - taken)


def _column(canvas: PlateCanvas, letters: str, tall: float) -> list[Image.Image]:
    """Letters of a column, mostly in an alphabet of serials, otherwise printed; each about `tall` pixels high."""
    if canvas.rng.chance(0.3):
        return [canvas.strip(character, tall) for character in letters]
    alphabet, high = canvas.lettering.alphabet(canvas.layout.alphabets, canvas.rng), max(4, round(tall))
    glyphs = [alphabet.glyph(character) for character in letters]
    return [glyph.sized(max(2, round(high * glyph.aspect)), high) for glyph in glyphs]
