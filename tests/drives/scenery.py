"""Backgrounds of drives: scenes that training does not show, drawn for the drive's camera."""

from __future__ import annotations

import math
from random import Random

import cv2
import numpy as np
from numpy.typing import NDArray

from drives.geometry import Camera

Picture = NDArray[np.uint8]

PLACES = ("quay", "arcade", "terrace")


def paint_place(camera: Camera, chance: Random) -> Picture:
    """Return the empty road and its sides, uint8 (height, width, 3) RGB."""
    width, height = camera.size
    horizon = round(max(40.0, height / 2 - camera.focal * math.tan(camera.pitch)))
    place = chance.choice(PLACES)
    tone = chance.uniform(0.75, 1.1)
    picture = np.zeros((height, width, 3), np.float32)
    picture[:horizon] = np.linspace(205, 165, horizon)[:, None, None] * np.array([0.93, 0.98, 1.05]) * tone
    picture[horizon:] = np.linspace(96, 122, height - horizon)[:, None, None] * np.array([1.0, 0.99, 0.97]) * tone
    canvas = np.clip(picture, 0, 255).astype(np.uint8)
    {"quay": _quay, "arcade": _arcade, "terrace": _terrace}[place](canvas, horizon, chance)
    _lanes(canvas, camera)
    return _grained(canvas, chance)


def _quay(canvas: Picture, horizon: int, chance: Random) -> None:
    """Water with cranes over it."""
    width = canvas.shape[1]
    cv2.rectangle(canvas, (0, horizon), (width, horizon + 30), (72, 96, 112), -1)
    for _ in range(chance.randint(3, 6)):
        x, tall = chance.randrange(width), chance.randint(60, 200)
        colour = chance.choice([(150, 70, 40), (60, 90, 140), (160, 150, 60)])
        cv2.line(canvas, (x, horizon), (x, horizon - tall), colour, 7)
        cv2.line(canvas, (x - tall // 3, horizon - tall), (x + tall, horizon - tall + 15), colour, 5)
        for rung in range(0, tall, 14):
            cv2.line(canvas, (x - 9, horizon - rung), (x + 9, horizon - rung - 9), colour, 2)


def _arcade(canvas: Picture, horizon: int, chance: Random) -> None:
    """A wall with a row of arches."""
    width, step = canvas.shape[1], chance.randint(70, 120)
    base = horizon + 24
    cv2.rectangle(canvas, (0, horizon - 130), (width, base), (150, 132, 110), -1)
    for x in range(step // 2, width + step, step):
        cv2.rectangle(canvas, (x - step // 3, horizon - 50), (x + step // 3, base), (52, 46, 44), -1)
        cv2.ellipse(canvas, (x, horizon - 50), (step // 3, step // 3), 0, 180, 360, (52, 46, 44), -1)


def _terrace(canvas: Picture, horizon: int, chance: Random) -> None:
    """Walls and hedges, one above the other."""
    width = canvas.shape[1]
    for row in range(5):
        top = horizon + 20 - 34 * (row + 1)
        shade = chance.randint(60, 110)
        colour = (shade // 2, shade, shade // 2) if row % 2 else (shade + 50, shade + 46, shade + 40)
        cv2.rectangle(canvas, (0, top), (width, top + 34), colour, -1)
        for x in range(chance.randrange(40), width, chance.randint(24, 60)):
            cv2.line(canvas, (x, top + 2), (x + chance.randint(-6, 6), top + 32), tuple(c - 18 for c in colour), 2)


def _lanes(canvas: Picture, camera: Camera) -> None:
    for x in (-4.6, 0.0, 4.6):
        for start in range(3, 80, 6 if x == 0 else 3):
            spots = np.array(
                [[x - 0.06, 0, start], [x + 0.06, 0, start], [x + 0.06, 0, start + 3], [x - 0.06, 0, start + 3]]
            )
            cv2.fillConvexPoly(canvas, np.rint(camera.project(spots)).astype(np.int32), (178, 176, 168))


def _grained(canvas: Picture, chance: Random) -> Picture:
    """Return patches of several sizes, like those of surfaces."""
    rng = np.random.default_rng(chance.getrandbits(32))
    height, width = canvas.shape[:2]
    grain = np.zeros((height, width), np.float32)
    for size, depth in ((160, 5), (40, 5), (8, 6), (2, 4)):
        coarse = rng.normal(0, depth, (height // size + 2, width // size + 2)).astype(np.float32)
        grain += cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
    return np.clip(canvas + grain[:, :, None], 0, 255).astype(np.uint8)
