"""Hanging a painted plate on a plane of the scene."""

from __future__ import annotations

import math

import cv2
import numpy as np

from ..effects import Dice
from ..plates.easel import Face
from . import canvas
from .canvas import Gray
from .stage import Placed, Stage
from .view import View, moved

_INVERTED, _PALE = 0.15, 0.35
"""Shares of plates that are painted light on dark where the face is dark on light, and of those with pale paint."""


def plate_height(face: Face, dice: Dice) -> float:
    """Return the height of a plate in half widths of a car, by its aspect: long ones are low."""
    aspect = face.width / face.height
    usual = 0.125 if aspect > 4 else 0.15 if aspect > 2.5 else 0.165 if aspect > 1.8 else 0.22
    return usual * dice.uniform(0.9, 1.2)


def hang(
    stage: Stage, face: Face, view: View, seat: tuple[float, float] = (0.0, 0.0), *, height: float, gain: float
) -> None:
    """Hang a plate with its middle at `seat`, `height` units of the plane high; `gain` multiplies its tones."""
    dice = stage.dice
    left, top, right, bottom = face.plate
    factor = height / (bottom - top)
    turn = math.radians(dice.bell(1.0))
    cosine, sine = math.cos(turn) * factor, math.sin(turn) * factor
    x, y = (left + right) / 2, (top + bottom) / 2
    onto = np.array([[cosine, -sine, seat[0] - cosine * x + sine * y], [sine, cosine, seat[1] - sine * x - cosine * y],
                     [0, 0, 1.0]])  # fmt: skip
    matrix = view.matrix @ onto
    corners = moved(matrix, canvas.rectangle(left, top, right, bottom))
    if canvas.box_of(corners, stage.picture.shape) is None:
        return
    placed = Placed(corners.astype(np.float32), face.text)
    picture = _lit(face, gain, dice)
    shrink = min(1.0, 1.25 * placed.width / (right - left))
    if shrink < 0.8:
        size = (max(2, round(picture.shape[1] * shrink)), max(2, round(picture.shape[0] * shrink)))
        grow = np.diag([picture.shape[1] / size[0], picture.shape[0] / size[1], 1.0])
        # pixel centres: a shrunk pixel stands for the middle of those that it averages
        centre = np.array([[1, 0, 0.5], [0, 1, 0.5], [0, 0, 1]])
        matrix = matrix @ np.linalg.inv(centre) @ grow @ centre
        picture = np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)
    rim = canvas.rounded(*face.outer, radius=0.06 * (bottom - top), steps=2)
    shown = moved(view.matrix @ onto, rim)
    if not np.isfinite(shown).all():
        return
    if dice.chance(0.4):
        below = shown + np.array([dice.bell(0.02), 0.05]) * view.scale * height * 4
        canvas.shade(stage.picture, below, 0.0, dice.uniform(0.2, 0.7))
    stage.warp(picture, None, matrix, shown)
    stage.plates.append(placed)


def _lit(face: Face, gain: float, dice: Dice) -> Gray:
    """The painted plate under the light of its place, now and then with the edge of a shadow across."""
    tones = np.asarray(face.picture)
    places = np.arange(256, dtype=np.float32)
    if dice.chance(_INVERTED):
        places = 255 - places
    if dice.chance(_PALE):
        places = dice.uniform(0, 1) * 150 + (places - 70) * np.float32(dice.uniform(0.25, 0.8))
    offset = dice.uniform(-10, 15)
    table = np.clip(places * np.float32(gain) + offset * min(1.0, gain), 0, 255).astype(np.uint8)
    tones = np.asarray(cv2.LUT(tones, table), np.uint8)
    if dice.chance(0.2):
        height, width = tones.shape
        x = dice.uniform(0, width)
        edge = canvas.points((x, -5), (width + 5, -5), (width + 5, height + 5), (x + dice.bell(80), height + 5))
        if dice.chance(0.5):
            y = dice.uniform(0.2, 0.8) * height
            edge = canvas.points((-5, -5), (width + 5, -5), (width + 5, y + dice.bell(20)), (-5, y + dice.bell(20)))
        tones = tones.copy()
        canvas.shade(tones, edge, dice.choice((0.0, 0.0, 255.0)), dice.uniform(0.15, 0.6))
    return tones
