"""Backdrops: what is behind the vehicles, before light and camera are applied."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from . import raster, roadside, street_objects
from .scene_canvas import SceneCanvas
from .textures import toned

KINDS = {"street": 4.0, "mast": 2.0, "yard": 2.5, "heap": 1.2, "plain": 0.3}
"""Weight of each kind of place."""


def paint_backdrop(canvas: SceneCanvas) -> str:
    """Paint a place, darkened by the scene's light, and return its kind."""
    kind = canvas.rng.choices(list(KINDS), list(KINDS.values()))[0]
    _PAINT_BY_KIND[kind](canvas)
    table = np.clip(np.arange(256) * canvas.light.ambient, 0, 255).astype(np.uint8)
    canvas.picture[:] = cv2.LUT(canvas.picture, table)
    if canvas.light.kind in ("night", "dusk"):
        _town_lights(canvas)
    return kind


def _street(canvas: SceneCanvas) -> None:
    """A road to the horizon between houses and trees."""
    rng, wide, tall = canvas.rng, canvas.width, canvas.height
    canvas.horizon = rng.uniform(0.3, 0.58) * tall
    middle = rng.uniform(0.25, 0.75) * wide
    _sky(canvas)
    base, near = rng.uniform(50, 150), rng.uniform(-30, 40)
    _ground(canvas, canvas.horizon, base, near)
    for _ in range(rng.randint(1, 5)):
        roadside.skyline(canvas)
    for side in (-1, 1):
        if rng.chance(0.55):
            roadside.row_of_houses(canvas, middle, side)
    for _ in range(rng.choice((0, 1, 2, 4, 6))):
        roadside.tree(canvas)
    roadside.lanes(canvas, middle)
    street_objects.add_clutter(canvas, rng, rng.choice((0, 1, 2, 4, 7)), 0.2, 0.62)


def _mast(canvas: SceneCanvas) -> None:
    """A view from a mast or a gate: ground, lanes, kerbs, shadows."""
    rng, wide, tall = canvas.rng, canvas.width, canvas.height
    canvas.horizon = rng.uniform(-0.5, 0.15) * tall
    _ground(canvas, 0, rng.uniform(40, 190), rng.normal(25))
    for _ in range(rng.choice((0, 1, 2, 4))):
        x, slant, half = rng.uniform(-0.2, 1.2) * wide, rng.normal(0.5) * wide, rng.log_uniform(2, 60)
        band = raster.points(
            (x - half * 0.4, 0), (x + half * 0.4, 0), (x + slant + half, tall), (x + slant - half, tall)
        )
        roadside.paint_road(canvas, band, rng.uniform(0, 255), rng.uniform(0.2, 0.9))
    if rng.chance(0.3):
        roadside.zebra(canvas, rng.uniform(0.2, 0.9) * tall, rng.uniform(10, 50))
    if rng.chance(0.4):
        edge = rng.uniform(0.05, 0.3) * tall
        top = canvas.bank.wall(rng, (max(4, round(edge)), wide), rng.uniform(0.5, 2))
        canvas.picture[: top.shape[0]] = toned(top, rng.uniform(40, 200), rng.uniform(10, 45))
    street_objects.add_clutter(canvas, rng, rng.choice((0, 0, 1, 2)), 0.0, 0.4)


def _yard(canvas: SceneCanvas) -> None:
    """A place near a wall, a hedge, a garage or other cars."""
    rng, wide, tall = canvas.rng, canvas.width, canvas.height
    edge = round(rng.uniform(0.1, 0.75) * tall)
    canvas.horizon = edge * rng.uniform(0.3, 1.0)
    _ground(canvas, edge, rng.uniform(50, 200), rng.normal(25))
    zoom = rng.log_uniform(0.5, 3)
    texture = (canvas.bank.wall if rng.chance(0.5) else canvas.bank.green)(rng, (max(4, edge), wide), zoom)
    canvas.picture[:edge] = toned(texture, rng.uniform(30, 210), rng.uniform(8, 70))
    for _ in range(rng.choice((0, 1, 2, 3))):
        x, half = rng.uniform(0, wide), rng.log_uniform(8, 200)
        box = raster.rectangle(x - half, rng.uniform(-0.2, 0.7) * edge, x + half, edge)
        if rng.chance(0.5):
            patch = canvas.bank.any(rng, (64, 64), rng.uniform(0.3, 1))
            raster.shade(canvas.picture, box, toned(patch, rng.uniform(0, 255), rng.uniform(5, 50)))
        else:
            raster.fill(canvas.picture, box, rng.uniform(0, 255))
    if rng.chance(0.3):
        street_objects.fence(canvas, edge * rng.uniform(0, 0.8), edge)
    street_objects.add_clutter(canvas, rng, rng.choice((0, 1, 2, 4)), 0.05, max(0.1, edge / tall))


