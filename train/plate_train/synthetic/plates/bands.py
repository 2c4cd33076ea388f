"""Bands along a plate's edges and panels inside it."""

from __future__ import annotations

from . import emblems, words
from .canvas import PlateCanvas, Rectangle


def paint_bands(canvas: PlateCanvas) -> Rectangle:
    """Paint bands and a panel, and return the free area."""
    face, layout, rng = canvas.face, canvas.layout, canvas.rng
    left, top, right, bottom = face.plate
    if rng.chance(layout.head):
        end = top + face.height * rng.uniform(0.13, 0.3)
        _named_band(canvas, (left, top, right, end))
        top = end
    if rng.chance(layout.foot):
        end = bottom - face.height * rng.uniform(0.12, 0.24)
        _named_band(canvas, (left, end, right, bottom))
        bottom = end
    if rng.chance(layout.band):
        wide = min(0.16 * face.width, face.height * rng.uniform(0.26, 0.52) * (0.5 if layout.two_rows else 1))
        _country_band(canvas, (left, top, left + wide, bottom))
        left += wide
    if rng.chance(layout.right_band):
        wide = face.height * rng.uniform(0.25, 0.5)
        _country_band(canvas, (right - wide, top, right, bottom))
        right -= wide
    edge = face.height * rng.uniform(0.01, 0.05)
    free = (left + edge, top + edge, right - edge, bottom - edge)
    return _panel(canvas, free) if rng.chance(layout.panel) else free


def _panel(canvas: PlateCanvas, free: Rectangle) -> Rectangle:
    """A field in the background's tone inside a plate whose edge has the tone of the letters."""
    face, tones, rng = canvas.face, canvas.tones, canvas.rng
    left, top, right, bottom = free
    deep = (bottom - top) * rng.uniform(0.04, 0.2)
    inner = (
        left + deep * rng.uniform(0.2, 1),
        top + deep * rng.uniform(0.6, 1.2),
        right - deep * rng.uniform(0.2, 1),
        bottom - deep * rng.uniform(0.3, 1.2),
    )
    other = tones.ink if rng.chance(0.75) else tones.accent
    radius = face.height * rng.uniform(0, 0.12)
    canvas.pen.rounded_rectangle(face.plate, radius, fill=max(0, min(255, other + rng.randint(-30, 30))))
    canvas.pen.rounded_rectangle(inner, radius * rng.random(), fill=tones.ground)
    return inner


def _named_band(canvas: PlateCanvas, box: Rectangle) -> None:
    """A band with a name, as on plates of states and Mercosur; sometimes with flags at its ends."""
    left, top, right, bottom = box
    rng = canvas.rng
    tone = rng.randint(0, 120) if rng.chance(0.75) else rng.randint(100, 230)
    canvas.pen.rectangle(box, fill=tone)
    if rng.chance(0.9):
        strip = canvas.fitted(canvas.line(), (bottom - top) * rng.uniform(0.45, 0.85), 0.94 * (right - left))
        x = left + (right - left - strip.width) * rng.choice((0.5, 0.5, 0.5, rng.uniform(0.1, 0.9)))
        canvas.stamp(strip, canvas.contrasting(tone), x, (top + bottom - strip.height) / 2)
    for side, inward in ((left, 1), (right, -1)):
        if rng.chance(0.3):
            size = (bottom - top) * rng.uniform(0.5, 0.9)
            x = side + inward * size
            emblems.emblem(canvas.face.picture, (x - size / 2, top + 1, x + size / 2, bottom - 1), (0, 255), rng)


def _country_band(canvas: PlateCanvas, box: Rectangle) -> None:
    """A band with a country code below, and a ring of stars, a flag or nothing above it."""
    left, top, right, bottom = box
    rng, wide, tall = canvas.rng, right - left, bottom - top
    tone = rng.choice((rng.randint(20, 110), rng.randint(20, 110), rng.randint(60, 250)))
    canvas.pen.rectangle(box, fill=tone)
    ink = canvas.contrasting(tone)
    upper = (left + wide * 0.15, top + tall * 0.1, right - wide * 0.15, top + tall * 0.1 + min(wide * 0.7, tall * 0.5))
    if rng.chance(0.75):
        if rng.chance(0.6):
            thick = max(1, round(wide * rng.uniform(0.06, 0.16)))
            canvas.pen.ellipse(upper, outline=round((2 * ink + tone) / 3), width=thick)
        else:
            emblems.emblem(canvas.face.picture, upper, (min(tone, ink), max(tone, ink)), rng)
    if rng.chance(0.92):
        strip = canvas.strip(rng.choice(words.COUNTRIES), tall * rng.uniform(0.16, 0.34))
        if strip.width > wide * 0.9:
            strip = strip.resize((max(2, round(wide * 0.85)), strip.height))
        y = bottom - tall * rng.uniform(0.04, 0.2) - strip.height
        canvas.stamp(strip, ink, (left + right - strip.width) / 2, y)
