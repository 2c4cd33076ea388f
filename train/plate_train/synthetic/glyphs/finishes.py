"""Finishes of strokes: slab serifs, a brush, outlines, embossing."""

from __future__ import annotations

import itertools
import math
from collections import Counter

import numpy as np
from PIL import Image, ImageChops, ImageDraw

from .letters import Shape, Stroke

FINISHES = ("plain", "slab", "brush", "outline", "embossed")
_SERIF, _TICK = 0.26, 0.14
_WOBBLE = 0.11
"""Deviation of a hand-drawn line from its shape, in thicknesses."""

Spot = tuple[float, float]


def with_slabs(strokes: Shape) -> list[Stroke]:
    """Add a serif to each vertical end at the top or bottom, and a tick to each free horizontal end."""
    slabs: list[Stroke] = []
    spots = Counter(point[:2] for stroke in strokes for point in stroke)
    for stroke in strokes:
        if stroke[0] == stroke[-1]:
            continue
        for end, inner in ((stroke[0], stroke[1]), (stroke[-1], stroke[-2])):
            x, y = end[:2]
            if y not in (0, 1):
                continue
            if inner[1] != y:
                slabs.append(((x - _SERIF, y), (x + _SERIF, y)))
            elif x in (0, 1) and spots[x, y] == 1:
                slabs.append(((x, y), (x, y + (_TICK if y == 0 else -_TICK))))
    return [*strokes, *slabs]


def brush(pen: ImageDraw.ImageDraw, points: list[Spot], thick: float, rng: np.random.Generator) -> None:
    """Draw a line with a flat brush: its width changes with direction and pressure, its ends are rough."""
    spots = _wobbled(_stepped(points, thick / 5), thick, rng)
    nib, flat = rng.uniform(-0.9, 0.2), rng.uniform(0.15, 0.45)
    pressure = np.interp(np.linspace(0, 1, len(spots)), np.linspace(0, 1, 5), rng.uniform(0.78, 1.12, 5))
    for place, (x, y) in enumerate(spots):
        before, after = spots[max(0, place - 1)], spots[min(len(spots) - 1, place + 1)]
        angle = math.atan2(after[1] - before[1], after[0] - before[0])
        half = thick / 2 * float(pressure[place]) * (1 - flat + flat * abs(math.sin(angle - nib)))
        pen.ellipse((x - half, y - half, x + half, y + half), fill=255)
    near = min(3, len(spots) - 1)
    for (x, y), (inner_x, inner_y) in ((spots[0], spots[near]), (spots[-1], spots[-1 - near])):
        _bristles(pen, (x, y), math.atan2(y - inner_y, x - inner_x), thick, rng)


def _wobbled(spots: list[Spot], thick: float, rng: np.random.Generator) -> list[Spot]:
    """Move a line smoothly away from its shape."""
    places, knots = np.linspace(0, 1, len(spots)), np.linspace(0, 1, 4)
    away = rng.normal(0, _WOBBLE * thick, (2, 4))
    return [
        (x + right, y + down)
        for (x, y), right, down in zip(
            spots, np.interp(places, knots, away[0]).tolist(), np.interp(places, knots, away[1]).tolist(), strict=True
        )
    ]


def _bristles(pen: ImageDraw.ImageDraw, end: Spot, angle: float, thick: float, rng: np.random.Generator) -> None:
    """A few short lines beyond an end, as a drying brush leaves."""
    for side in np.linspace(-0.36, 0.36, 4):
        x, y = end[0] - side * thick * math.sin(angle), end[1] + side * thick * math.cos(angle)
        reach = thick * rng.uniform(0.2, 0.85)
        tip = x + reach * math.cos(angle), y + reach * math.sin(angle)
        pen.line([(x, y), tip], fill=255, width=max(1, round(thick * 0.14)))


def _stepped(points: list[Spot], step: float) -> list[Spot]:
    """Points along a line, about `step` apart."""
    spots = [points[0]]
    for start, end in itertools.pairwise(points):
        count = max(1, math.ceil(math.dist(start, end) / step))
        for number in range(1, count + 1):
            fraction = number / count
            spots.append((start[0] + (end[0] - start[0]) * fraction, start[1] + (end[1] - start[1]) * fraction))
    return spots


def outline(picture: Image.Image, width: int) -> Image.Image:
    """Keep the outline of a letter, `width` pixels wide; its inside is empty."""
    inside = picture
    for right, down in [(1, 0), (0, 1)] * width:
        beside = ImageChops.darker(ImageChops.offset(inside, right, down), ImageChops.offset(inside, -right, -down))
        inside = ImageChops.darker(inside, beside)
    return ImageChops.subtract(picture, inside)


def embossed(picture: Image.Image, width: int, light: int) -> Image.Image:
    """Keep the outline, fainter on the side of the light: 0 upper left, 1 above, 2 upper right."""
    rim = outline(picture, width)
    shifted = ImageChops.offset(picture, (width, 0, -width)[light], width)
    lit = ImageChops.subtract(picture, shifted)
    return ImageChops.subtract(rim, lit.point(lambda tone: tone * 2 // 5))
