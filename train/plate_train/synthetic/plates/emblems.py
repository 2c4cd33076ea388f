"""Graphics on a plate: coats of arms, seals, state outlines, pictures of stickers, bolts."""

from __future__ import annotations

import math

from PIL import Image, ImageDraw

from ..random_source import RandomSource
from .canvas import Rectangle

Spots = list[tuple[float, float]]

_KINDS = {"blob": 5, "star": 1, "oval": 3, "ring": 2, "shield": 3, "tree": 2, "bars": 1, "cross": 1, "figure": 5}


def emblem(picture: Image.Image, box: Rectangle, tones: tuple[int, int], rng: RandomSource) -> None:
    """Paint one invented emblem into a box (left, top, right, bottom in pixels) in tones between the two given."""
    pen = ImageDraw.Draw(picture)
    for layer in range(rng.choice((1, 2, 2, 3, 4))):
        shrink = 0.0 if layer == 0 else rng.uniform(0.05, 0.35)
        left, top, right, bottom = box
        dx, dy = (right - left) * shrink, (bottom - top) * shrink
        inner = (left + dx * rng.random() * 2, top + dy * rng.random() * 2, right - dx, bottom - dy)
        tone = rng.randint(min(tones), max(tones))
        _shape(pen, inner, tone, rng)


def _shape(pen: ImageDraw.ImageDraw, box: Rectangle, tone: int, rng: RandomSource) -> None:
    left, top, right, bottom = box
    if right - left < 2 or bottom - top < 2:
        return
    kind = rng.choices(list(_KINDS), list(_KINDS.values()))[0]
    middle, half = ((left + right) / 2, (top + bottom) / 2), ((right - left) / 2, (bottom - top) / 2)
    if kind == "oval":
        pen.ellipse(box, fill=tone)
    elif kind == "ring":
        # Always round: a tall ring in the tone of the letters would be a 0.
        reach = min(half)
        around = (middle[0] - reach, middle[1] - reach, middle[0] + reach, middle[1] + reach)
        pen.ellipse(around, outline=tone, width=max(1, round(reach * rng.uniform(0.1, 0.4))))
    elif kind == "bars":
        count = rng.randint(2, 5)
        for index in range(count):
            y = top + (bottom - top) * index / count
            pen.rectangle((left, y, right, y + (bottom - top) / count / 2), fill=tone)
    elif kind == "cross":
        thick = half[0] * rng.uniform(0.15, 0.4)
        pen.rectangle((middle[0] - thick, top, middle[0] + thick, bottom), fill=tone)
        pen.rectangle((left, middle[1] - thick, right, middle[1] + thick), fill=tone)
    elif kind == "figure":
        _figure(pen, box, tone, rng)
    else:
        spots = {"blob": blob, "star": _star, "shield": _shield, "tree": _tree}[kind](rng)
        pen.polygon([(middle[0] + x * half[0], middle[1] + y * half[1]) for x, y in spots], fill=tone)


def _figure(pen: ImageDraw.ImageDraw, box: Rectangle, tone: int, rng: RandomSource) -> None:
    """Bent strokes that resemble riders, wheelchairs, spiders and birds; similar to letters, but none of them."""
    left, top, right, bottom = box
    thick = max(1, round(min(right - left, bottom - top) * rng.uniform(0.05, 0.2)))
    start = (rng.uniform(left, right), rng.uniform(top, bottom))
    for _ in range(rng.randint(2, 7)):
        spots = [(rng.uniform(left, right), rng.uniform(top, bottom)) for _ in range(rng.randint(2, 4))]
        if rng.chance(0.6):
            spots[0] = start
        pen.line(spots, fill=tone, width=thick, joint="curve")
    if rng.chance(0.6):
        size = (bottom - top) * rng.uniform(0.08, 0.22)
        x, y = (start[0], top + size) if rng.chance(0.5) else start
        pen.ellipse((x - size, y - size, x + size, y + size), fill=tone)
    if rng.chance(0.3):
        size = (bottom - top) * rng.uniform(0.15, 0.35)
        x, y = start[0], bottom - size
        pen.ellipse((x - size, y - size, x + size, y + size), outline=tone, width=thick)


def blob(rng: RandomSource) -> Spots:
    """An irregular outline around the origin, like those of states and animals; within -1..1."""
    corners = rng.randint(6, 18)
    angles = sorted(rng.uniform(0, 2 * math.pi) for _ in range(corners))
    return [(math.cos(angle) * (reach := rng.uniform(0.45, 1.0)), math.sin(angle) * reach) for angle in angles]


def _star(rng: RandomSource) -> Spots:
    points, inner, rotation = rng.choice((5, 5, 6, 8, 12)), rng.uniform(0.35, 0.7), rng.uniform(0, 6.3)
    reaches = [1.0, inner] * points
    return [
        (math.sin(rotation + math.pi * index / points) * reach, math.cos(rotation + math.pi * index / points) * reach)
        for index, reach in enumerate(reaches)
    ]


def _shield(rng: RandomSource) -> Spots:
    waist = rng.uniform(0.0, 0.5)
    return [
        (-1, -1),
        (0, -1 + rng.uniform(-0.1, 0.2)),
        (1, -1),
        (1, waist),
        (0.5, 0.75),
        (0, 1),
        (-0.5, 0.75),
        (-1, waist),
    ]


def _tree(rng: RandomSource) -> Spots:
    stem, right = rng.uniform(0.08, 0.2), []
    levels = rng.randint(2, 4)
    for level in range(levels):
        y = -1 + 1.5 * (level + 1) / levels
        right += [(0.4 + 0.6 * (level + 1) / levels, y), (0.25 + 0.2 * level / levels, y - 0.05)]
    return [(0, -1), *right, (stem, 0.5), (stem, 1), (-stem, 1), (-stem, 0.5), *[(-x, y) for x, y in reversed(right)]]


def bolt(pen: ImageDraw.ImageDraw, x: float, y: float, radius: float, rng: RandomSource) -> None:
    """Paint a screw head or an empty hole."""
    tone = rng.choice((rng.randint(0, 60), rng.randint(60, 200), rng.randint(180, 255)))
    if rng.chance(0.25):
        pen.rounded_rectangle(
            (x - radius * 1.8, y - radius * 0.7, x + radius * 1.8, y + radius * 0.7), radius * 0.7, fill=tone
        )
        return
    pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=tone)
    if rng.chance(0.5):
        inner = radius * rng.uniform(0.3, 0.7)
        pen.ellipse((x - inner, y - inner, x + inner, y + inner), fill=rng.randint(0, 255))
