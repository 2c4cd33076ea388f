"""Fronts and backs of cars, vans, trucks and buses, painted flat; `vehicles.py` stands them into a scene."""

from __future__ import annotations

import cv2
import numpy as np

from ..effects import Dice
from . import canvas, ends, parts
from .canvas import Gray, Points
from .forms import KINDS, Body, Form
from .parts import Panel
from .textures import Bank, toned

_MARGIN = 0.12
"""Half widths beside a vehicle, where its mirrors are."""


def paint_body(unit: float, bank: Bank, words: parts.Words, dice: Dice) -> Body:
    """Paint a vehicle at `unit` pixels a half width."""
    kind = dice.choices(list(KINDS), list(KINDS.values()))[0]
    form, front = Form.draw(kind, dice), dice.chance(0.55) and kind != "motorcycle"
    panel = Panel.blank(unit, 1.0 + _MARGIN, form.height)
    tone = dice.choice((dice.uniform(8, 50), dice.uniform(8, 255), dice.uniform(150, 255), dice.uniform(70, 150)))
    outline = canvas.smoothed(form.outline(), 2)
    mask = np.zeros_like(panel.picture)
    _wheels(panel, mask, form, kind, dice)
    canvas.fill(mask, panel.at(outline), 255)
    body = Body(panel, mask, form, kind, front, tone, (0.0, 0.0))
    _sheet_metal(body, outline, bank, dice)
    if kind == "motorcycle":
        _rider(body, dice)
        return body
    _glass(body, bank, dice)
    _mirrors(body, dice)
    (ends.front if front else ends.back)(body, words, dice)
    _dirt(body, bank, dice)
    return body


