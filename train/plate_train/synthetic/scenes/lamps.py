"""Headlamps, tail lamps, fog lamps and reflectors: glass with ribs, bowls and bulbs, of all things most like plates."""

from __future__ import annotations

import cv2
import numpy as np

from ..effects import Dice
from . import canvas
from .canvas import Gray, Points
from .parts import Panel, Spot

_KINDS = ("box", "box", "oval", "wedge", "wedge", "tall")
_SMALL_KINDS = ("box", "oval")


def lamp_pair(
    panel: Panel, at: Spot, size: Spot, dice: Dice, *, front: bool, small: bool = False
) -> list[tuple[Spot, float]]:
    """Paint two lamps, mirrored; returns where, and how large."""
    x, y = at
    across, down = size
    kind = dice.choice(_SMALL_KINDS if small else _KINDS)
    if kind == "tall":
        across, down = min(across, down * 0.8), max(across, down) * 1.2
    shape = tuple(min(160, max(6, round(2.2 * side * panel.unit))) for side in (down, across))
    glass = _glass((shape[0], shape[1]), dice, front=front)
    tilt, rim = (
        dice.uniform(-0.5, 0.5),
        dice.choice((dice.uniform(150, 255), dice.uniform(0, 80), dice.uniform(0, 255))),
    )
    thick = panel.unit * dice.uniform(0.006, 0.022)
    for side in (-1, 1):
        outline = panel.at(_outline(kind, (side * x, y), (across, down), side * tilt))
        canvas.shade(panel.picture, outline, np.ascontiguousarray(glass[:, ::side]))
        if dice.chance(0.8):
            canvas.stroke(panel.picture, outline, rim, thick, closed=True)
    return [((side * x, y), max(across, down)) for side in (-1, 1)]


def _glass(shape: tuple[int, int], dice: Dice, *, front: bool) -> Gray:
    """What is seen in the right one of two lamps."""
    height, width = shape
    base = dice.uniform(80, 235) if front else dice.uniform(20, 160)
    down = canvas.ramp(
        height, [(0, base + dice.bell(40)), (dice.random(), base + dice.bell(40)), (1, base + dice.bell(40))]
    )
    glass = canvas.to_bytes(np.broadcast_to(down[:, None], shape).copy())
    if dice.chance(0.4):
        cut = dice.uniform(0.5, 0.85) * width
        canvas.fill(glass, canvas.rectangle(cut, -2, width + 2, height + 2), dice.uniform(20, 240))
    for _ in range(dice.choice((0, 1, 1, 2, 2, 3))):
        _bowl(glass, dice, front=front)
    if dice.chance(0.5):
        gap = dice.uniform(2, 9)
        for x in np.arange(dice.uniform(0, gap), width, gap):
            canvas.stroke(glass, canvas.points((x, 0), (x + dice.bell(1), height)), base + dice.bell(60), 1)
    for _ in range(dice.choice((0, 0, 1, 2, 4))):
        y = dice.uniform(0, height)
        canvas.stroke(
            glass,
            canvas.points((0, y), (width, y + dice.bell(0.1) * height)),
            base + dice.bell(80),
            dice.choice((1, 1, 2, 3)),
        )
    for _ in range(dice.choice((0, 1, 2, 4))):
        reach = dice.uniform(0.03, 0.15) * height
        spot = canvas.oval(dice.uniform(0, width), dice.uniform(0, height), reach * dice.uniform(1, 4), reach, 10)
        canvas.fill(glass, spot, dice.uniform(190, 255))
    if dice.chance(0.3):
        glass = np.asarray(cv2.GaussianBlur(glass, (0, 0), dice.uniform(0.5, 2)), np.uint8)
    return glass


def _bowl(glass: Gray, dice: Dice, *, front: bool) -> None:
    """A reflector with its bulb."""
    height, width = glass.shape
    reach = dice.uniform(0.2, 0.5) * height
    x, y = dice.uniform(0.1, 0.9) * width, height / 2 + dice.bell(0.12) * height
    tones = (dice.uniform(30, 255), dice.uniform(0, 255), dice.uniform(120, 255) if front else dice.uniform(60, 255))
    for share, tone in zip((1.0, dice.uniform(0.5, 0.9), dice.uniform(0.15, 0.45)), tones, strict=True):
        canvas.fill(glass, canvas.oval(x, y, reach * share, reach * share, 16), tone)


def _outline(kind: str, at: Spot, size: Spot, tilt: float) -> Points:
    (x, y), (across, down) = at, size
    if kind == "oval":
        return canvas.oval(x, y, across, down)
    if kind == "wedge":
        side = 1 if x > 0 else -1
        inner, outer = x - side * across, x + side * across
        wedge = canvas.points((inner, y + down * 0.1), (outer, y - down), (outer, y + down * 0.7), (inner, y + down))
        return canvas.smoothed(wedge + np.array([0, tilt * down * 0.3]), 1)
    lean = tilt * down * 0.5
    left, right = x - across, x + across
    return canvas.smoothed(
        canvas.points((left, y - down + lean), (right, y - down - lean), (right, y + down), (left, y + down)), 2
    )
