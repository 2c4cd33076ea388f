"""Mount a painted plate on a plane of the scene."""

from __future__ import annotations

import math

import cv2
import numpy as np

from ..plates.canvas import PlateFace
from ..random_source import RandomSource
from . import raster
from .raster import Gray
from .scene_canvas import PlacedPlate, SceneCanvas
from .view import View, apply_homography

_INVERTED, _PALE = 0.15, 0.35
"""Fractions of plates with inverted tones, and with pale paint."""


def plate_height(face: PlateFace, rng: RandomSource) -> float:
    """Return the height of a plate in half widths of a car; it depends on the aspect."""
    aspect = face.width / face.height
    usual = 0.125 if aspect > 4 else 0.15 if aspect > 2.5 else 0.165 if aspect > 1.8 else 0.22
    return usual * rng.uniform(0.9, 1.2)


def mount_plate(
    canvas: SceneCanvas,
    face: PlateFace,
    view: View,
    position: tuple[float, float] = (0.0, 0.0),
    *,
    height: float,
    gain: float,
) -> None:
    """Mount a plate with its centre at `position`, `height` units of the plane high; `gain` multiplies its tones."""
    rng = canvas.rng
    left, top, right, bottom = face.plate
    factor = height / (bottom - top)
    rotation = math.radians(rng.normal(1.0))
    cosine, sine = math.cos(rotation) * factor, math.sin(rotation) * factor
    x, y = (left + right) / 2, (top + bottom) / 2
    onto = np.array(
        [
            [cosine, -sine, position[0] - cosine * x + sine * y],
            [sine, cosine, position[1] - sine * x - cosine * y],
            [0, 0, 1.0],
        ]
    )
    matrix = view.matrix @ onto
    corners = apply_homography(matrix, raster.rectangle(left, top, right, bottom))
    if raster.box_of(corners, canvas.picture.shape) is None:
        return
    placed = PlacedPlate(corners.astype(np.float32), face.text)
    picture = _lit(face, gain, rng)
    shrink = min(1.0, 1.25 * placed.width / (right - left))
    if shrink < 0.8:
        size = (max(2, round(picture.shape[1] * shrink)), max(2, round(picture.shape[0] * shrink)))
        grow = np.diag([picture.shape[1] / size[0], picture.shape[0] / size[1], 1.0])
        # pixel centres: a shrunk pixel stands for the middle of those that it averages
        centre = np.array([[1, 0, 0.5], [0, 1, 0.5], [0, 0, 1]])
        matrix = matrix @ np.linalg.inv(centre) @ grow @ centre
        picture = np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)
    rim = raster.rounded(*face.outer, radius=0.06 * (bottom - top), steps=2)
    shown = apply_homography(view.matrix @ onto, rim)
    if not np.isfinite(shown).all():
        return
    if rng.chance(0.4):
        below = shown + np.array([rng.normal(0.02), 0.05]) * view.scale * height * 4
        raster.shade(canvas.picture, below, 0.0, rng.uniform(0.2, 0.7))
    canvas.warp(picture, None, matrix, shown)
    canvas.plates.append(placed)


def _lit(face: PlateFace, gain: float, rng: RandomSource) -> Gray:
    """The painted plate in the light of its place, sometimes with the edge of a shadow across."""
    tones = np.asarray(face.picture)
    places = np.arange(256, dtype=np.float32)
    if rng.chance(_INVERTED):
        places = 255 - places
    if rng.chance(_PALE):
        places = rng.uniform(0, 1) * 150 + (places - 70) * np.float32(rng.uniform(0.25, 0.8))
    offset = rng.uniform(-10, 15)
    table = np.clip(places * np.float32(gain) + offset * min(1.0, gain), 0, 255).astype(np.uint8)
    tones = np.asarray(cv2.LUT(tones, table), np.uint8)
    if rng.chance(0.2):
        height, width = tones.shape
        x = rng.uniform(0, width)
        edge = raster.points((x, -5), (width + 5, -5), (width + 5, height + 5), (x + rng.normal(80), height + 5))
        if rng.chance(0.5):
            y = rng.uniform(0.2, 0.8) * height
            edge = raster.points((-5, -5), (width + 5, -5), (width + 5, y + rng.normal(20)), (-5, y + rng.normal(20)))
        tones = tones.copy()
        raster.shade(tones, edge, rng.choice((0.0, 0.0, 255.0)), rng.uniform(0.15, 0.6))
    return tones
