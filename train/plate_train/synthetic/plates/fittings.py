"""What is put on a finished plate: stickers in the corners, bolts, and a holder over its edge."""

from __future__ import annotations

from PIL import Image, ImageDraw

from . import emblems, words
from .easel import Easel


def fit_plate(easel: Easel) -> None:
    """Put on what the layout asks for."""
    layout, dice = easel.layout, easel.dice
    for at_right in (False, True):
        for below in (False, True):
            if dice.chance(layout.tags):
                _sticker(easel, at_right, below)
    if dice.chance(layout.bolts):
        _bolts(easel)
    if dice.chance(layout.frame):
        _holder(easel)


def _sticker(easel: Easel, at_right: bool, below: bool) -> None:
    left, top, right, bottom = easel.face.plate
    dice, tall = easel.dice, easel.face.height
    high = tall * dice.uniform(0.1, 0.2)
    strip = easel.strip(words.tag(dice), high * dice.uniform(0.5, 0.85))
    wide = max(strip.width + high * 0.3, high * dice.uniform(0.8, 1.6))
    edge = tall * dice.uniform(0.01, 0.06)
    x = right - edge - wide if at_right else left + edge
    y = bottom - edge - high if below else top + edge
    tone, ink = dice.randint(0, 255), easel.tones.ink
    if dice.chance(0.75):
        easel.pen.rectangle((x, y, x + wide, y + high), fill=tone)
        ink = easel.against(tone, 80, 160)
    easel.stamp(strip, ink, x + (wide - strip.width) / 2, y + (high - strip.height) / 2)


def _bolts(easel: Easel) -> None:
    left, top, right, bottom = easel.face.plate
    dice, tall = easel.dice, easel.face.height
    inset, radius = dice.uniform(0.05, 0.25) * (right - left), dice.uniform(0.015, 0.045) * tall
    off = radius + dice.uniform(0.0, 0.06) * tall
    for x in (left + inset, right - inset):
        for y in (top + off, bottom - off):
            if dice.chance(0.8):
                emblems.bolt(easel.pen, x, y, radius, dice)


def _holder(easel: Easel) -> None:
    """A frame, black mostly, that reaches over the edge a little and may carry a dealer's name."""
    left, top, right, bottom = easel.face.plate
    dice, tall = easel.dice, easel.face.height
    over = tall * dice.uniform(0.0, 0.035)
    sides = [tall * dice.uniform(0.03, 0.14) for _ in range(3)]
    deepest = tall * dice.uniform(0.1, 0.24) if dice.chance(0.5) else tall * dice.uniform(0.03, 0.14)
    tone = dice.choice((dice.randint(0, 50), dice.randint(0, 50), dice.randint(0, 255)))
    mask = Image.new("L", easel.face.picture.size, 0)
    pen, radius = ImageDraw.Draw(mask), tall * dice.uniform(0, 0.12)
    easel.face.holder = (left - sides[0], top - sides[1], right + sides[2], bottom + deepest)
    pen.rounded_rectangle(easel.face.holder, radius, fill=255)
    pen.rounded_rectangle((left + over, top + over, right - over, bottom - over), radius, fill=0)
    easel.face.picture.paste(tone, (0, 0), mask)
    for edge, deep, share in ((bottom - over, deepest + over, 0.65), (top - sides[1], sides[1] + over, 0.2)):
        if deep > 0.06 * tall and dice.chance(share):
            strip = easel.fitted(easel.line(), deep * dice.uniform(0.45, 0.85), 0.98 * (right - left))
            x = left + (right - left - strip.width) * dice.choice((0.5, 0.5, dice.random()))
            easel.stamp(strip, easel.against(tone, 50), x, edge + (deep - strip.height) / 2)
    if min(sides[0], sides[2]) > 0.07 * tall and dice.chance(0.4):
        for x in (left - sides[0] / 2, right + sides[2] / 2):
            _column(easel, (x - min(sides[0], sides[2]) / 2, top, x + min(sides[0], sides[2]) / 2, bottom), tone)


def _column(easel: Easel, box: tuple[float, float, float, float], tone: int) -> None:
    """A dealer's word from top to bottom on the side of a holder."""
    left, top, right, bottom = box
    letters = words.word(easel.dice, 2).upper()[:7]
    pitch = min((bottom - top) / len(letters), 1.3 * (right - left))
    y = (top + bottom - pitch * len(letters)) / 2
    for letter in letters:
        strip = easel.strip(letter, 0.75 * pitch)
        easel.stamp(strip, easel.against(tone, 80), (left + right - strip.width) / 2, y)
        y += pitch
