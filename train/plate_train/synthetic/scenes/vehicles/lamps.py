"""Headlamps, tail lamps, fog lamps and reflectors: glass with ribs, bowls and bulbs, similar to plates."""

from __future__ import annotations

import cv2
import numpy as np

from ...random_source import RandomSource
from .. import raster
from ..raster import Gray, Points, Spot
from .parts import Panel

_KINDS = ("box", "box", "oval", "wedge", "wedge", "tall")
_SMALL_KINDS = ("box", "oval")


def lamp_pair(
    panel: Panel, at: Spot, size: Spot, rng: RandomSource, *, front: bool, small: bool = False
) -> list[tuple[Spot, float]]:
    """Paint two mirrored lamps and return position and size of each."""
    x, y = at
    across, down = size
    kind = rng.choice(_SMALL_KINDS if small else _KINDS)
    if kind == "tall":
        across, down = min(across, down * 0.8), max(across, down) * 1.2
    shape = tuple(min(160, max(6, round(2.2 * side * panel.unit))) for side in (down, across))
    glass = _glass((shape[0], shape[1]), rng, front=front)
    tilt, rim = (
        rng.uniform(-0.5, 0.5),
        rng.choice((rng.uniform(150, 255), rng.uniform(0, 80), rng.uniform(0, 255))),
    )
    thick = panel.unit * rng.uniform(0.006, 0.022)
    for side in (-1, 1):
        outline = panel.at(_outline(kind, (side * x, y), (across, down), side * tilt))
        raster.shade(panel.picture, outline, np.ascontiguousarray(glass[:, ::side]))
        if rng.chance(0.8):
            raster.stroke(panel.picture, outline, rim, thick, closed=True)
    return [((side * x, y), max(across, down)) for side in (-1, 1)]


def _glass(shape: tuple[int, int], rng: RandomSource, *, front: bool) -> Gray:
    """The picture of the right one of two lamps."""
    height, width = shape
    base = rng.uniform(80, 235) if front else rng.uniform(20, 160)
    down = raster.ramp(
        height, [(0, base + rng.normal(40)), (rng.random(), base + rng.normal(40)), (1, base + rng.normal(40))]
    )
    glass = raster.to_bytes(np.broadcast_to(down[:, None], shape).copy())
    if rng.chance(0.4):
        cut = rng.uniform(0.5, 0.85) * width
        raster.fill(glass, raster.rectangle(cut, -2, width + 2, height + 2), rng.uniform(20, 240))
    for _ in range(rng.choice((0, 1, 1, 2, 2, 3))):
        _bowl(glass, rng, front=front)
    if rng.chance(0.5):
        gap = rng.uniform(2, 9)
        for x in np.arange(rng.uniform(0, gap), width, gap):
            raster.stroke(glass, raster.points((x, 0), (x + rng.normal(1), height)), base + rng.normal(60), 1)
    for _ in range(rng.choice((0, 0, 1, 2, 4))):
        y = rng.uniform(0, height)
        raster.stroke(
            glass,
            raster.points((0, y), (width, y + rng.normal(0.1) * height)),
            base + rng.normal(80),
            rng.choice((1, 1, 2, 3)),
        )
    for _ in range(rng.choice((0, 1, 2, 4))):
        reach = rng.uniform(0.03, 0.15) * height
        spot = raster.oval(rng.uniform(0, width), rng.uniform(0, height), reach * rng.uniform(1, 4), reach, 10)
        raster.fill(glass, spot, rng.uniform(190, 255))
    if rng.chance(0.3):
        glass = np.asarray(cv2.GaussianBlur(glass, (0, 0), rng.uniform(0.5, 2)), np.uint8)
    return glass


def _bowl(glass: Gray, rng: RandomSource, *, front: bool) -> None:
    """A reflector with its bulb."""
    height, width = glass.shape
    reach = rng.uniform(0.2, 0.5) * height
    x, y = rng.uniform(0.1, 0.9) * width, height / 2 + rng.normal(0.12) * height
    tones = (rng.uniform(30, 255), rng.uniform(0, 255), rng.uniform(120, 255) if front else rng.uniform(60, 255))
    for fraction, tone in zip((1.0, rng.uniform(0.5, 0.9), rng.uniform(0.15, 0.45)), tones, strict=True):
        raster.fill(glass, raster.oval(x, y, reach * fraction, reach * fraction, 16), tone)


def _outline(kind: str, at: Spot, size: Spot, tilt: float) -> Points:
    (x, y), (across, down) = at, size
    if kind == "oval":
        return raster.oval(x, y, across, down)
    if kind == "wedge":
        side = 1 if x > 0 else -1
        inner, outer = x - side * across, x + side * across
        wedge = raster.points((inner, y + down * 0.1), (outer, y - down), (outer, y + down * 0.7), (inner, y + down))
        return raster.smoothed(wedge + np.array([0, tilt * down * 0.3]), 1)
    slant = tilt * down * 0.5
    left, right = x - across, x + across
    return raster.smoothed(
        raster.points((left, y - down + slant), (right, y - down - slant), (right, y + down), (left, y + down)), 2
    )
