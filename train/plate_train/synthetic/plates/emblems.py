"""Things on a plate that are no letters: coats of arms, seals, state outlines, stickers' pictures, bolts."""

from __future__ import annotations

import math

from PIL import Image, ImageDraw

from ..effects import Dice

Spots = list[tuple[float, float]]
Rectangle = tuple[float, float, float, float]

_KINDS = {"blob": 5, "star": 1, "oval": 3, "ring": 2, "shield": 3, "tree": 2, "bars": 1, "cross": 1, "figure": 5}


def emblem(canvas: Image.Image, box: Rectangle, tones: tuple[int, int], dice: Dice) -> None:
    """Draw one made-up emblem into a box (left, top, right, bottom in pixels) in tones between the two given."""
    pen = ImageDraw.Draw(canvas)
    for layer in range(dice.choice((1, 2, 2, 3, 4))):
        shrink = 0.0 if layer == 0 else dice.uniform(0.05, 0.35)
        left, top, right, bottom = box
        dx, dy = (right - left) * shrink, (bottom - top) * shrink
        inner = (left + dx * dice.random() * 2, top + dy * dice.random() * 2, right - dx, bottom - dy)
        tone = dice.randint(min(tones), max(tones))
        _shape(pen, inner, tone, dice)


def _shape(pen: ImageDraw.ImageDraw, box: Rectangle, tone: int, dice: Dice) -> None:
    left, top, right, bottom = box
    if right - left < 2 or bottom - top < 2:
        return
    kind = dice.choices(list(_KINDS), list(_KINDS.values()))[0]
    middle, half = ((left + right) / 2, (top + bottom) / 2), ((right - left) / 2, (bottom - top) / 2)
    if kind == "oval":
        pen.ellipse(box, fill=tone)
    elif kind == "ring":
        # Round, never tall: a tall ring in the tone of the letters is a 0.
        reach = min(half)
        around = (middle[0] - reach, middle[1] - reach, middle[0] + reach, middle[1] + reach)
        pen.ellipse(around, outline=tone, width=max(1, round(reach * dice.uniform(0.1, 0.4))))
    elif kind == "bars":
        count = dice.randint(2, 5)
        for index in range(count):
            y = top + (bottom - top) * index / count
            pen.rectangle((left, y, right, y + (bottom - top) / count / 2), fill=tone)
    elif kind == "cross":
        thick = half[0] * dice.uniform(0.15, 0.4)
        pen.rectangle((middle[0] - thick, top, middle[0] + thick, bottom), fill=tone)
        pen.rectangle((left, middle[1] - thick, right, middle[1] + thick), fill=tone)
    elif kind == "figure":
        _figure(pen, box, tone, dice)
    else:
        spots = {"blob": blob, "star": _star, "shield": _shield, "tree": _tree}[kind](dice)
        pen.polygon([(middle[0] + x * half[0], middle[1] + y * half[1]) for x, y in spots], fill=tone)


def _figure(pen: ImageDraw.ImageDraw, box: Rectangle, tone: int, dice: Dice) -> None:
    """Bent strokes from a few places, as riders, wheelchairs, spiders and birds are drawn; like letters, but none."""
    left, top, right, bottom = box
    thick = max(1, round(min(right - left, bottom - top) * dice.uniform(0.05, 0.2)))
    start = (dice.uniform(left, right), dice.uniform(top, bottom))
    for _ in range(dice.randint(2, 7)):
        spots = [(dice.uniform(left, right), dice.uniform(top, bottom)) for _ in range(dice.randint(2, 4))]
        if dice.chance(0.6):
            spots[0] = start
        pen.line(spots, fill=tone, width=thick, joint="curve")
    if dice.chance(0.6):
        size = (bottom - top) * dice.uniform(0.08, 0.22)
        x, y = (start[0], top + size) if dice.chance(0.5) else start
        pen.ellipse((x - size, y - size, x + size, y + size), fill=tone)
    if dice.chance(0.3):
        size = (bottom - top) * dice.uniform(0.15, 0.35)
        x, y = start[0], bottom - size
        pen.ellipse((x - size, y - size, x + size, y + size), outline=tone, width=thick)


def blob(dice: Dice) -> Spots:
    """A wobbly outline around the origin, as states and animals have; within -1..1."""
    corners = dice.randint(6, 18)
    turns = sorted(dice.uniform(0, 2 * math.pi) for _ in range(corners))
    return [(math.cos(turn) * (reach := dice.uniform(0.45, 1.0)), math.sin(turn) * reach) for turn in turns]


def _star(dice: Dice) -> Spots:
    points, inner, turn = dice.choice((5, 5, 6, 8, 12)), dice.uniform(0.35, 0.7), dice.uniform(0, 6.3)
    reaches = [1.0, inner] * points
    return [
        (math.sin(turn + math.pi * index / points) * reach, math.cos(turn + math.pi * index / points) * reach)
        for index, reach in enumerate(reaches)
    ]


def _shield(dice: Dice) -> Spots:
    waist = dice.uniform(0.0, 0.5)
    return [
        (-1, -1),
        (0, -1 + dice.uniform(-0.1, 0.2)),
        (1, -1),
        (1, waist),
        (0.5, 0.75),
        (0, 1),
        (-0.5, 0.75),
        (-1, waist),
    ]


def _tree(dice: Dice) -> Spots:
    stem, right = dice.uniform(0.08, 0.2), []
    levels = dice.randint(2, 4)
    for level in range(levels):
        y = -1 + 1.5 * (level + 1) / levels
        right += [(0.4 + 0.6 * (level + 1) / levels, y), (0.25 + 0.2 * level / levels, y - 0.05)]
    return [(0, -1), *right, (stem, 0.5), (stem, 1), (-stem, 1), (-stem, 0.5), *[(-x, y) for x, y in reversed(right)]]


def bolt(pen: ImageDraw.ImageDraw, x: float, y: float, radius: float, dice: Dice) -> None:
    """Draw a screw's head or an empty hole."""
    tone = dice.choice((dice.randint(0, 60), dice.randint(60, 200), dice.randint(180, 255)))
    if dice.chance(0.25):
        pen.rounded_rectangle(
            (x - radius * 1.8, y - radius * 0.7, x + radius * 1.8, y + radius * 0.7), radius * 0.7, fill=tone
        )
        return
    pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=tone)
    if dice.chance(0.5):
        inner = radius * dice.uniform(0.3, 0.7)
        pen.ellipse((x - inner, y - inner, x + inner, y + inner), fill=dice.randint(0, 255))
