"""Notices: door signs, price tags and house rules on small sheets, similar to plates in shape and size."""

from __future__ import annotations

from collections.abc import Sequence

from . import raster
from .scene_canvas import SceneCanvas

_KINDS = (
    ("door",), ("door",), ("door", "door"), ("price",), ("price",), ("door", "price"), ("notice", "notice"),
    ("notice", "notice", "phone"), ("recorder",),
)  # fmt: skip
"""Kinds of text in the lines of a notice."""


def add_notice(canvas: SceneCanvas, x: float, y: float, wide: float) -> None:
    """Add a sheet with a border around a point, `wide` pixels wide, filled with one to three lines."""
    rng = canvas.rng
    light = canvas.light.ambient * rng.uniform(0.8, 1.3)
    kinds = rng.choice(_KINDS)
    tall = wide * rng.uniform(0.18, 0.42) * (1 + 0.5 * (len(kinds) - 1))
    ground = rng.choice((rng.uniform(190, 255), rng.uniform(0, 70), rng.uniform(0, 255)))
    ink = (ground + rng.uniform(90, 165)) % 256 * light
    sheet = raster.rounded(x - wide / 2, y - tall / 2, x + wide / 2, y + tall / 2, radius=tall * rng.uniform(0, 0.2))
    sheet[:, 1] += (sheet[:, 0] - x) * rng.normal(0.05)
    raster.fill(canvas.picture, sheet, ground * light)
    if rng.chance(0.6):
        rim = (sheet - (x, y)) * rng.uniform(0.88, 0.99) + (x, y)
        raster.stroke(canvas.picture, rim, ink, max(1.0, tall * rng.uniform(0.02, 0.07)), closed=True)
    canvas.cover(sheet)
    write_lines(canvas, kinds, (x, y), (wide, tall), ink)


def write_lines(
    canvas: SceneCanvas, kinds: Sequence[str], middle: tuple[float, float], size: tuple[float, float], ink: float
) -> None:
    """Write a line of each kind on a sheet, width and height in pixels, evenly one below the other."""
    rng, (wide, tall) = canvas.rng, size
    for row, kind in enumerate(kinds):
        mask = canvas.texts(kind, max(3, round(tall / len(kinds) * rng.uniform(0.45, 0.8))))
        y = middle[1] + tall * 0.9 * ((row + 0.5) / len(kinds) - 0.5)
        raster.stamp(canvas.picture, raster.fit_width(mask, max(2, round(0.9 * wide))), (middle[0], y), ink)
