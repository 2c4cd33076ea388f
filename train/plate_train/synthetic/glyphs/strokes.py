"""Stroke alphabets: plate lettering described as strokes with random proportions.

Real plates are stamped with a few alphabets that no free font matches (German, British, Brazilian, American states).
All of them consist of strokes of even thickness in a narrow box. A `Style` is one alphabet: it holds the proportions,
the corners, and for each character which of the known shapes (`letters`) is used.
"""

from __future__ import annotations

import math

import numpy as np
from PIL import Image, ImageDraw

from .finishes import Spot, brush, embossed, outline, with_slabs
from .letters import Stroke, Style
from .special import shapes

_OVERSAMPLING = 2
_CORNER_STEPS = 7
_MARGIN = 2
"""Margin around a letter, in thicknesses of its strokes."""
_WIDTHS = {"J": 0.9, "L": 0.92}
_SHARPEST, _STRAIGHT = math.cos(math.radians(110)), math.cos(math.radians(25))


def render_letter(character: str, style: Style, height: int) -> Image.Image:
    """Render one letter, white on black, with a margin around it.

    Args:
        character: one of 0-9, A-Z. style: the alphabet. height: of the letter in pixels, without the margin.

    Returns:
        A picture of mode "L".
    """
    tall = height * _OVERSAMPLING
    thick = max(2, round(style.thickness * tall))
    stretch = style.wide if character in "MW" else _WIDTHS.get(character, 1.0)
    box = (max(2.0, style.width * stretch * tall - thick), float(tall - thick))
    margin = _MARGIN * thick
    size = (int(box[0]) + 2 * margin, int(box[1]) + 2 * margin)
    picture = Image.new("L", size, 0)
    pen = ImageDraw.Draw(picture)
    shape = shapes(style)[character]
    strokes = with_slabs(shape.strokes) if style.finish == "slab" else shape.strokes
    rng = np.random.default_rng([int(style.shape[0] * 2**32), ord(character)])
    for stroke in strokes:
        flat = _flatten(stroke, box, style.chamfered)
        if style.finish == "brush":
            brush(pen, [(x + margin, y + margin) for x, y in flat], thick, rng)
        else:
            _draw_stroke(pen, flat, box, thick, style.round_ends)
    for cut in shape.cuts:
        line = [(point[0] * box[0] + margin, point[1] * box[1] + margin) for point in cut]
        pen.line(line, fill=0, width=max(2, round(style.slit * tall)))
    level = not style.round_ends and style.finish != "brush"
    if level and all(0 <= point[1] <= 1 for stroke in strokes for point in stroke):
        pen.rectangle((0, 0, size[0], margin - thick / 2 - 1), fill=0)
        pen.rectangle((0, margin + box[1] + thick / 2, size[0], size[1]), fill=0)
    if style.finish in ("outline", "embossed"):
        rim = max(2, round(style.slit * tall))
        light = int(style.shape[1] * 3)
        picture = outline(picture, rim) if style.finish == "outline" else embossed(picture, rim, light)
    return picture.resize((size[0] // _OVERSAMPLING, size[1] // _OVERSAMPLING), Image.Resampling.BOX)


def _draw_stroke(pen: ImageDraw.ImageDraw, flat: list[Spot], box: Spot, thick: int, round_ends: bool) -> None:
    """Draw a line of even thickness, shifted by the margin."""
    margin = _MARGIN * thick
    points = [(x + margin, y + margin) for x, y in (flat if round_ends else _extended(flat, box, thick))]
    pen.line(points, fill=255, width=thick, joint="curve")
    if round_ends:
        for x, y in (points[0], points[-1]):
            pen.ellipse((x - thick / 2, y - thick / 2, x + thick / 2, y + thick / 2), fill=255)
    else:
        _square_corners(pen, points, thick / 2)


def _extended(points: list[Spot], box: Spot, thick: int) -> list[Spot]:
    """Extend ends on the edge of the box of centre lines to the edge of the letter; slanted ends are clipped later."""
    if points[0] == points[-1]:
        return [*points, points[1]]
    ends = []
    for (x, y), (inner_x, inner_y) in ((points[0], points[1]), (points[-1], points[-2])):
        length = math.dist((x, y), (inner_x, inner_y))
        if abs(y - inner_y) > length / 2 and y in (0.0, box[1]):
            reach = thick / abs(y - inner_y)
            ends.append((x + (x - inner_x) * reach, y + (y - inner_y) * reach))
        elif y == inner_y and x in (0.0, box[0]):
            ends.append((x + (x - inner_x) / length * thick / 2, y))
        else:
            ends.append((x, y))
    return [ends[0], *points[1:-1], ends[1]]


def _square_corners(pen: ImageDraw.ImageDraw, points: list[Spot], half: float) -> None:
    """Fill the outside of corners of up to about 90 degrees; sharper corners stay round."""
    for before, corner, after in zip(points, points[1:], points[2:], strict=False):
        into, out = _direction(before, corner), _direction(corner, after)
        cosine = into[0] * out[0] + into[1] * out[1]
        if not _SHARPEST < cosine < _STRAIGHT:
            continue
        side = 1 if into[0] * out[1] - into[1] * out[0] < 0 else -1
        first = corner[0] - side * into[1] * half, corner[1] + side * into[0] * half
        second = corner[0] - side * out[1] * half, corner[1] + side * out[0] * half
        scale = 1 / (1 + cosine)
        tip = tuple(middle + (a + b - 2 * middle) * scale for middle, a, b in zip(corner, first, second, strict=True))
        pen.polygon([corner, first, (tip[0], tip[1]), second], fill=255)


def _direction(start: Spot, end: Spot) -> Spot:
    length = math.dist(start, end) or 1.0
    return (end[0] - start[0]) / length, (end[1] - start[1]) / length


def _flatten(stroke: Stroke, box: Spot, chamfered: bool) -> list[Spot]:
    """Replace corners that have a radius by short lines; neighbouring corners get half of a side each."""
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
    return [spot for place, spot in enumerate(flat) if place == 0 or math.dist(spot, flat[place - 1]) > 1e-6]


def _towards(spot: Spot, goal: Spot, fraction: float) -> Spot:
    return spot[0] + (goal[0] - spot[0]) * fraction, spot[1] + (goal[1] - spot[1]) * fraction


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
