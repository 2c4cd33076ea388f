"""Vehicles in a scene: shadow, side, front or back, lamps, and a plate or an empty place for one."""

from __future__ import annotations

import cv2
import numpy as np

from ...plates.canvas import PlateFace
from ...random_source import RandomSource
from .. import raster
from ..mount import mount_plate, plate_height
from ..notices import write_lines
from ..raster import Points
from ..scene_canvas import SceneCanvas
from ..view import View, camera_view
from .body import paint_vehicle
from .shape import PaintedVehicle

_FINEST = 230.0
"""Largest half width in pixels at which a vehicle is painted; larger ones are scaled up."""


def add_vehicle(
    canvas: SceneCanvas,
    face: PlateFace | None,
    width: float,
    at: tuple[float, float],
    angles: tuple[float, float, float],
) -> None:
    """Add a vehicle to the scene.

    Args:
        face: its plate; without one the place is empty, or has a dealer's board. width: of the plate in pixels.
        at: the plate's centre in pixels. angles: yaw, pitch and roll in degrees, see `camera_view`.
    """
    rng = canvas.rng
    height = plate_height(face, rng) if face else 0.13
    aspect = face.width / face.height if face else 4.0
    scale = width / (height * aspect)
    body = paint_vehicle(min(_FINEST, scale * 1.1), canvas.bank, canvas.texts, rng)
    view = camera_view(scale, body.plate_position, at, rng.log_uniform(2.5, 14), angles)
    gain = canvas.light.ambient * rng.uniform(0.75, 1.2)
    if canvas.light.kind in ("night", "infrared"):
        gain *= rng.log_uniform(0.6, 3)
    _shadow(canvas, view, body)
    _paint_side(canvas, view, body, gain)
    _paint_end(canvas, view, body, gain)
    _switch_lamps_on(canvas, view, body)
    if face is not None:
        mount_plate(canvas, face, view, body.plate_position, height=height, gain=min(3.0, gain * canvas.light.retro))
    elif rng.chance(0.5):
        _board(canvas, view, body, gain)


def add_parked_car(canvas: SceneCanvas, left: float, ground: float, unit: float) -> None:
    """Add a car seen from the side, without a plate."""
    rng, tone = canvas.rng, canvas.rng.uniform(10, 250) * canvas.light.ambient
    long, tall, belt = rng.uniform(4.2, 5.2) * unit, rng.uniform(1.4, 1.8) * unit, rng.uniform(0.7, 0.85) * unit
    lower = raster.rounded(left, ground - belt - 0.2 * unit, left + long, ground - 0.25 * unit, 0.25 * unit)
    places = (0.2, rng.uniform(0.27, 0.35), rng.uniform(0.65, 0.85), 0.88)
    heights = (belt, tall, tall, belt)
    cabin = raster.points(*((left + place * long, ground - up) for place, up in zip(places, heights, strict=True)))
    raster.fill(canvas.picture, cabin, tone * 0.9)
    middle = cabin.mean(axis=0)
    raster.fill(canvas.picture, middle + (cabin - middle) * (0.86, 0.74), tone * rng.uniform(0.1, 0.7))
    raster.fill(canvas.picture, lower, tone)
    for place in (0.19, 0.8):
        wheel = raster.oval(left + place * long, ground - 0.33 * unit, 0.36 * unit, 0.36 * unit)
        raster.fill(canvas.picture, wheel, 15 * canvas.light.ambient)
        inner = raster.oval(left + place * long, ground - 0.33 * unit, 0.22 * unit, 0.22 * unit)
        raster.fill(canvas.picture, inner, rng.uniform(30, 200) * canvas.light.ambient)
    canvas.cover(np.concatenate([cabin, lower]))


def _shadow(canvas: SceneCanvas, view: View, body: PaintedVehicle) -> None:
    h, reach = body.shape.height, canvas.rng.uniform(1.0, 1.25)
    below = raster.oval(0, h * 0.985, reach, 0.07 * h)
    raster.shade(canvas.picture, view.project(below), 0.0, canvas.rng.uniform(0.3, 0.8))


