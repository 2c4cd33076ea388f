"""Fronts and backs of cars, vans, trucks and buses, painted flat; `vehicle.py` adds them to a scene."""

from __future__ import annotations

import cv2
import numpy as np

from ...random_source import RandomSource
from .. import raster
from ..raster import Gray, Points
from ..textures import TextureBank, toned
from . import ends, parts
from .parts import Panel
from .shape import KINDS, PaintedVehicle, VehicleShape

_MARGIN = 0.12
"""Space for mirrors beside a vehicle, in half widths."""


def paint_vehicle(unit: float, bank: TextureBank, render_text: parts.RenderText, rng: RandomSource) -> PaintedVehicle:
    """Paint a vehicle; its half width is `unit` pixels."""
    kind = rng.choices(list(KINDS), list(KINDS.values()))[0]
    form, front = VehicleShape.random(kind, rng), rng.chance(0.55) and kind != "motorcycle"
    panel = Panel.blank(unit, 1.0 + _MARGIN, form.height)
    tone = rng.choice((rng.uniform(8, 50), rng.uniform(8, 255), rng.uniform(150, 255), rng.uniform(70, 150)))
    outline = raster.smoothed(form.outline(), 2)
    mask = np.zeros_like(panel.picture)
    _wheels(panel, mask, form, kind, rng)
    raster.fill(mask, panel.at(outline), 255)
    body = PaintedVehicle(panel, mask, form, kind, front, tone, (0.0, 0.0))
    _sheet_metal(body, outline, bank, rng)
    if kind == "motorcycle":
        _rider(body, rng)
        return body
    _glass(body, bank, rng)
    _mirrors(body, rng)
    (ends.front if front else ends.back)(body, render_text, rng)
    _dirt(body, bank, rng)
    return body


