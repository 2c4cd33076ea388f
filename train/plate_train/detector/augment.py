"""What training does to a drawn scene each time it is shown: another cut, size and tone."""

from __future__ import annotations

import math
from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from ..synthetic.effects import Dice
from ..synthetic.scenes.labels import Mark
from ..synthetic.scenes.spec import LEAST_WIDTH
from ..synthetic.scenes.view import moved
from .targets import sizes

_AS_DRAWN = 0.25
"""Share of scenes shown as they were drawn."""


def changed(picture: NDArray[np.uint8], marks: Sequence[Mark], dice: Dice) -> tuple[NDArray[np.uint8], list[Mark]]:
    """Return a changed copy of one input, uint8 (h, w), and where its plates are then."""
    marks = list(marks)
    if not dice.chance(_AS_DRAWN):
        picture, marks = _moved(picture, marks, dice)
    return _toned(picture, dice), marks


def _moved(picture: NDArray[np.uint8], marks: list[Mark], dice: Dice) -> tuple[NDArray[np.uint8], list[Mark]]:
    """Cut, enlarge or shrink, turn a little; black comes in from outside."""
    height, width = picture.shape
    factor, stretch = dice.log_uniform(0.7, 1.5), dice.log_uniform(0.93, 1.07)
    turn, slant = math.radians(dice.bell(2.0)), dice.bell(0.03)
    lean = np.array([[math.cos(turn), -math.sin(turn) + slant], [math.sin(turn), math.cos(turn)]])
    lean = lean @ np.diag([factor * stretch, factor / stretch])
    far = lean @ (width, height)
    shift = [min(0.0, side - reach) * dice.random() for side, reach in zip((width, height), far, strict=True)]
    matrix = np.column_stack([lean, shift])
    if factor < 0.85:
        picture = np.asarray(cv2.GaussianBlur(picture, (0, 0), 0.45 / factor - 0.2), np.uint8)
    seen = np.asarray(cv2.warpAffine(picture, matrix, (width, height), flags=cv2.INTER_LINEAR), np.uint8)
    whole = np.vstack([matrix, [0, 0, 1]])
    found = [
        Mark(moved(whole, mark.corners.astype(np.float64)).astype(np.float32), mark.text, mark.counts) for mark in marks
    ]
    return seen, [checked for mark in found if (checked := _checked(mark, (height, width))) is not None]


def _checked(mark: Mark, shape: tuple[int, int]) -> Mark | None:
    """A plate that is cut or too small now is ignored; one that is outside is gone."""
    low, high = mark.corners.min(axis=0), mark.corners.max(axis=0)
    size = np.array(shape[::-1])
    if (high < 0).any() or (low >= size).any():
        return None
    whole = bool((low > -1).all() and (high < size + 1).all())
    return Mark(mark.corners, mark.text, mark.counts and whole and sizes(mark.corners)[0] >= LEAST_WIDTH)


def _toned(picture: NDArray[np.uint8], dice: Dice) -> NDArray[np.uint8]:
    """Brighten or darken, bend by a gamma; now and then blur."""
    if dice.chance(0.6):
        places = (np.arange(256, dtype=np.float32) / 255) ** np.float32(dice.log_uniform(0.75, 1.35))
        table = places * np.float32(dice.log_uniform(0.7, 1.3)) * 255 + np.float32(
            dice.uniform(-12, 12) if dice.chance(0.5) else 0
        )
        picture = np.asarray(cv2.LUT(picture, np.clip(table, 0, 255).astype(np.uint8)), np.uint8)
    if dice.chance(0.1):
        picture = np.asarray(cv2.GaussianBlur(picture, (0, 0), dice.uniform(0.3, 1.0)), np.uint8)
    return picture