def _paint_side(canvas: SceneCanvas, view: View, body: PaintedVehicle, gain: float) -> None:
    """The side that faces the camera: metal, windows, wheels, and the roof if seen from above."""
    rng, form = canvas.rng, body.shape
    side = 1.0 if view.project_3d(np.array([[0.0, form.belt, 3.0]])) is None else _visible_paint_side(view, form.belt)
    long = {"truck": 6.0, "bus": 9.0, "van": 4.5, "motorcycle": 0.0}.get(body.kind, 4.4) * rng.uniform(0.9, 1.1)
    if side == 0 or long == 0:
        return
    tone, high = body.tone * gain * rng.uniform(0.6, 1.1), form.height
    metal = _space(
        [(side, form.belt * 1.05, 0), (side, form.belt, long), (side, high * 0.9, long), (side, high * 0.92, 0)]
    )
    roof = _space(
        [
            (side * form.roof, 0.03, 0.1),
            (side * form.roof, 0.03, long * 0.85),
            (side, form.belt, long),
            (side, form.belt, 0),
        ]
    )
    roof_x, glass = side * (form.roof * 0.8 + 0.2), (form.belt * 0.25, form.belt * 0.93)
    pane = _space(
        [(roof_x, glass[0], 0.5), (roof_x, glass[0], long * 0.75), (side, glass[1], long * 0.85), (side, glass[1], 0.3)]
    )
    for shape, shade in ((metal, tone), (roof, tone * 0.95), (pane, tone * 0.3)):
        seen = view.project_3d(shape)
        if seen is not None:
            raster.fill(canvas.picture, seen, shade)
            canvas.cover(seen)
    for z in (0.8, long - 0.9):
        angles = np.linspace(0, 2 * np.pi, 16, endpoint=False)
        for reach, dark in ((0.37, 12.0), (0.22, 130.0)):
            rim = np.stack(
                [np.full(16, side * 1.01), high - 0.36 + reach * np.sin(angles), z + reach * np.cos(angles)], axis=1
            )
            seen = view.project_3d(rim)
            if seen is not None:
                raster.fill(canvas.picture, seen, dark * gain)


def _visible_paint_side(view: View, y: float) -> float:
    """Return the visible side, 1 or -1: its far end is projected outside its near end; 0 if none is visible."""
    for side in (1.0, -1.0):
        ends = view.project_3d(np.array([[side, y, 0.0], [side, y, 1.0]]))
        if ends is not None and (ends[1, 0] - ends[0, 0]) * side > 0.04 * view.scale:
            return side
    return 0.0


def _space(spots: list[tuple[float, float, float]]) -> Points:
    return np.array(spots, np.float64)


def _paint_end(canvas: SceneCanvas, view: View, body: PaintedVehicle, gain: float) -> None:
    panel = body.panel
    table = np.clip(np.arange(256) * gain, 0, 255).astype(np.uint8)
    picture = np.asarray(cv2.LUT(panel.picture, table), np.uint8)
    if canvas.light.kind != "day" and canvas.rng.chance(0.4):
        # headlamps of the car with the camera: lit below, dark above
        height = picture.shape[0]
        beam = raster.ramp(
            height, [(0, 0.3), (canvas.rng.uniform(0.2, 0.5), 0.5), (canvas.rng.uniform(0.5, 0.7), 1.0), (1, 0.8)]
        )
        picture = raster.to_bytes(np.asarray(picture * beam[:, None], np.float32))
    onto = view.matrix @ np.array([[1 / panel.unit, 0, -panel.origin[0] / panel.unit],
                                   [0, 1 / panel.unit, -panel.origin[1] / panel.unit], [0, 0, 1.0]])  # fmt: skip
    corners = view.project((raster.rectangle(0, 0, *picture.shape[::-1]) - panel.origin) / panel.unit)
    canvas.warp(picture, body.mask, onto, corners)


def _switch_lamps_on(canvas: SceneCanvas, view: View, body: PaintedVehicle) -> None:
    """Switch lamps on, both of a pair together."""
    rng = canvas.rng
    for place in range(0, len(body.lamps), 2):
        pair = body.lamps[place : place + 2]
        if not rng.chance(canvas.light.lamps * (1.0 if pair[0][1] > 0.08 else 0.4)):
            continue
        power = rng.uniform(0.4, 1.6) if body.front else rng.uniform(0.15, 1.0)
        for spot, reach in pair:
            x, y = view.project(np.array([spot]))[0]
            canvas.glows.append((float(x), float(y), reach * view.scale * rng.uniform(0.3, 0.8), power))


def _board(canvas: SceneCanvas, view: View, body: PaintedVehicle, gain: float) -> None:
    """An empty sheet, a holder, or a dealer's board of one or two lines in place of a plate."""
    rng, (x, y) = canvas.rng, body.plate_position
    across, down = rng.uniform(0.15, 0.32), rng.uniform(0.05, 0.09)
    sheet = view.project(raster.rectangle(x - across, y - down, x + across, y + down))
    tone = rng.uniform(0, 255)
    raster.fill(canvas.picture, sheet, tone * gain)
    if rng.chance(0.5):
        raster.stroke(canvas.picture, sheet, rng.uniform(0, 255) * gain, view.scale * 0.01, closed=True)
    if rng.chance(0.7):
        first = rng.choice(("line", "street", "badge", "maker"))
        kinds = (first, rng.choice(("phone", "line", "street", "maker"))) if rng.chance(0.4) else (first,)
        middle = float(sheet[:, 0].mean()), float(sheet[:, 1].mean())
        size = 2 * across * view.scale, 2 * down * view.scale
        write_lines(canvas, kinds, middle, size, (tone + 128) % 256 * gain)


def random_angles(rng: RandomSource, above: float = 0.0) -> tuple[float, float, float]:
    """Return yaw, pitch and roll: mostly small, some steep; `above`: weight of a view from above."""
    steep = rng.choices((0.25, 1.0, 2.2), (5, 4, 1.6))[0]
    return rng.normal(15 * steep), -above * rng.uniform(5, 35) + rng.normal(4 * steep), rng.normal(2.2 * steep)
