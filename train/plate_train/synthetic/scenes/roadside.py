"""Along a street: houses, trees, and lines on the road."""

from __future__ import annotations

import cv2
import numpy as np

from . import canvas
from .canvas import Points
from .stage import Stage
from .textures import toned


def skyline(stage: Stage) -> None:
    """Houses far away, or a line of trees, before the horizon."""
    dice = stage.dice
    left = dice.uniform(-0.3, 0.9) * stage.width
    right, tall = left + dice.log_uniform(20, 500), dice.log_uniform(5, 0.5 * stage.height)
    tone, spread = dice.uniform(40, 220), dice.uniform(3, 40)
    if dice.chance(0.5):
        box = canvas.rectangle(left, stage.horizon - tall, right, stage.horizon + 1)
        seen = stage.bank.wall(dice, (96, 128), dice.uniform(0.2, 0.8))
    else:
        count = dice.randint(5, 20)
        crown = [
            (left + (right - left) * i / count, stage.horizon - tall * dice.uniform(0.5, 1)) for i in range(count + 1)
        ]
        box = canvas.points((left, stage.horizon + 1), *crown, (right, stage.horizon + 1))
        seen = stage.bank.green(dice, (96, 128), dice.uniform(0.2, 0.8))
    canvas.shade(stage.picture, box, toned(seen, tone, spread))


def row_of_houses(stage: Stage, middle: float, side: int) -> None:
    """A street's side, seen slantwise towards the vanishing point."""
    dice, horizon = stage.dice, stage.horizon
    far_x = middle + side * dice.uniform(0.06, 0.35) * stage.width
    near_x = stage.width if side > 0 else 0.0
    if (near_x - far_x) * side < 20:
        return
    high, low, end = (
        dice.uniform(0.05, 0.6) * horizon,
        horizon + dice.uniform(0.01, 0.12) * stage.height,
        dice.uniform(0.0, 0.6),
    )
    top_far, top_near = horizon - high, horizon - high - (1 + end) * horizon
    wall = canvas.points(
        (far_x, top_far), (near_x, top_near), (near_x, low + dice.uniform(0, 0.3) * stage.height), (far_x, low)
    )
    texture = toned(stage.bank.wall(dice, (160, 220), dice.uniform(0.3, 1)), dice.uniform(40, 200), dice.uniform(8, 45))
    flat = canvas.rectangle(0, 0, 220, 160).astype(np.float32)
    matrix = cv2.getPerspectiveTransform(flat, wall.astype(np.float32))
    stage.warp(texture, None, np.asarray(matrix, np.float64), wall)


def tree(stage: Stage) -> None:
    """A trunk and a crown."""
    dice = stage.dice
    x, reach = dice.uniform(0, stage.width), dice.log_uniform(10, 140)
    ground = stage.horizon + reach * dice.uniform(0.05, 0.6)
    trunk = canvas.rectangle(x - reach * 0.06, ground - reach * 1.5, x + reach * 0.06, ground)
    canvas.fill(stage.picture, trunk, dice.uniform(20, 110))
    spots = canvas.oval(x, ground - reach * 1.9, reach, reach * dice.uniform(0.7, 1.3), 14)
    crown = canvas.smoothed(spots + np.array([(dice.bell(reach * 0.15), dice.bell(reach * 0.15)) for _ in spots]), 1)
    seen = stage.bank.green(dice, (96, 96), dice.uniform(0.3, 1.2))
    canvas.shade(stage.picture, crown, toned(seen, dice.uniform(30, 150), dice.uniform(15, 65)), dice.uniform(0.6, 1))


def lanes(stage: Stage, middle: float) -> None:
    """Lines, dashes and a crossing, running to the vanishing point."""
    dice, horizon, tall = stage.dice, stage.horizon, stage.height
    for _ in range(dice.choice((0, 1, 2, 3, 4))):
        end, half, broken = dice.uniform(-0.6, 1.6) * stage.width, dice.uniform(2, 10), dice.chance(0.6)
        places = np.linspace(0.03, 1, 9) ** 2 if broken else np.array([0.02, 1.0])
        tone = dice.uniform(140, 255)
        for start, stop in zip(places[:-1:2], places[1::2], strict=False):
            spots = []
            for share, offset in ((start, -1), (start, 1), (stop, 1), (stop, -1)):
                spots.append((middle + (end + offset * half - middle) * share, horizon + (tall - horizon) * share))
            mark(stage, canvas.points(*spots), tone, dice.uniform(0.4, 0.9))
    if dice.chance(0.15):
        zebra(stage, horizon + dice.uniform(0.3, 0.9) * (tall - horizon), dice.uniform(8, 40))


def zebra(stage: Stage, y: float, tall: float) -> None:
    """A crossing."""
    dice, x = stage.dice, -stage.dice.uniform(0, 60)
    wide, lean, tone = dice.uniform(8, 40), dice.bell(0.5) * tall, dice.uniform(150, 255)
    while x < stage.width:
        band = canvas.points((x, y), (x + wide, y), (x + wide + lean, y + tall), (x + lean, y + tall))
        mark(stage, band, tone, 0.8)
        x += wide * 2


def mark(stage: Stage, outline: Points, tone: float, strength: float) -> None:
    """Paint on the road."""
    canvas.shade(stage.picture, outline, tone, strength)