def _sheet_metal(body: Body, outline: Points, bank: Bank, dice: Dice) -> None:
    """Light from above on bent metal: bright where it faces the sky, dark below, with what it mirrors."""
    panel, form, tone = body.panel, body.form, body.tone
    gloss = dice.uniform(10, 95)
    stops = [(0.0, tone + gloss), (form.belt / form.height, tone + dice.uniform(0, gloss))]
    place = form.belt / form.height
    while place < form.bumper / form.height - 0.06:
        place += dice.uniform(0.05, 0.14)
        stops.append((min(place, 0.97), tone + dice.bell(gloss * 0.7)))
    stops += [(0.98, tone * dice.uniform(0.3, 0.8))]
    height, width = panel.picture.shape
    down = canvas.ramp(height, stops)[:, None]
    across = 1 - np.abs(np.linspace(-1, 1, width, dtype=np.float32))[None, :] ** 3 * np.float32(dice.uniform(0, 0.5))
    metal = canvas.to_bytes(np.asarray(down * across, np.float32))
    canvas.blend(panel.picture, metal, _inside(panel, outline))
    if dice.chance(0.6):
        mirrored = toned(bank.any(dice, (height // 3 + 1, width // 3 + 1), 0.6), tone, 35)
        mirrored = np.asarray(cv2.resize(cv2.GaussianBlur(mirrored, (0, 0), 3), (width, height)), np.uint8)
        canvas.blend(panel.picture, mirrored, body.mask, dice.uniform(0.05, 0.35))
    for _ in range(dice.randint(1, 4)):
        y = dice.uniform(form.belt, form.height * 0.95)
        bend = dice.bell(0.05)
        seam = canvas.points((-1, y), (-0.6, y + bend), (0.6, y + bend), (1, y))
        canvas.stroke(
            panel.picture, panel.at(seam), tone + dice.choice((-1, 1)) * dice.uniform(15, 70), panel.unit * 0.008
        )


def _inside(panel: Panel, outline: Points) -> Gray:
    mask = np.zeros_like(panel.picture)
    canvas.fill(mask, panel.at(outline), 255)
    return mask


def _wheels(panel: Panel, mask: Gray, form: Form, kind: str, dice: Dice) -> None:
    h, wide, dark = form.height, dice.uniform(0.1, 0.17), dice.uniform(5, 50)
    middles = (0.0,) if kind == "motorcycle" else (-0.98 + wide, 0.98 - wide)
    for x in middles:
        tyre = canvas.rounded(x - wide, h * 0.72, x + wide, h, 0.08)
        canvas.fill(panel.picture, panel.at(tyre), dark)
        canvas.fill(mask, panel.at(tyre), 255)
    if kind != "motorcycle":
        gap = canvas.rectangle(-0.9, h * 0.85, 0.9, h * (form.sill + 0.03))
        canvas.fill(panel.picture, panel.at(gap), dark * 0.6)
        canvas.fill(mask, panel.at(gap), 255)


def _glass(body: Body, bank: Bank, dice: Dice) -> None:
    """A window with what is seen in it and through it."""
    form, panel = body.form, body.panel
    top, rim = 0.06 * form.height, dice.uniform(0.03, 0.08)
    low = form.belt - (0.02 if body.front else dice.uniform(0, 0.1)) * form.height
    bow = dice.uniform(-0.03, 0.06)
    right = [(form.roof - rim * 1.5, top), (form.shoulder - rim, low)]
    pane = canvas.points(*right, (0, low + bow), *((-x, y) for x, y in reversed(right)), (0, top - bow / 2))
    spots = panel.at(canvas.smoothed(pane, 2))
    dark = dice.choice((dice.uniform(5, 60), dice.uniform(20, 140)))
    canvas.fill(panel.picture, spots, dark)
    box = canvas.box_of(spots, panel.picture.shape)
    if box is None:
        return
    shape = (box[3] - box[1], box[2] - box[0])
    if dice.chance(0.8):
        canvas.shade(
            panel.picture,
            spots,
            toned(bank.any(dice, shape, dice.uniform(0.3, 1)), dark + 30, 40),
            dice.uniform(0.2, 0.8),
        )
    for x in (-0.38, 0.38):
        if dice.chance(0.5):
            y = form.belt * 0.62
            canvas.fill(
                panel.picture,
                panel.at(canvas.rounded(x - 0.1, y, x + 0.1, form.belt * 0.98, 0.05)),
                dark + dice.bell(25),
            )
    if dice.chance(0.4):
        glare = canvas.points(
            (-0.5, top), (dice.uniform(-0.4, 0.2), top), (dice.uniform(0, 0.8), low), (dice.uniform(-0.6, 0), low)
        )
        canvas.shade(panel.picture, panel.at(glare), 255, dice.uniform(0.05, 0.4))
    if dice.chance(0.5):
        canvas.stroke(panel.picture, spots, body.tone + dice.bell(70), panel.unit * 0.015, closed=True)
    if dice.chance(0.4):
        parts.sticker(
            panel, (dice.uniform(-0.6, 0.6), form.belt * dice.uniform(0.2, 0.8)), dice.uniform(0.05, 0.16), dice
        )


def _mirrors(body: Body, dice: Dice) -> None:
    if not dice.chance(0.6):
        return
    y, tone = body.form.belt * dice.uniform(0.85, 1.0), dice.choice((body.tone, 20.0))
    for side in (-1, 1):
        x = side * (body.form.shoulder + 0.06)
        ear = canvas.rounded(x - 0.08, y - 0.07, x + 0.08, y + 0.05, 0.05)
        canvas.fill(body.panel.picture, body.panel.at(ear), tone)
        canvas.fill(body.mask, body.panel.at(ear), 255)


def _rider(body: Body, dice: Dice) -> None:
    """The back of a motorcycle: fender, lamp, somebody on it."""
    panel, h = body.panel, body.form.height
    canvas.fill(panel.picture, panel.at(canvas.oval(0, h * 0.08, 0.3, 0.35)), dice.uniform(5, 255))
    body.lamps += [((0.0, h * 0.58), 0.1)]
    canvas.fill(panel.picture, panel.at(canvas.rounded(-0.25, h * 0.55, 0.25, h * 0.6, 0.1)), dice.uniform(80, 255))
    body.seat = (0.0, h * dice.uniform(0.68, 0.74))


def _dirt(body: Body, bank: Bank, dice: Dice) -> None:
    """Dust from below, now and then."""
    if not dice.chance(0.25):
        return
    height, width = body.panel.picture.shape
    start = round(height * dice.uniform(0.5, 0.8))
    dust = toned(bank.window("clouds", dice, (height - start, width)), 128, 60)
    canvas.blend(
        body.panel.picture[start:], dice.uniform(90, 190), np.minimum(dust, body.mask[start:]), dice.uniform(0.1, 0.5)
    )
