"""Notices: door signs, price tags and house rules on small sheets, of the shape and the size of plates."""

from __future__ import annotations

from collections.abc import Sequence

from . import canvas, parts
from .stage import Stage

_KINDS = (
    ("door",), ("door",), ("door", "door"), ("price",), ("price",), ("door", "price"), ("notice", "notice"),
    ("notice", "notice", "phone"), ("recorder",),
)  # fmt: skip
"""What stands in the lines of a notice."""


def notice(stage: Stage, x: float, y: float, wide: float) -> None:
    """A sheet with an edge around a point, `wide` pixels wide, with one to three lines that fill it."""
    dice = stage.dice
    light = stage.light.ambient * dice.uniform(0.8, 1.3)
    kinds = dice.choice(_KINDS)
    tall = wide * dice.uniform(0.18, 0.42) * (1 + 0.5 * (len(kinds) - 1))
    ground = dice.choice((dice.uniform(190, 255), dice.uniform(0, 70), dice.uniform(0, 255)))
    ink = (ground + dice.uniform(90, 165)) % 256 * light
    sheet = canvas.rounded(x - wide / 2, y - tall / 2, x + wide / 2, y + tall / 2, radius=tall * dice.uniform(0, 0.2))
    sheet[:, 1] += (sheet[:, 0] - x) * dice.bell(0.05)
    canvas.fill(stage.picture, sheet, ground * light)
    if dice.chance(0.6):
        rim = (sheet - (x, y)) * dice.uniform(0.88, 0.99) + (x, y)
        canvas.stroke(stage.picture, rim, ink, max(1.0, tall * dice.uniform(0.02, 0.07)), closed=True)
    stage.cover(sheet)
    write_lines(stage, kinds, (x, y), (wide, tall), ink)


def write_lines(
    stage: Stage, kinds: Sequence[str], middle: tuple[float, float], size: tuple[float, float], ink: float
) -> None:
    """Write a line of each kind on a sheet, width and height in pixels, evenly one below the other."""
    dice, (wide, tall) = stage.dice, size
    for row, kind in enumerate(kinds):
        mask = stage.texts(kind, max(3, round(tall / len(kinds) * dice.uniform(0.45, 0.8))))
        y = middle[1] + tall * 0.9 * ((row + 0.5) / len(kinds) - 0.5)
        parts.stamp(stage.picture, parts.no_wider(mask, max(2, round(0.9 * wide))), (middle[0], y), ink)
