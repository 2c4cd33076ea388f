"""What is on the front and on the back of a vehicle, and where its plate hangs."""

from __future__ import annotations

from ..effects import Dice
from . import canvas, parts
from .forms import Body
from .lamps import lamp_pair


def front(body: Body, words: parts.Words, dice: Dice) -> None:
    """Headlamps, grille, badge, lower grille, fog lamps; the plate hangs on the bumper."""
    form, panel, h = body.form, body.panel, body.form.height
    large = body.kind in ("truck", "bus", "van")
    lamp_y = form.bumper - dice.uniform(0.02, 0.16) * h if not large else form.bumper - dice.uniform(0.0, 0.1) * h
    size = (dice.uniform(0.13, 0.27), dice.uniform(0.05, 0.12))
    body.lamps += lamp_pair(panel, (0.96 - size[0], lamp_y), size, dice, front=True)
    if dice.chance(0.88):
        wide, tall = dice.uniform(0.22, 0.62), dice.uniform(0.04, 0.13) * h
        middle = form.bumper - dice.uniform(-0.02, 0.1) * h
        parts.grille(panel, (-wide, middle - tall / 2, wide, middle + tall / 2), dice)
    badge_y = form.bumper - dice.uniform(0.0, 0.16) * h
    parts.badge(panel, (0.0, badge_y), dice.uniform(0.05, 0.11), words, dice)
    if large and dice.chance(0.6):
        parts.lettered(panel, (0.0, dice.uniform(form.belt, form.bumper)), dice.uniform(0.08, 0.2), words, dice)
    if dice.chance(0.35 if large else 0.06):
        parts.name_bar(panel, (0.0, dice.uniform(form.belt + 0.05 * h, form.bumper + 0.02 * h)), words, dice)
    bottom = form.sill * h
    if dice.chance(0.75):
        wide, tall = dice.uniform(0.4, 0.8), dice.uniform(0.05, 0.11) * h
        parts.grille(panel, (-wide, bottom - 0.02 * h - tall, wide, bottom - 0.02 * h), dice)
    if dice.chance(0.55):
        fog = (dice.uniform(0.04, 0.09), dice.uniform(0.04, 0.06))
        body.lamps += lamp_pair(panel, (dice.uniform(0.62, 0.82), bottom - 0.08 * h), fog, dice, front=True, small=True)
    body.seat = (
        dice.choice((0.0, 0.0, 0.0, 0.0, dice.bell(0.25))),
        form.bumper + dice.uniform(0.25, 0.8) * (bottom - form.bumper),
    )


def back(body: Body, words: parts.Words, dice: Dice) -> None:
    """Tail lamps, lid, badge, model's name, recess; the plate hangs on lid or bumper."""
    form, panel, h = body.form, body.panel, body.form.height
    size = (dice.uniform(0.09, 0.24), dice.uniform(0.07, 0.2 if body.kind != "saloon" else 0.12))
    lamp_y = dice.uniform(form.belt + 0.06 * h, form.bumper - 0.02 * h)
    body.lamps += lamp_pair(panel, (0.96 - size[0], lamp_y), size, dice, front=False)
    lid = form.bumper + dice.uniform(-0.02, 0.03) * h
    edge = canvas.points((-0.7, form.belt), (-0.62, lid), (0.62, lid), (0.7, form.belt))
    canvas.stroke(panel.picture, panel.at(edge), body.tone - dice.uniform(20, 80), panel.unit * 0.012)
    on_lid = dice.chance(0.65)
    bottom = form.sill * h
    y = (
        dice.uniform(0.35, 0.75) * (lid - form.belt) + form.belt
        if on_lid
        else lid + dice.uniform(0.25, 0.7) * (bottom - lid)
    )
    body.seat = (dice.choice((0.0, 0.0, 0.0, dice.bell(0.2))), y)
    if dice.chance(0.6):
        wide, tall = dice.uniform(0.34, 0.5), dice.uniform(0.1, 0.17)
        parts.recess(panel, (body.seat[0], y), (wide, tall), body.tone, dice)
    parts.badge(panel, (0.0, dice.uniform(form.belt + 0.02 * h, y - 0.16)), dice.uniform(0.04, 0.09), words, dice)
    for side in (-1, 1):
        if dice.chance(0.5):
            parts.lettered(
                panel,
                (side * dice.uniform(0.4, 0.6), dice.uniform(form.belt + 0.08, lid)),
                dice.uniform(0.03, 0.07),
                words,
                dice,
            )
    if body.kind in ("truck", "bus", "van") and dice.chance(0.7):
        parts.lettered(
            panel, (dice.bell(0.3), dice.uniform(0.1 * h, form.bumper)), dice.uniform(0.06, 0.22), words, dice
        )
    if dice.chance(0.5):
        reflector = (dice.uniform(0.06, 0.14), dice.uniform(0.015, 0.03))
        body.lamps += lamp_pair(
            panel, (dice.uniform(0.6, 0.8), bottom - 0.07 * h), reflector, dice, front=False, small=True
        )
    if dice.chance(0.5):
        for side in dice.choice(((-1,), (1,), (-1, 1))):
            canvas.fill(panel.picture, panel.at(canvas.oval(side * 0.6, bottom, 0.07, 0.035)), dice.uniform(5, 220))
