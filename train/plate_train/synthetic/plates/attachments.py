"""Attachments of a finished plate: stickers in the corners, bolts, and a holder over its edge."""

from __future__ import annotations

from PIL import Image, ImageDraw

from . import emblems, words
from .canvas import PlateCanvas


def add_attachments(canvas: PlateCanvas) -> None:
    """Add stickers, bolts and a holder with the probabilities of the layout."""
    layout, rng = canvas.layout, canvas.rng
    for at_right in (False, True):
        for below in (False, True):
            if rng.chance(layout.tags):
                _sticker(canvas, at_right, below)
    if rng.chance(layout.bolts):
        _bolts(canvas)
    if rng.chance(layout.frame):
        _holder(canvas)


def _sticker(canvas: PlateCanvas, at_right: bool, below: bool) -> None:
    left, top, right, bottom = canvas.face.plate
    rng, tall = canvas.rng, canvas.face.height
    high = tall * rng.uniform(0.1, 0.2)
    strip = canvas.strip(words.tag(rng), high * rng.uniform(0.5, 0.85))
    wide = max(strip.width + high * 0.3, high * rng.uniform(0.8, 1.6))
    edge = tall * rng.uniform(0.01, 0.06)
    x = right - edge - wide if at_right else left + edge
    y = bottom - edge - high if below else top + edge
    tone, ink = rng.randint(0, 255), canvas.tones.ink
    if rng.chance(0.75):
        canvas.pen.rectangle((x, y, x + wide, y + high), fill=tone)
        ink = canvas.contrasting(tone, 80, 160)
    canvas.stamp(strip, ink, x + (wide - strip.width) / 2, y + (high - strip.height) / 2)


def _bolts(canvas: PlateCanvas) -> None:
    left, top, right, bottom = canvas.face.plate
    rng, tall = canvas.rng, canvas.face.height
    inset, radius = rng.uniform(0.05, 0.25) * (right - left), rng.uniform(0.015, 0.045) * tall
    off = radius + rng.uniform(0.0, 0.06) * tall
    for x in (left + inset, right - inset):
        for y in (top + off, bottom - off):
            if rng.chance(0.8):
                emblems.bolt(canvas.pen, x, y, radius, rng)


def _holder(canvas: PlateCanvas) -> None:
    """A frame, mostly black, that overlaps the edge a little and may show a dealer's name."""
    left, top, right, bottom = canvas.face.plate
    rng, tall = canvas.rng, canvas.face.height
    over = tall * rng.uniform(0.0, 0.035)
    sides = [tall * rng.uniform(0.03, 0.14) for _ in range(3)]
    deepest = tall * rng.uniform(0.1, 0.24) if rng.chance(0.5) else tall * rng.uniform(0.03, 0.14)
    tone = rng.choice((rng.randint(0, 50), rng.randint(0, 50), rng.randint(0, 255)))
    mask = Image.new("L", canvas.face.picture.size, 0)
    pen, radius = ImageDraw.Draw(mask), tall * rng.uniform(0, 0.12)
    canvas.face.holder = (left - sides[0], top - sides[1], right + sides[2], bottom + deepest)
    pen.rounded_rectangle(canvas.face.holder, radius, fill=255)
    pen.rounded_rectangle((left + over, top + over, right - over, bottom - over), radius, fill=0)
    canvas.face.picture.paste(tone, (0, 0), mask)
    for edge, deep, probability in ((bottom - over, deepest + over, 0.65), (top - sides[1], sides[1] + over, 0.2)):
        if deep > 0.06 * tall and rng.chance(probability):
            strip = canvas.fitted(canvas.line(), deep * rng.uniform(0.45, 0.85), 0.98 * (right - left))
            x = left + (right - left - strip.width) * rng.choice((0.5, 0.5, rng.random()))
            canvas.stamp(strip, canvas.contrasting(tone, 50), x, edge + (deep - strip.height) / 2)
    if min(sides[0], sides[2]) > 0.07 * tall and rng.chance(0.4):
        for x in (left - sides[0] / 2, right + sides[2] / 2):
            _column(canvas, (x - min(sides[0], sides[2]) / 2, top, x + min(sides[0], sides[2]) / 2, bottom), tone)


def _column(canvas: PlateCanvas, box: tuple[float, float, float, float], tone: int) -> None:
    """A dealer's name from top to bottom on the side of a holder."""
    left, top, right, bottom = box
    letters = words.word(canvas.rng, 2).upper()[:7]
    pitch = min((bottom - top) / len(letters), 1.3 * (right - left))
    y = (top + bottom - pitch * len(letters)) / 2
    for letter in letters:
        strip = canvas.strip(letter, 0.75 * pitch)
        canvas.stamp(strip, canvas.contrasting(tone, 80), (left + right - strip.width) / 2, y)
        y += pitch