def _sheet_metal(body: PaintedVehicle, outline: Points, bank: TextureBank, rng: RandomSource) -> None:
    """Light from above on curved metal: bright at the top, dark below, with reflections."""
    panel, form, tone = body.panel, body.shape, body.tone
    gloss = rng.uniform(10, 95)
    stops = [(0.0, tone + gloss), (form.belt / form.height, tone + rng.uniform(0, gloss))]
    place = form.belt / form.height
    while place < form.bumper / form.height - 0.06:
        place += rng.uniform(0.05, 0.14)
        stops.append((min(place, 0.97), tone + rng.normal(gloss * 0.7)))
    stops += [(0.98, tone * rng.uniform(0.3, 0.8))]
    height, width = panel.picture.shape
    down = raster.ramp(height, stops)[:, None]
    across = 1 - np.abs(np.linspace(-1, 1, width, dtype=np.float32))[None, :] ** 3 * np.float32(rng.uniform(0, 0.5))
    metal = raster.to_bytes(np.asarray(down * across, np.float32))
    raster.blend(panel.picture, metal, _inside(panel, outline))
    if rng.chance(0.6):
        mirrored = toned(bank.any(rng, (height // 3 + 1, width // 3 + 1), 0.6), tone, 35)
        mirrored = np.asarray(cv2.resize(cv2.GaussianBlur(mirrored, (0, 0), 3), (width, height)), np.uint8)
        raster.blend(panel.picture, mirrored, body.mask, rng.uniform(0.05, 0.35))
    for _ in range(rng.randint(1, 4)):
        y = rng.uniform(form.belt, form.height * 0.95)
        bend = rng.normal(0.05)
        seam = raster.points((-1, y), (-0.6, y + bend), (0.6, y + bend), (1, y))
        raster.stroke(
            panel.picture, panel.at(seam), tone + rng.choice((-1, 1)) * rng.uniform(15, 70), panel.unit * 0.008
        )


def _inside(panel: Panel, outline: Points) -> Gray:
    mask = np.zeros_like(panel.picture)
    raster.fill(mask, panel.at(outline), 255)
    return mask


def _wheels(panel: Panel, mask: Gray, form: VehicleShape, kind: str, rng: RandomSource) -> None:
    h, wide, dark = form.height, rng.uniform(0.1, 0.17), rng.uniform(5, 50)
    middles = (0.0,) if kind == "motorcycle" else (-0.98 + wide, 0.98 - wide)
    for x in middles:
        tyre = raster.rounded(x - wide, h * 0.72, x + wide, h, 0.08)
        raster.fill(panel.picture, panel.at(tyre), dark)
        raster.fill(mask, panel.at(tyre), 255)
    if kind != "motorcycle":
        gap = raster.rectangle(-0.9, h * 0.85, 0.9, h * (form.sill + 0.03))
        raster.fill(panel.picture, panel.at(gap), dark * 0.6)
        raster.fill(mask, panel.at(gap), 255)


def _glass(body: PaintedVehicle, bank: TextureBank, rng: RandomSource) -> None:
    """A window with its reflections and what is behind it."""
    form, panel = body.shape, body.panel
    top, rim = 0.06 * form.height, rng.uniform(0.03, 0.08)
    low = form.belt - (0.02 if body.front else rng.uniform(0, 0.1)) * form.height
    bow = rng.uniform(-0.03, 0.06)
    right = [(form.roof - rim * 1.5, top), (form.shoulder - rim, low)]
    pane = raster.points(*right, (0, low + bow), *((-x, y) for x, y in reversed(right)), (0, top - bow / 2))
    spots = panel.at(raster.smoothed(pane, 2))
    dark = rng.choice((rng.uniform(5, 60), rng.uniform(20, 140)))
    raster.fill(panel.picture, spots, dark)
    box = raster.box_of(spots, panel.picture.shape)
    if box is None:
        return
    shape = (box[3] - box[1], box[2] - box[0])
    if rng.chance(0.8):
        raster.shade(
            panel.picture,
            spots,
            toned(bank.any(rng, shape, rng.uniform(0.3, 1)), dark + 30, 40),
            rng.uniform(0.2, 0.8),
        )
    for x in (-0.38, 0.38):
        if rng.chance(0.5):
            y = form.belt * 0.62
            raster.fill(
                panel.picture,
                panel.at(raster.rounded(x - 0.1, y, x + 0.1, form.belt * 0.98, 0.05)),
                dark + rng.normal(25),
            )
    if rng.chance(0.4):
        glare = raster.points(
            (-0.5, top), (rng.uniform(-0.4, 0.2), top), (rng.uniform(0, 0.8), low), (rng.uniform(-0.6, 0), low)
        )
        raster.shade(panel.picture, panel.at(glare), 255, rng.uniform(0.05, 0.4))
    if rng.chance(0.5):
        raster.stroke(panel.picture, spots, body.tone + rng.normal(70), panel.unit * 0.015, closed=True)
    if rng.chance(0.4):
        parts.sticker(panel, (rng.uniform(-0.6, 0.6), form.belt * rng.uniform(0.2, 0.8)), rng.uniform(0.05, 0.16), rng)


def _mirrors(body: PaintedVehicle, rng: RandomSource) -> None:
    if not rng.chance(0.6):
        return
    y, tone = body.shape.belt * rng.uniform(0.85, 1.0), rng.choice((body.tone, 20.0))
    for side in (-1, 1):
        x = side * (body.shape.shoulder + 0.06)
        ear = raster.rounded(x - 0.08, y - 0.07, x + 0.08, y + 0.05, 0.05)
        raster.fill(body.panel.picture, body.panel.at(ear), tone)
        raster.fill(body.mask, body.panel.at(ear), 255)


def _rider(body: PaintedVehicle, rng: RandomSource) -> None:
    """The back of a motorcycle: rider, lamp, fender."""
    panel, h = body.panel, body.shape.height
    raster.fill(panel.picture, panel.at(raster.oval(0, h * 0.08, 0.3, 0.35)), rng.uniform(5, 255))
    body.lamps += [((0.0, h * 0.58), 0.1)]
    raster.fill(panel.picture, panel.at(raster.rounded(-0.25, h * 0.55, 0.25, h * 0.6, 0.1)), rng.uniform(80, 255))
    body.plate_position = (0.0, h * rng.uniform(0.68, 0.74))


def _dirt(body: PaintedVehicle, bank: TextureBank, rng: RandomSource) -> None:
    """Dust on the lower part of one vehicle in four."""
    if not rng.chance(0.25):
        return
    height, width = body.panel.picture.shape
    start = round(height * rng.uniform(0.5, 0.8))
    dust = toned(bank.window("clouds", rng, (height - start, width)), 128, 60)
    raster.blend(
        body.panel.picture[start:], rng.uniform(90, 190), np.minimum(dust, body.mask[start:]), rng.uniform(0.1, 0.5)
    )
