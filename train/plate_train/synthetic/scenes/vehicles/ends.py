"""Details of the front and the back of a vehicle, and the position of its plate."""

from __future__ import annotations

from ...random_source import RandomSource
from .. import raster
from . import parts
from .lamps import lamp_pair
from .shape import PaintedVehicle


def front(body: PaintedVehicle, render_text: parts.RenderText, rng: RandomSource) -> None:
    """Headlamps, grille, badge, lower grille, fog lamps; the plate is on the bumper."""
    form, panel, h = body.shape, body.panel, body.shape.height
    large = body.kind in ("truck", "bus", "van")
    lamp_y = form.bumper - rng.uniform(0.02, 0.16) * h if not large else form.bumper - rng.uniform(0.0, 0.1) * h
    size = (rng.uniform(0.13, 0.27), rng.uniform(0.05, 0.12))
    body.lamps += lamp_pair(panel, (0.96 - size[0], lamp_y), size, rng, front=True)
    if rng.chance(0.88):
        wide, tall = rng.uniform(0.22, 0.62), rng.uniform(0.04, 0.13) * h
        middle = form.bumper - rng.uniform(-0.02, 0.1) * h
        parts.grille(panel, (-wide, middle - tall / 2, wide, middle + tall / 2), rng)
    badge_y = form.bumper - rng.uniform(0.0, 0.16) * h
    parts.badge(panel, (0.0, badge_y), rng.uniform(0.05, 0.11), render_text, rng)
    if large and rng.chance(0.6):
        parts.lettered(panel, (0.0, rng.uniform(form.belt, form.bumper)), rng.uniform(0.08, 0.2), render_text, rng)
    if rng.chance(0.35 if large else 0.06):
        parts.name_bar(panel, (0.0, rng.uniform(form.belt + 0.05 * h, form.bumper + 0.02 * h)), render_text, rng)
    bottom = form.sill * h
    if rng.chance(0.75):
        wide, tall = rng.uniform(0.4, 0.8), rng.uniform(0.05, 0.11) * h
        parts.grille(panel, (-wide, bottom - 0.02 * h - tall, wide, bottom - 0.02 * h), rng)
    if rng.chance(0.55):
        fog = (rng.uniform(0.04, 0.09), rng.uniform(0.04, 0.06))
        body.lamps += lamp_pair(panel, (rng.uniform(0.62, 0.82), bottom - 0.08 * h), fog, rng, front=True, small=True)
    body.plate_position = (
        rng.choice((0.0, 0.0, 0.0, 0.0, rng.normal(0.25))),
        form.bumper + rng.uniform(0.25, 0.8) * (bottom - form.bumper),
    )


def back(body: PaintedVehicle, render_text: parts.RenderText, rng: RandomSource) -> None:
    """Tail lamps, lid, badge, model's name, recess; the plate is on lid or bumper."""
    form, panel, h = body.shape, body.panel, body.shape.height
    size = (rng.uniform(0.09, 0.24), rng.uniform(0.07, 0.2 if body.kind != "saloon" else 0.12))
    lamp_y = rng.uniform(form.belt + 0.06 * h, form.bumper - 0.02 * h)
    body.lamps += lamp_pair(panel, (0.96 - size[0], lamp_y), size, rng, front=False)
    lid = form.bumper + rng.uniform(-0.02, 0.03) * h
    edge = raster.points((-0.7, form.belt), (-0.62, lid), (0.62, lid), (0.7, form.belt))
    raster.stroke(panel.picture, panel.at(edge), body.tone - rng.uniform(20, 80), panel.unit * 0.012)
    on_lid = rng.chance(0.65)
    bottom = form.sill * h
    y = (
        rng.uniform(0.35, 0.75) * (lid - form.belt) + form.belt
        if on_lid
        else lid + rng.uniform(0.25, 0.7) * (bottom - lid)
    )
    body.plate_position = (rng.choice((0.0, 0.0, 0.0, rng.normal(0.2))), y)
    if rng.chance(0.6):
        wide, tall = rng.uniform(0.34, 0.5), rng.uniform(0.1, 0.17)
        parts.recess(panel, (body.plate_position[0], y), (wide, tall), body.tone, rng)
    parts.badge(panel, (0.0, rng.uniform(form.belt + 0.02 * h, y - 0.16)), rng.uniform(0.04, 0.09), render_text, rng)
    for side in (-1, 1):
        if rng.chance(0.5):
            parts.lettered(
                panel,
                (side * rng.uniform(0.4, 0.6), rng.uniform(form.belt + 0.08, lid)),
                rng.uniform(0.03, 0.07),
                render_text,
                rng,
            )
    if body.kind in ("truck", "bus", "van") and rng.chance(0.7):
        parts.lettered(
            panel, (rng.normal(0.3), rng.uniform(0.1 * h, form.bumper)), rng.uniform(0.06, 0.22), render_text, rng
        )
    if rng.chance(0.5):
        reflector = (rng.uniform(0.06, 0.14), rng.uniform(0.015, 0.03))
        body.lamps += lamp_pair(
            panel, (rng.uniform(0.6, 0.8), bottom - 0.07 * h), reflector, rng, front=False, small=True
        )
    if rng.chance(0.5):
        for side in rng.choice(((-1,), (1,), (-1, 1))):
            raster.fill(panel.picture, panel.at(raster.oval(side * 0.6, bottom, 0.07, 0.035)), rng.uniform(5, 220))
