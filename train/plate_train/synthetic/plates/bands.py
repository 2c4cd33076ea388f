"""Bands along a plate's edges and panels inside it: what they show, and what they leave free."""

from __future__ import annotations

from . import emblems, words
from .easel import Easel, Rectangle


def paint_bands(easel: Easel) -> Rectangle:
    """Paint bands and a panel, and return what they leave free."""
    face, layout, dice = easel.face, easel.layout, easel.dice
    left, top, right, bottom = face.plate
    if dice.chance(layout.head):
        end = top + face.height * dice.uniform(0.13, 0.3)
        _named_band(easel, (left, top, right, end))
        top = end
    if dice.chance(layout.foot):
        end = bottom - face.height * dice.uniform(0.12, 0.24)
        _named_band(easel, (left, end, right, bottom))
        bottom = end
    if dice.chance(layout.band):
        wide = min(0.16 * face.width, face.height * dice.uniform(0.26, 0.52) * (0.5 if layout.two_rows else 1))
        _country_band(easel, (left, top, left + wide, bottom))
        left += wide
    if dice.chance(layout.right_band):
        wide = face.height * dice.uniform(0.25, 0.5)
        _country_band(easel, (right - wide, top, right, bottom))
        right -= wide
    edge = face.height * dice.uniform(0.01, 0.05)
    free = (left + edge, top + edge, right - edge, bottom - edge)
    return _panel(easel, free) if dice.chance(layout.panel) else free


def _panel(easel: Easel, free: Rectangle) -> Rectangle:
    """A field of the ground's tone inside a plate whose edge takes the tone of the letters."""
    face, tones, dice = easel.face, easel.tones, easel.dice
    left, top, right, bottom = free
    deep = (bottom - top) * dice.uniform(0.04, 0.2)
    inner = (
        left + deep * dice.uniform(0.2, 1),
        top + deep * dice.uniform(0.6, 1.2),
        right - deep * dice.uniform(0.2, 1),
        bottom - deep * dice.uniform(0.3, 1.2),
    )
    other = tones.ink if dice.chance(0.75) else tones.accent
    radius = face.height * dice.uniform(0, 0.12)
    easel.pen.rounded_rectangle(face.plate, radius, fill=max(0, min(255, other + dice.randint(-30, 30))))
    easel.pen.rounded_rectangle(inner, radius * dice.random(), fill=tones.ground)
    return inner


def _named_band(easel: Easel, box: Rectangle) -> None:
    """A band with a name, as states and Mercosur have; now and then with a flag at either end."""
    left, top, right, bottom = box
    dice = easel.dice
    tone = dice.randint(0, 120) if dice.chance(0.75) else dice.randint(100, 230)
    easel.pen.rectangle(box, fill=tone)
    if dice.chance(0.9):
        strip = easel.fitted(easel.line(), (bottom - top) * dice.uniform(0.45, 0.85), 0.94 * (right - left))
        x = left + (right - left - strip.width) * dice.choice((0.5, 0.5, 0.5, dice.uniform(0.1, 0.9)))
        easel.stamp(strip, easel.against(tone), x, (top + bottom - strip.height) / 2)
    for side, inward in ((left, 1), (right, -1)):
        if dice.chance(0.3):
            size = (bottom - top) * dice.uniform(0.5, 0.9)
            x = side + inward * size
            emblems.emblem(easel.face.picture, (x - size / 2, top + 1, x + size / 2, bottom - 1), (0, 255), dice)


def _country_band(easel: Easel, box: Rectangle) -> None:
    """A band with a country's letters below and a ring of stars, a flag or nothing above."""
    left, top, right, bottom = box
    dice, wide, tall = easel.dice, right - left, bottom - top
    tone = dice.choice((dice.randint(20, 110), dice.randint(20, 110), dice.randint(60, 250)))
    easel.pen.rectangle(box, fill=tone)
    ink = easel.against(tone)
    upper = (left + wide * 0.15, top + tall * 0.1, right - wide * 0.15, top + tall * 0.1 + min(wide * 0.7, tall * 0.5))
    if dice.chance(0.75):
        if dice.chance(0.6):
            thick = max(1, round(wide * dice.uniform(0.06, 0.16)))
            easel.pen.ellipse(upper, outline=round((2 * ink + tone) / 3), width=thick)
        else:
            emblems.emblem(easel.face.picture, upper, (min(tone, ink), max(tone, ink)), dice)
    if dice.chance(0.92):
        strip = easel.strip(dice.choice(words.COUNTRIES), tall * dice.uniform(0.16, 0.34))
        if strip.width > wide * 0.9:
            strip = strip.resize((max(2, round(wide * 0.85)), strip.height))
        y = bottom - tall * dice.uniform(0.04, 0.2) - strip.height
        easel.stamp(strip, ink, (left + right - strip.width) / 2, y)