def _heap(canvas: SceneCanvas) -> None:
    """A random collage of textures and shapes."""
    rng, wide, tall = canvas.rng, canvas.width, canvas.height
    texture = canvas.bank.any(rng, (tall, wide), rng.log_uniform(0.6, 4))
    canvas.picture[:] = toned(texture, rng.uniform(30, 220), rng.uniform(10, 60))
    for _ in range(rng.choice((0, 2, 5, 12))):
        x, y, reach = rng.uniform(0, wide), rng.uniform(0, tall), rng.log_uniform(5, 150)
        spots = raster.points(*((x + rng.normal(reach), y + rng.normal(reach * 0.6)) for _ in range(rng.randint(3, 7))))
        patch = canvas.bank.any(rng, (64, 64), rng.uniform(0.3, 1))
        raster.shade(canvas.picture, spots, toned(patch, rng.uniform(0, 255), rng.uniform(0, 40)), rng.uniform(0.4, 1))
    street_objects.add_clutter(canvas, rng, rng.choice((0, 2, 4, 8)), 0.1, 0.9)


def _plain(canvas: SceneCanvas) -> None:
    """A smooth gradient of tones."""
    rng = canvas.rng
    tones = raster.ramp(
        canvas.height, [(0, rng.uniform(0, 255)), (rng.random(), rng.uniform(0, 255)), (1, rng.uniform(0, 255))]
    )
    canvas.picture[:] = raster.to_bytes(np.broadcast_to(tones[:, None], canvas.picture.shape).copy())
    street_objects.add_clutter(canvas, rng, rng.choice((0, 1, 3)), 0.1, 0.9)


def _sky(canvas: SceneCanvas) -> None:
    rng, edge = canvas.rng, round(canvas.horizon) + 1
    tones = raster.ramp(edge, [(0, rng.uniform(110, 255)), (1, rng.uniform(140, 255))])[:, None]
    clouds = canvas.bank.window("clouds", rng, (edge, canvas.width), rng.uniform(0.8, 3)).astype(np.float32) - 128
    canvas.picture[:edge] = raster.to_bytes(np.asarray(tones + clouds * np.float32(rng.uniform(0, 0.6)), np.float32))


def _ground(canvas: SceneCanvas, top: float, tone: float, nearer: float) -> None:
    """Asphalt, slabs or grass, coarser towards the camera."""
    rng, edge = canvas.rng, max(0, round(top))
    rows = canvas.height - edge
    if rows < 4:
        return
    kind = (
        "grit"
        if rng.chance(0.7)
        else rng.choice([k for k in ("bricks", "planks", "leaves", "patches") if canvas.bank.has(k)])
    )
    texture = canvas.bank.window(kind, rng, (rows, canvas.width), rng.uniform(0.8, 2))
    if rng.chance(0.7):
        squeeze = rng.uniform(0.02, 0.35) * canvas.width
        flat = raster.rectangle(0, 0, canvas.width, rows).astype(np.float32)
        far = flat + np.array([(-squeeze, 0), (squeeze, 0), (squeeze * 6, 0), (-squeeze * 6, 0)], np.float32)
        texture = np.asarray(
            cv2.warpPerspective(
                texture, cv2.getPerspectiveTransform(flat, far), (canvas.width, rows), borderMode=cv2.BORDER_REFLECT
            ),
            np.uint8,
        )
    tones = raster.ramp(rows, [(0, tone), (1, tone + nearer)])[:, None]
    rough = (texture.astype(np.float32) - 128) * np.float32(rng.uniform(0.03, 0.45))
    canvas.picture[edge:] = raster.to_bytes(np.asarray(tones + rough, np.float32))
    for _ in range(rng.choice((0, 1, 2, 4))):
        x, y = rng.uniform(0, canvas.width), edge + rng.random() * rows
        spot = raster.oval(x, y, rng.log_uniform(20, 250), rng.log_uniform(4, 50), 14)
        raster.shade(canvas.picture, spot, rng.choice((0.0, 255.0)), rng.uniform(0.05, 0.3))


def _town_lights(canvas: SceneCanvas) -> None:
    """Lit windows, lamps and advertisements."""
    rng = canvas.rng
    edge = max(8, min(canvas.height, round(canvas.horizon * rng.uniform(0.6, 1.3))))
    if rng.chance(0.7) and edge > 16:
        texture = canvas.bank.window("lamps", rng, (edge, canvas.width), rng.uniform(0.8, 2))
        spots = np.where(texture > rng.randint(165, 200), texture, 0).astype(np.uint8)
        canvas.picture[:edge] = np.maximum(canvas.picture[:edge], spots)
    for _ in range(rng.choice((0, 2, 5, 10, 18))):
        x, y = (
            rng.uniform(0, canvas.width),
            min(canvas.height * 0.7, abs(canvas.horizon + rng.normal(0.12) * canvas.height)),
        )
        canvas.glows.append((x, y, rng.log_uniform(0.7, 6), rng.uniform(0.2, 1.3)))


_PAINT_BY_KIND: dict[str, Callable[[SceneCanvas], None]] = {
    "street": _street, "mast": _mast, "yard": _yard, "heap": _heap, "plain": _plain,
}  # fmt: skip
