"""Places: what is behind the vehicles, before light and camera come."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from . import canvas, roadside, signs
from .stage import Stage
from .textures import toned

KINDS = {"street": 4.0, "mast": 2.0, "yard": 2.5, "heap": 1.2, "plain": 0.3}
"""How often each kind of place is drawn."""


def backdrop(stage: Stage) -> str:
    """Paint a place, darkened by its light; returns its kind."""
    kind = stage.dice.choices(list(KINDS), list(KINDS.values()))[0]
    _PLACES[kind](stage)
    table = np.clip(np.arange(256) * stage.light.ambient, 0, 255).astype(np.uint8)
    stage.picture[:] = cv2.LUT(stage.picture, table)
    if stage.light.kind in ("night", "dusk"):
        _town_lights(stage)
    return kind


def _street(stage: Stage) -> None:
    """A road to the horizon between houses and trees."""
    dice, wide, tall = stage.dice, stage.width, stage.height
    stage.horizon = dice.uniform(0.3, 0.58) * tall
    middle = dice.uniform(0.25, 0.75) * wide
    _sky(stage)
    base, near = dice.uniform(50, 150), dice.uniform(-30, 40)
    _ground(stage, stage.horizon, base, near)
    for _ in range(dice.randint(1, 5)):
        roadside.skyline(stage)
    for side in (-1, 1):
        if dice.chance(0.55):
            roadside.row_of_houses(stage, middle, side)
    for _ in range(dice.choice((0, 1, 2, 4, 6))):
        roadside.tree(stage)
    roadside.lanes(stage, middle)
    signs.clutter(stage, dice, dice.choice((0, 1, 2, 4, 7)), 0.2, 0.62)


def _mast(stage: Stage) -> None:
    """Seen from a mast or a gate: ground, lanes, kerbs, shadows."""
    dice, wide, tall = stage.dice, stage.width, stage.height
    stage.horizon = dice.uniform(-0.5, 0.15) * tall
    _ground(stage, 0, dice.uniform(40, 190), dice.bell(25))
    for _ in range(dice.choice((0, 1, 2, 4))):
        x, lean, half = dice.uniform(-0.2, 1.2) * wide, dice.bell(0.5) * wide, dice.log_uniform(2, 60)
        band = canvas.points((x - half * 0.4, 0), (x + half * 0.4, 0), (x + lean + half, tall), (x + lean - half, tall))
        roadside.mark(stage, band, dice.uniform(0, 255), dice.uniform(0.2, 0.9))
    if dice.chance(0.3):
        roadside.zebra(stage, dice.uniform(0.2, 0.9) * tall, dice.uniform(10, 50))
    if dice.chance(0.4):
        edge = dice.uniform(0.05, 0.3) * tall
        top = stage.bank.wall(dice, (max(4, round(edge)), wide), dice.uniform(0.5, 2))
        stage.picture[: top.shape[0]] = toned(top, dice.uniform(40, 200), dice.uniform(10, 45))
    signs.clutter(stage, dice, dice.choice((0, 0, 1, 2)), 0.0, 0.4)


def _yard(stage: Stage) -> None:
    """Near a wall, a hedge, a garage or other cars."""
    dice, wide, tall = stage.dice, stage.width, stage.height
    edge = round(dice.uniform(0.1, 0.75) * tall)
    stage.horizon = edge * dice.uniform(0.3, 1.0)
    _ground(stage, edge, dice.uniform(50, 200), dice.bell(25))
    zoom = dice.log_uniform(0.5, 3)
    seen = (stage.bank.wall if dice.chance(0.5) else stage.bank.green)(dice, (max(4, edge), wide), zoom)
    stage.picture[:edge] = toned(seen, dice.uniform(30, 210), dice.uniform(8, 70))
    for _ in range(dice.choice((0, 1, 2, 3))):
        x, half = dice.uniform(0, wide), dice.log_uniform(8, 200)
        box = canvas.rectangle(x - half, dice.uniform(-0.2, 0.7) * edge, x + half, edge)
        if dice.chance(0.5):
            part = stage.bank.any(dice, (64, 64), dice.uniform(0.3, 1))
            canvas.shade(stage.picture, box, toned(part, dice.uniform(0, 255), dice.uniform(5, 50)))
        else:
            canvas.fill(stage.picture, box, dice.uniform(0, 255))
    if dice.chance(0.3):
        signs.fence(stage, edge * dice.uniform(0, 0.8), edge)
    signs.clutter(stage, dice, dice.choice((0, 1, 2, 4)), 0.05, max(0.1, edge / tall))


def _heap(stage: Stage) -> None:
    """Anything: textures, and things on things."""
    dice, wide, tall = stage.dice, stage.width, stage.height
    seen = stage.bank.any(dice, (tall, wide), dice.log_uniform(0.6, 4))
    stage.picture[:] = toned(seen, dice.uniform(30, 220), dice.uniform(10, 60))
    for _ in range(dice.choice((0, 2, 5, 12))):
        x, y, reach = dice.uniform(0, wide), dice.uniform(0, tall), dice.log_uniform(5, 150)
        spots = canvas.points(*((x + dice.bell(reach), y + dice.bell(reach * 0.6)) for _ in range(dice.randint(3, 7))))
        part = stage.bank.any(dice, (64, 64), dice.uniform(0.3, 1))
        canvas.shade(stage.picture, spots, toned(part, dice.uniform(0, 255), dice.uniform(0, 40)), dice.uniform(0.4, 1))
    signs.clutter(stage, dice, dice.choice((0, 2, 4, 8)), 0.1, 0.9)


def _plain(stage: Stage) -> None:
    """One tone, or a soft change of tones."""
    dice = stage.dice
    tones = canvas.ramp(
        stage.height, [(0, dice.uniform(0, 255)), (dice.random(), dice.uniform(0, 255)), (1, dice.uniform(0, 255))]
    )
    stage.picture[:] = canvas.to_bytes(np.broadcast_to(tones[:, None], stage.picture.shape).copy())
    signs.clutter(stage, dice, dice.choice((0, 1, 3)), 0.1, 0.9)


def _sky(stage: Stage) -> None:
    dice, edge = stage.dice, round(stage.horizon) + 1
    tones = canvas.ramp(edge, [(0, dice.uniform(110, 255)), (1, dice.uniform(140, 255))])[:, None]
    clouds = stage.bank.window("clouds", dice, (edge, stage.width), dice.uniform(0.8, 3)).astype(np.float32) - 128
    stage.picture[:edge] = canvas.to_bytes(np.asarray(tones + clouds * np.float32(dice.uniform(0, 0.6)), np.float32))


def _ground(stage: Stage, top: float, tone: float, nearer: float) -> None:
    """Asphalt, slabs or grass that grow coarser towards the camera."""
    dice, edge = stage.dice, max(0, round(top))
    rows = stage.height - edge
    if rows < 4:
        return
    kind = (
        "grit"
        if dice.chance(0.7)
        else dice.choice([k for k in ("bricks", "planks", "leaves", "patches") if stage.bank.has(k)])
    )
    seen = stage.bank.window(kind, dice, (rows, stage.width), dice.uniform(0.8, 2))
    if dice.chance(0.7):
        squeeze = dice.uniform(0.02, 0.35) * stage.width
        flat = canvas.rectangle(0, 0, stage.width, rows).astype(np.float32)
        far = flat + np.array([(-squeeze, 0), (squeeze, 0), (squeeze * 6, 0), (-squeeze * 6, 0)], np.float32)
        seen = np.asarray(
            cv2.warpPerspective(
                seen, cv2.getPerspectiveTransform(flat, far), (stage.width, rows), borderMode=cv2.BORDER_REFLECT
            ),
            np.uint8,
        )
    tones = canvas.ramp(rows, [(0, tone), (1, tone + nearer)])[:, None]
    rough = (seen.astype(np.float32) - 128) * np.float32(dice.uniform(0.03, 0.45))
    stage.picture[edge:] = canvas.to_bytes(np.asarray(tones + rough, np.float32))
    for _ in range(dice.choice((0, 1, 2, 4))):
        x, y = dice.uniform(0, stage.width), edge + dice.random() * rows
        spot = canvas.oval(x, y, dice.log_uniform(20, 250), dice.log_uniform(4, 50), 14)
        canvas.shade(stage.picture, spot, dice.choice((0.0, 255.0)), dice.uniform(0.05, 0.3))


def _town_lights(stage: Stage) -> None:
    """Windows, lamps and advertisements that shine by themselves."""
    dice = stage.dice
    edge = max(8, min(stage.height, round(stage.horizon * dice.uniform(0.6, 1.3))))
    if dice.chance(0.7) and edge > 16:
        seen = stage.bank.window("lamps", dice, (edge, stage.width), dice.uniform(0.8, 2))
        spots = np.where(seen > dice.randint(165, 200), seen, 0).astype(np.uint8)
        stage.picture[:edge] = np.maximum(stage.picture[:edge], spots)
    for _ in range(dice.choice((0, 2, 5, 10, 18))):
        x, y = (
            dice.uniform(0, stage.width),
            min(stage.height * 0.7, abs(stage.horizon + dice.bell(0.12) * stage.height)),
        )
        stage.glows.append((x, y, dice.log_uniform(0.7, 6), dice.uniform(0.2, 1.3)))


_PLACES: dict[str, Callable[[Stage], None]] = {
    "street": _street, "mast": _mast, "yard": _yard, "heap": _heap, "plain": _plain,
}  # fmt: skip
