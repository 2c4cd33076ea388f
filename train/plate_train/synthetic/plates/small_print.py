"""What is printed small around the serial: names and slogans above and below, letters in a column, pictures beside."""

from __future__ import annotations

from PIL import Image

from plate_runtime.alphabet import ALPHABET

from . import emblems, foreign, words
from .easel import Easel, Rectangle

_LEAST_HEIGHT = 0.5
"""Share of the plate's height below which no line takes any more of it."""
_WIDEST = 0.32
"""Share of the free width that a picture or a column beside the serial takes at most."""


def paint_print(easel: Easel, free: Rectangle) -> Rectangle:
    """Paint all of it and return what it leaves free."""
    left, top, right, bottom = free
    layout, dice, least = easel.layout, easel.dice, _LEAST_HEIGHT * easel.face.height
    if dice.chance(layout.above) and bottom - top > least:
        top = _line(easel, (left, top, right, bottom), True)
    if dice.chance(layout.below) and bottom - top > least:
        bottom = _line(easel, (left, top, right, bottom), False)
    if dice.chance(layout.side):
        left, right = _side_picture(easel, (left, top, right, bottom))
    if dice.chance(layout.stacked):
        left, right = _stacked(easel, (left, top, right, bottom))
    return left, top, right, bottom


def _line(easel: Easel, free: Rectangle, above: bool) -> float:
    """Paint one line at the upper or lower edge, and return the edge of what it leaves free."""
    left, top, right, bottom = free
    dice, height = easel.dice, easel.face.height
    script = dice.chance(easel.layout.script)
    tall = height * dice.uniform(*easel.layout.print)
    if dice.chance(easel.layout.foreign_line):
        strip = foreign.line(easel.part, easel.script(), tall, dice)
    else:
        text = easel.line()
        strip = easel.strip(text.title() if script else text, tall, float(script))
    widest = (right - left) * dice.uniform(0.45, 0.98)
    if strip.width > widest:
        strip = strip.resize((round(widest), max(5, round(strip.height * max(0.7, widest / strip.width)))))
    away = height * dice.uniform(0.0, 0.04)
    y = top + away if above else bottom - away - strip.height
    x = left + (right - left - strip.width) * dice.choice((0.5, 0.5, 0.5, 0.1, 0.9))
    ink = easel.tones.ink if dice.chance(0.55) else easel.tones.accent
    if dice.chance(0.1):
        pad = strip.height * 0.2
        box = (x - 2 * pad, y - pad, x + strip.width + 2 * pad, y + strip.height + pad)
        easel.pen.rectangle(box, fill=255 - ink)
    easel.stamp(strip, ink, x, y)
    gap = height * dice.uniform(-0.01, 0.05)
    return y + strip.height + gap if above else y - gap


def _side_picture(easel: Easel, free: Rectangle) -> tuple[float, float]:
    """A picture at one end; return the left and right edge of what it leaves."""
    left, top, right, bottom = free
    wide = min(_WIDEST * (right - left), easel.face.height * easel.dice.uniform(0.25, 0.6))
    at_left = easel.dice.chance(0.75)
    x = left if at_left else right - wide
    emblems.emblem(easel.face.picture, (x, top, x + wide, bottom), (0, 255), easel.dice)
    if easel.dice.chance(0.35):
        _logo(easel, (x, top, x + wide, bottom))
    return (left + wide, right) if at_left else (left, right - wide)


def _logo(easel: Easel, box: Rectangle) -> None:
    """Letters of a club or a school, smaller than the serial, on the picture beside it."""
    left, top, right, bottom = box
    dice = easel.dice
    text = words.wish(dice, 4)[: dice.randint(1, 4)]
    strip = easel.strip(text, (bottom - top) * dice.uniform(0.2, 0.5))
    strip = strip.resize((max(2, min(strip.width, round(right - left))), strip.height))
    tone = dice.choice((easel.tones.ink, dice.randint(0, 255)))
    easel.stamp(strip, tone, (left + right - strip.width) / 2, top + (bottom - top - strip.height) * dice.random())


def _stacked(easel: Easel, free: Rectangle) -> tuple[float, float]:
    """Two or three small letters in a column, which are no part of the serial; return the edges that are left."""
    left, top, right, bottom = free
    dice, height = easel.dice, easel.face.height
    letters = "".join(dice.choice(ALPHABET) for _ in range(dice.choice((2, 2, 2, 3))))
    tall = (bottom - top) * dice.uniform(0.6, 1.0) / len(letters)
    most = max(2, round(_WIDEST * (right - left)))
    strips = _column(easel, letters, tall * 0.88)
    strips = [strip.resize((min(strip.width, most), strip.height)) for strip in strips]
    widest = max(strip.width for strip in strips)
    at_left = dice.chance(0.6)
    y = top + (bottom - top - tall * len(letters)) * dice.random()
    x = left + height * 0.03 if at_left else right - widest - height * 0.03
    for index, strip in enumerate(strips):
        easel.stamp(strip, easel.tones.ink, x, y + index * tall)
    taken = widest + height * dice.uniform(0.04, 0.1)
    return (left + taken, right) if at_left else (left, right - taken)


def _column(easel: Easel, letters: str, tall: float) -> list[Image.Image]:
    """Letters of a column, mostly from the dies of a serial, else printed; each about `tall` pixels high."""
    if easel.dice.chance(0.3):
        return [easel.strip(sign, tall) for sign in letters]
    alphabet, high = easel.lettering.alphabet(easel.layout.alphabets, easel.dice), max(4, round(tall))
    glyphs = [alphabet.glyph(sign) for sign in letters]
    return [glyph.sized(max(2, round(high * glyph.aspect)), high) for glyph in glyphs]
