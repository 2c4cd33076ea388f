"""Letters of our own: plate alphabets described as strokes, with every number drawn at random.

Real plates are stamped from a handful of alphabets that no free font matches (the German, the British, the Brazilian
one, those of the American states), but all of them are strokes of even thickness on a narrow box. A `Style` chooses
proportions, corners and, sign by sign, which of the known shapes (`letters`) is drawn; one style is one alphabet.
"""

from __future__ import annotations

import math

from PIL import Image, ImageDraw

from .letters import Stroke, Style, shapes

_OVERSAMPLING = 2
_CORNER_STEPS = 7
_WIDTHS = {"J": 0.9, "L": 0.92}

Spot = tuple[float, float]


def draw_letter(sign: str, style: Style, height: int) -> Image.Image:
    """Draw one letter, white on black, with a margin around it.

    Args:
        sign: one of 0-9, A-Z. style: the alphabet. height: of the letter in pixels, without the margin.

    Returns:
        A picture of mode "L".
    """
    tall = height * _OVERSAMPLING
    thick = max(2, round(style.thickness * tall))
    stretch = style.wide if sign in "MW" else _WIDTHS.get(sign, 1.0)
    box = (max(2.0, style.width * stretch * tall - thick), float(tall - thick))
    margin = thick * 2
    size = (int(box[0]) + 2 * margin, int(box[1]) + 2 * margin)
    picture = Image.new("L", size, 0)
    pen = ImageDraw.Draw(picture)
    for stroke in shapes(style)[sign]:
        points = [(x + margin, y + margin) for x, y in _flatten(stroke, box, style.chamfered)]
        pen.line(points, fill=255, width=thick, joint="curve")
        closed = stroke[0] == stroke[-1]
        for x, y in _round_spots(points, style.round_ends or closed):
            pen.ellipse((x - thick / 2, y - thick / 2, x + thick / 2, y + thick / 2), fill=255)
    return picture.resize((size[0] // _OVERSAMPLING, size[1] // _OVERSAMPLING), Image.Resampling.BOX)


def _round_spots(points: list[Spot], ends: bool) -> set[Spot]:
    """Where discs fill what the joints of a line leave open: its ends, or the first and last corner."""
    inner = points if ends else points[1:-1]
    return {inner[0], inner[-1]} if inner else set()


def _flatten(stroke: Stroke, box: Spot, chamfered: bool) -> list[Spot]:
    """Turn corners with a radius into short lines; neighbouring corners share a side evenly."""
    corners = [(point[0] * box[0], point[1] * box[1]) for point in stroke]
    last = len(corners) - 1
    flat: list[Spot] = []
    for index, (corner, point) in enumerate(zip(corners, stroke, strict=True)):
        radius = point[2] * box[0] if len(point) == 3 else 0.0
        if radius <= 0 or index in (0, last):
            flat.append(corner)
            continue
        before, after = corners[index - 1], corners[index + 1]
        lengths = math.dist(before, corner), math.dist(corner, after)
        reach = min(radius, lengths[0] / (1 if index == 1 else 2), lengths[1] / (1 if index == last - 1 else 2))
        start, end = _towards(corner, before, reach / lengths[0]), _towards(corner, after, reach / lengths[1])
        flat.extend((start, end) if chamfered else _curve(start, corner, end))
    return flat


def _towards(spot: Spot, goal: Spot, share: float) -> Spot:
    return spot[0] + (goal[0] - spot[0]) * share, spot[1] + (goal[1] - spot[1]) * share


def _curve(start: Spot, corner: Spot, end: Spot) -> list[Spot]:
    """The cubic curve that comes closest to a quarter of an ellipse."""
    first, second = _towards(start, corner, 0.55), _towards(end, corner, 0.55)
    spots = []
    for step in range(_CORNER_STEPS):
        t = step / (_CORNER_STEPS - 1)
        weights = ((1 - t) ** 3, 3 * (1 - t) ** 2 * t, 3 * (1 - t) * t**2, t**3)
        four = list(zip(weights, (start, first, second, end), strict=True))
        spots.append((sum(w * spot[0] for w, spot in four), sum(w * spot[1] for w, spot in four)))
    return spots
