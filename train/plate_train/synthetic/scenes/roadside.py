"""Along a street: houses, trees, and lines on the road."""

from __future__ import annotations

import cv2
import numpy as np

from . import raster
from .raster import Points
from .scene_canvas import SceneCanvas
from .textures import toned


def skyline(canvas: SceneCanvas) -> None:
    """Distant houses, or a line of trees, at the horizon."""
    rng = canvas.rng
    left = rng.uniform(-0.3, 0.9) * canvas.width
    right, tall = left + rng.log_uniform(20, 500), rng.log_uniform(5, 0.5 * canvas.height)
    tone, spread = rng.uniform(40, 220), rng.uniform(3, 40)
    if rng.chance(0.5):
        box = raster.rectangle(left, canvas.horizon - tall, right, canvas.horizon + 1)
        texture = canvas.bank.wall(rng, (96, 128), rng.uniform(0.2, 0.8))
    else:
        count = rng.randint(5, 20)
        crown = [
            (left + (right - left) * i / count, canvas.horizon - tall * rng.uniform(0.5, 1)) for i in range(count + 1)
        ]
        box = raster.points((left, canvas.horizon + 1), *crown, (right, canvas.horizon + 1))
        texture = canvas.bank.green(rng, (96, 128), rng.uniform(0.2, 0.8))
    raster.shade(canvas.picture, box, toned(texture, tone, spread))


def row_of_houses(canvas: SceneCanvas, middle: float, side: int) -> None:
    """One side of a street, in perspective towards the vanishing point."""
    rng, horizon = canvas.rng, canvas.horizon
    far_x = middle + side * rng.uniform(0.06, 0.35) * canvas.width
    near_x = canvas.width if side > 0 else 0.0
    if (near_x - far_x) * side < 20:
        return
    high, low, end = (
        rng.uniform(0.05, 0.6) * horizon,
        horizon + rng.uniform(0.01, 0.12) * canvas.height,
        rng.uniform(0.0, 0.6),
    )
    top_far, top_near = horizon - high, horizon - high - (1 + end) * horizon
    wall = raster.points(
        (far_x, top_far), (near_x, top_near), (near_x, low + rng.uniform(0, 0.3) * canvas.height), (far_x, low)
    )
    texture = toned(canvas.bank.wall(rng, (160, 220), rng.uniform(0.3, 1)), rng.uniform(40, 200), rng.uniform(8, 45))
    flat = raster.rectangle(0, 0, 220, 160).astype(np.float32)
    matrix = cv2.getPerspectiveTransform(flat, wall.astype(np.float32))
    canvas.warp(texture, None, np.asarray(matrix, np.float64), wall)


def tree(canvas: SceneCanvas) -> None:
    """A trunk and a crown."""
    rng = canvas.rng
    x, reach = rng.uniform(0, canvas.width), rng.log_uniform(10, 140)
    ground = canvas.horizon + reach * rng.uniform(0.05, 0.6)
    trunk = raster.rectangle(x - reach * 0.06, ground - reach * 1.5, x + reach * 0.06, ground)
    raster.fill(canvas.picture, trunk, rng.uniform(20, 110))
    spots = raster.oval(x, ground - reach * 1.9, reach, reach * rng.uniform(0.7, 1.3), 14)
    crown = raster.smoothed(spots + np.array([(rng.normal(reach * 0.15), rng.normal(reach * 0.15)) for _ in spots]), 1)
    texture = canvas.bank.green(rng, (96, 96), rng.uniform(0.3, 1.2))
    raster.shade(canvas.picture, crown, toned(texture, rng.uniform(30, 150), rng.uniform(15, 65)), rng.uniform(0.6, 1))


def lanes(canvas: SceneCanvas, middle: float) -> None:
    """Lines, dashes and a crossing, running to the vanishing point."""
    rng, horizon, tall = canvas.rng, canvas.horizon, canvas.height
    for _ in range(rng.choice((0, 1, 2, 3, 4))):
        end, half, broken = rng.uniform(-0.6, 1.6) * canvas.width, rng.uniform(2, 10), rng.chance(0.6)
        places = np.linspace(0.03, 1, 9) ** 2 if broken else np.array([0.02, 1.0])
        tone = rng.uniform(140, 255)
        for start, stop in zip(places[:-1:2], places[1::2], strict=False):
            spots = []
            for depth, offset in ((start, -1), (start, 1), (stop, 1), (stop, -1)):
                spots.append((middle + (end + offset * half - middle) * depth, horizon + (tall - horizon) * depth))
            paint_road(canvas, raster.points(*spots), tone, rng.uniform(0.4, 0.9))
    if rng.chance(0.15):
        zebra(canvas, horizon + rng.uniform(0.3, 0.9) * (tall - horizon), rng.uniform(8, 40))


def zebra(canvas: SceneCanvas, y: float, tall: float) -> None:
    """A crossing."""
    rng, x = canvas.rng, -canvas.rng.uniform(0, 60)
    wide, slant, tone = rng.uniform(8, 40), rng.normal(0.5) * tall, rng.uniform(150, 255)
    while x < canvas.width:
        band = raster.points((x, y), (x + wide, y), (x + wide + slant, y + tall), (x + slant, y + tall))
        paint_road(canvas, band, tone, 0.8)
        x += wide * 2


def paint_road(canvas: SceneCanvas, outline: Points, tone: float, strength: float) -> None:
    """Paint a road marking."""
    raster.shade(canvas.picture, outline, tone, strength)
