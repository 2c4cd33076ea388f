"""Augmentation of scenes: another crop, size and tone each time a scene is used."""

from __future__ import annotations

import math
from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from ..synthetic.random_source import RandomSource
from ..synthetic.scenes.labels import PlateLabel
from ..synthetic.scenes.spec import LEAST_WIDTH
from ..synthetic.scenes.view import apply_homography
from .targets import sizes

_UNCHANGED_GEOMETRY = 0.25
"""Fraction of scenes whose geometry stays as rendered."""


def augmented(
    picture: NDArray[np.uint8], labels: Sequence[PlateLabel], rng: RandomSource
) -> tuple[NDArray[np.uint8], list[PlateLabel]]:
    """Return an augmented copy of one input, uint8 (h, w), and the labels that fit it."""
    labels = list(labels)
    if not rng.chance(_UNCHANGED_GEOMETRY):
        picture, labels = _transformed(picture, labels, rng)
    return _toned(picture, rng), labels


def _transformed(
    picture: NDArray[np.uint8], labels: list[PlateLabel], rng: RandomSource
) -> tuple[NDArray[np.uint8], list[PlateLabel]]:
    """Translate, crop, scale and rotate a little; pixels from outside are black."""
    height, width = picture.shape
    factor, stretch = rng.log_uniform(0.7, 1.5), rng.log_uniform(0.93, 1.07)
    rotation, slant = math.radians(rng.normal(2.0)), rng.normal(0.03)
    lean = np.array([[math.cos(rotation), -math.sin(rotation) + slant], [math.sin(rotation), math.cos(rotation)]])
    lean = lean @ np.diag([factor * stretch, factor / stretch])
    far = lean @ (width, height)
    shift = [min(0.0, side - reach) * rng.random() for side, reach in zip((width, height), far, strict=True)]
    matrix = np.column_stack([lean, shift])
    if factor < 0.85:
        picture = np.asarray(cv2.GaussianBlur(picture, (0, 0), 0.45 / factor - 0.2), np.uint8)
    seen = np.asarray(cv2.warpAffine(picture, matrix, (width, height), flags=cv2.INTER_LINEAR), np.uint8)
    whole = np.vstack([matrix, [0, 0, 1]])
    found = [
        PlateLabel(
            apply_homography(whole, label.corners.astype(np.float64)).astype(np.float32), label.text, label.required
        )
        for label in labels
    ]
    return seen, [checked for label in found if (checked := _checked(label, (height, width))) is not None]


def _checked(label: PlateLabel, shape: tuple[int, int]) -> PlateLabel | None:
    """Return the label after the transform: ignored if the plate is cropped or too small, None if it is outside."""
    low, high = label.corners.min(axis=0), label.corners.max(axis=0)
    size = np.array(shape[::-1])
    if (high < 0).any() or (low >= size).any():
        return None
    whole = bool((low > -1).all() and (high < size + 1).all())
    return PlateLabel(label.corners, label.text, label.required and whole and sizes(label.corners)[0] >= LEAST_WIDTH)


def _toned(picture: NDArray[np.uint8], rng: RandomSource) -> NDArray[np.uint8]:
    """Change brightness and gamma; blur 10 % of the pictures."""
    if rng.chance(0.6):
        places = (np.arange(256, dtype=np.float32) / 255) ** np.float32(rng.log_uniform(0.75, 1.35))
        table = places * np.float32(rng.log_uniform(0.7, 1.3)) * 255 + np.float32(
            rng.uniform(-12, 12) if rng.chance(0.5) else 0
        )
        picture = np.asarray(cv2.LUT(picture, np.clip(table, 0, 255).astype(np.uint8)), np.uint8)
    if rng.chance(0.1):
        picture = np.asarray(cv2.GaussianBlur(picture, (0, 0), rng.uniform(0.3, 1.0)), np.uint8)
    return picture
