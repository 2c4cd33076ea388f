"""Placement of vehicles in a scene, and of objects in front of them."""

from __future__ import annotations

import numpy as np

from ..plates.canvas import PlateFace
from ..random_source import RandomSource
from . import raster, street_objects
from .mount import mount_plate
from .scene_canvas import SceneCanvas
from .textures import toned
from .vehicles.vehicle import add_vehicle, random_angles
from .view import camera_view

_WITHOUT = 0.14
"""Fraction of scenes without plates."""
_BARE = 0.12
"""Fraction of vehicles without a plate in other scenes."""
_WHOLE = 0.85
"""Fraction of plates that are placed within the picture; its edge may cut the others."""
_SMALL = 0.55
"""Fraction of streets where all vehicles are distant, as most plates are for a dash camera."""


def place_vehicles(canvas: SceneCanvas, kind: str, faces: list[PlateFace]) -> None:
    """Add vehicles, and plates without a vehicle, to a place of this kind."""
    rng = canvas.rng
    plated = not rng.chance(_WITHOUT)
    if kind in ("heap", "plain"):
        _add_loose_plates(canvas, faces if plated else [])
    else:
        widths = _widths(canvas, kind)
        columns: list[float] = []
        for width in sorted(widths):
            face = rng.choice(faces) if plated and not rng.chance(_BARE) else None
            columns.append(_column(columns, rng))
            _add_vehicle(canvas, kind, face, width, columns[-1])
        if plated and rng.chance(0.06):
            _add_loose_plates(canvas, faces[:1])
    _add_foreground(canvas)


def _widths(canvas: SceneCanvas, kind: str) -> list[float]:
    """Widths of plates in pixels, of one to six vehicles."""
    rng, scale = canvas.rng, canvas.width / 640
    count = rng.choice({"street": (1, 2, 3, 4, 6), "mast": (1, 2, 2, 3), "yard": (1, 1, 1, 2, 3)}[kind])
    if not rng.chance(0.95):
        return []
    low, high = {"street": (15, 170), "mast": (22, 180), "yard": (40, 320)}[kind]
    if kind == "street" and rng.chance(_SMALL):
        high = 60
    return [rng.log_uniform(low, high) * scale for _ in range(count)]


def _column(taken: list[float], rng: RandomSource) -> float:
    """Choose the horizontal place of the next vehicle, 0..1, preferably away from earlier ones."""
    offered = [rng.uniform(0.03, 0.97) for _ in range(3)]
    return max(offered, key=lambda x: min((abs(x - other) for other in taken), default=1.0))


def _add_vehicle(canvas: SceneCanvas, kind: str, face: PlateFace | None, width: float, column: float) -> None:
    """Add one vehicle; in streets larger ones are lower, since they are nearer."""
    rng = canvas.rng
    x = column * canvas.width
    if kind == "street":
        unit = width / 0.55
        y = canvas.horizon + unit * rng.uniform(0.35, 1.0) + rng.normal(5)
    elif kind == "mast":
        y = rng.uniform(0.12, 1.0) * canvas.height
    else:
        y = rng.uniform(0.3, 0.95) * canvas.height
    if not -width < y < canvas.height + width * 0.2:
        y = rng.uniform(0.3, 0.95) * canvas.height
    if rng.chance(_WHOLE):
        x = min(max(x, 0.55 * width), canvas.width - 0.55 * width)
        y = min(max(y, 0.2 * width), canvas.height - 0.2 * width)
    add_vehicle(canvas, face, width, (x, y), random_angles(rng, 0.8 if kind == "mast" else 0.15))


def _add_loose_plates(canvas: SceneCanvas, faces: list[PlateFace]) -> None:
    """Add plates on a patch of some surface, at any tilt."""
    rng = canvas.rng
    for face in faces[: rng.choice((1, 1, 2, 3))]:
        width = rng.log_uniform(26, 330) * canvas.width / 640
        half = min(0.5 * width, 0.45 * canvas.width) if rng.chance(_WHOLE) else 0.0
        at = (rng.uniform(half, canvas.width - half), rng.uniform(0.4 * half, canvas.height - 0.4 * half))
        yaw, pitch, roll = random_angles(rng)
        aspect = face.width / face.height
        view = camera_view(width / aspect, (0.0, 0.0), at, rng.log_uniform(6, 40), (yaw, pitch * 2, roll * 2))
        gain = canvas.light.ambient * rng.uniform(0.8, 1.2)
        if rng.chance(0.7):
            reach = (aspect * rng.uniform(0.55, 1.6), rng.uniform(0.6, 2.5))
            patch = view.project(
                raster.smoothed(raster.rectangle(-reach[0], -reach[1], reach[0], reach[1]), rng.choice((0, 1, 2)))
            )
            texture = toned(
                canvas.bank.any(rng, (64, 96), rng.uniform(0.3, 2)), rng.uniform(0, 255) * gain, rng.uniform(0, 30)
            )
            raster.shade(canvas.picture, patch, texture)
            canvas.cover(patch)
        mount_plate(canvas, face, view, height=1.0, gain=min(3.0, gain * canvas.light.retro))


def _add_foreground(canvas: SceneCanvas) -> None:
    """Add what is nearer than the vehicles: posts, people, fences, the bonnet of the car with the camera."""
    rng = canvas.rng
    if rng.chance(0.12):
        street_objects.pole(canvas, rng.uniform(0, canvas.width), rng.uniform(0.7, 1.1) * canvas.height)
    if rng.chance(0.06):
        tall = rng.uniform(0.3, 0.9) * canvas.height
        street_objects.person(canvas, rng.uniform(0, canvas.width), rng.uniform(0.8, 1.2) * canvas.height, tall)
    if rng.chance(0.04):
        street_objects.fence(canvas, rng.uniform(-0.2, 0.6) * canvas.height, rng.uniform(0.7, 1.2) * canvas.height)
    if rng.chance(0.08):
        _add_bonnet(canvas, rng)


def _add_bonnet(canvas: SceneCanvas, rng: RandomSource) -> None:
    top, tone = rng.uniform(0.82, 0.97) * canvas.height, rng.uniform(0, 120) * canvas.light.ambient
    bend = np.array(
        [(x, top + rng.uniform(0.5, 1) * 30 * (2 * x / canvas.width - 1) ** 2) for x in np.linspace(0, canvas.width, 9)]
    )
    outline = np.concatenate([bend, [(canvas.width, canvas.height + 9), (0, canvas.height + 9)]])
    raster.fill(canvas.picture, outline, tone)
    canvas.cover(outline)
