"""Signs, boards, posters and people: what stands in streets, has letters or edges, and is no plate."""

from __future__ import annotations

import math

import numpy as np

from ..effects import Dice
from . import canvas, parts
from .notices import notice
from .stage import Stage
from .textures import toned

_BETWEEN_BARS = 0.5
"""Share that a dense fence hides of what is behind it: too much to be found for certain, too little to be nothing."""


def road_sign(stage: Stage, x: float, y: float, reach: float) -> None:
    """A sign on a post: round, triangular, octagonal or a board with a place's name."""
    dice, light = stage.dice, stage.light.ambient * stage.dice.uniform(0.8, 1.4)
    post = canvas.rectangle(x - reach * 0.06, y, x + reach * 0.06, y + reach * dice.uniform(3, 8))
    canvas.fill(stage.picture, post, dice.uniform(60, 170) * light)
    kind = dice.choice(("round", "round", "triangle", "octagon", "square", "board"))
    face, rim = dice.choice(((240, 90), (60, 240), (235, 60), (110, 235), (200, 30)))
    if kind == "board":
        board(
            stage,
            x,
            y,
            reach * dice.uniform(2.5, 6),
            reach * dice.uniform(0.8, 2),
            kind=dice.choice(("line", "maker", "street")),
        )
        return
    corners = {"round": 24, "triangle": 3, "octagon": 8, "square": 4}[kind]
    turn = {"triangle": dice.choice((-math.pi / 2, math.pi / 2)), "octagon": math.pi / 8, "square": math.pi / 4}.get(
        kind, 0.0
    )
    outline = canvas.oval(x, y, reach, reach, corners, turn=turn)
    canvas.fill(stage.picture, outline, rim * light)
    canvas.fill(stage.picture, (outline - (x, y)) * dice.uniform(0.75, 0.9) + (x, y), face * light)
    stage.cover(outline)
    kind = dice.choice(("speed", "street", "none", "arrow"))
    if kind == "arrow":
        canvas.stroke(
            stage.picture,
            canvas.points((x, y + reach * 0.5), (x + dice.bell(0.3) * reach, y - reach * 0.5)),
            rim * light,
            reach * 0.2,
        )
    elif kind != "none" and reach > 5:
        mask = stage.texts(kind, round(reach * dice.uniform(0.5, 0.9)))
        if mask.shape[1] < 2 * reach:
            parts.stamp(stage.picture, mask, (x, y), (255 - face) * light)


def board(stage: Stage, x: float, y: float, wide: float, tall: float, *, kind: str = "line") -> None:
    """A board around a point with one to four lines of words, or a picture and words."""
    dice = stage.dice
    light = dice.uniform(0.8, 1.5) * (stage.light.ambient if stage.light.kind == "day" or dice.chance(0.6) else 1.0)
    ground = dice.choice((dice.uniform(160, 255), dice.uniform(0, 90), dice.uniform(0, 255)))
    lean = dice.bell(0.04)
    box = canvas.rectangle(x - wide / 2, y - tall / 2, x + wide / 2, y + tall / 2)
    box[:, 1] += (box[:, 0] - x) * lean
    canvas.fill(stage.picture, box, ground * light)
    stage.cover(box)
    if dice.chance(0.4):
        canvas.stroke(stage.picture, box, dice.uniform(0, 255) * light, max(1.0, tall * 0.04), closed=True)
    if dice.chance(0.2):
        seen = stage.bank.any(dice, (max(4, round(tall)), max(4, round(wide * 0.4))))
        canvas.shade(
            stage.picture,
            canvas.rectangle(x - wide / 2, y - tall / 2, x - wide * 0.1, y + tall / 2),
            toned(seen, 128 * light, 50 * light),
        )
    # One line that fills a board of a plate's shape would be a plate: such boards get several, and none is left out.
    rows = dice.choice((1, 1, 2, 3)) if wide / tall > 6.5 or kind == "street" else dice.choice((2, 3, 4))
    for row in range(rows):
        mask = stage.texts(
            dice.choice((kind, "line", "line", "phone")), max(3, round(tall / rows * dice.uniform(0.35, 0.75)))
        )
        parts.stamp(
            stage.picture,
            parts.no_wider(mask, round(0.94 * wide)),
            (x + dice.bell(0.05) * wide, y + tall * ((row + 0.5) / rows - 0.5)),
            (ground + dice.uniform(90, 165)) % 256 * light,
        )


def writing(stage: Stage, x: float, y: float, height: float) -> None:
    """Letters on whatever is there."""
    mask = stage.texts(stage.dice.choice(("maker", "line", "phone", "street", "speed", "model")), round(height))
    parts.stamp(stage.picture, mask, (x, y), stage.dice.uniform(0, 255) * stage.light.ambient)


def person(stage: Stage, x: float, ground: float, tall: float) -> None:
    """Somebody standing or walking."""
    dice, light = stage.dice, stage.light.ambient
    coat, legs, head = (dice.uniform(5, 230) * light for _ in range(3))
    half = tall * dice.uniform(0.1, 0.16)
    spread = tall * dice.uniform(0, 0.1)
    for side in (-1, 1):
        leg = canvas.points((x, ground - tall * 0.5), (x + side * spread, ground))
        canvas.stroke(stage.picture, leg, legs, tall * 0.08)
        arm = canvas.points((x + side * half * 0.8, ground - tall * 0.8), (x + side * half * 1.1, ground - tall * 0.45))
        canvas.stroke(stage.picture, arm, coat * 0.9, tall * 0.06)
    neck, hip = ground - tall * 0.85, ground - tall * 0.42
    trunk = canvas.points((x - half * 0.7, neck), (x + half * 0.7, neck), (x + half, hip), (x - half, hip))
    body = canvas.smoothed(trunk, 1)
    canvas.fill(stage.picture, body, coat)
    canvas.fill(stage.picture, canvas.oval(x, ground - tall * 0.92, tall * 0.06, tall * 0.075, 12), head)
    stage.cover(body)


def fence(stage: Stage, top: float, bottom: float) -> None:
    """Bars or wires across the scene."""
    dice = stage.dice
    tone, gap = dice.uniform(10, 230) * stage.light.ambient, dice.uniform(6, 40)
    thick, lean = dice.choice((1, 1, 2, 3)), dice.bell(0.3) * (bottom - top) if dice.chance(0.3) else 0.0
    left, right = sorted((dice.uniform(-0.2, 0.8) * stage.width, dice.uniform(0.2, 1.2) * stage.width))
    for x in np.arange(left, right, gap):
        canvas.stroke(stage.picture, canvas.points((x, top), (x + lean, bottom)), tone, thick)
    for share in (0.1, 0.9, dice.random()):
        y = top + share * (bottom - top)
        canvas.stroke(stage.picture, canvas.points((left, y), (right, y)), tone, thick + 1)
    if gap < 14 or thick > 2:
        stage.cover(canvas.rectangle(left, top, right, bottom), _BETWEEN_BARS)


def pole(stage: Stage, x: float, bottom: float) -> None:
    """A post from somewhere above to the ground, as bollards and street lamps are."""
    dice = stage.dice
    half, top = dice.log_uniform(1, 9), bottom - dice.log_uniform(20, 500)
    post = canvas.rectangle(x - half, top, x + half, bottom)
    canvas.fill(stage.picture, post, dice.uniform(10, 230) * stage.light.ambient)
    for _ in range(dice.choice((0, 0, 1, 3))):
        y = dice.uniform(top, bottom)
        canvas.fill(
            stage.picture, canvas.rectangle(x - half, y, x + half, y + half), dice.uniform(0, 255) * stage.light.ambient
        )
    stage.cover(post)


def coach(stage: Stage, left: float, ground: float, tall: float) -> None:
    """The side of a bus, a tram or a lorry: panels, a row of windows, letters."""
    dice, light = stage.dice, stage.light.ambient
    long, wall = tall * dice.uniform(1.5, 5), dice.uniform(30, 240)
    canvas.fill(stage.picture, canvas.rectangle(left, ground - tall, left + long, ground - 0.12 * tall), wall * light)
    glass, step = dice.uniform(5, 120), tall * dice.uniform(0.35, 0.8)
    for x in np.arange(left + 0.1 * step, left + long - step, step) if dice.chance(0.75) else ():
        pane = canvas.rectangle(x, ground - 0.85 * tall, x + 0.85 * step, ground - 0.5 * tall)
        canvas.fill(stage.picture, pane, (glass + dice.bell(20)) * light)
    for _ in range(dice.choice((0, 1, 2, 3))):
        y = ground - tall * dice.uniform(0.15, 0.98)
        seam = canvas.points((left, y), (left + long, y))
        canvas.stroke(stage.picture, seam, dice.uniform(0, 255) * light, tall * dice.uniform(0.005, 0.03))
    for share in (0.18, 0.8):
        reach = 0.16 * tall
        canvas.fill(stage.picture, canvas.oval(left + share * long, ground - reach, reach, reach), 18 * light)
    if dice.chance(0.5):
        writing(
            stage, left + long * dice.uniform(0.2, 0.8), ground - tall * dice.uniform(0.2, 0.45), min(50.0, tall * 0.15)
        )
    stage.cover(canvas.rectangle(left, ground - tall, left + long, ground))


def clutter(stage: Stage, dice: Dice, count: int, low: float, high: float) -> None:
    """Boards, signs, people, posts and parked cars between two heights (shares of the picture's)."""
    from .vehicles import parked

    for _ in range(count):
        x, y = dice.uniform(0, stage.width), dice.uniform(low, high) * stage.height
        size = dice.log_uniform(6, 60)
        kind = dice.choice(
            ("road", "board", "board", "notice", "notice", "person", "pole", "parked", "writing", "coach")
        )
        if kind == "road":
            road_sign(stage, x, y - size * 2, size * 0.5)
        elif kind == "board":
            board(
                stage,
                x,
                y - size,
                size * dice.log_uniform(0.7, 9),
                size,
                kind=dice.choice(("line", "maker", "street", "phone")),
            )
        elif kind == "notice":
            notice(stage, x, y - size, dice.log_uniform(24, 260))
        elif kind == "person":
            person(stage, x, y + size, size * dice.uniform(1.5, 4))
        elif kind == "pole":
            pole(stage, x, y + size)
        elif kind == "coach":
            coach(stage, x - size * 3, y + size, size * dice.uniform(1.5, 4))
        elif kind == "parked":
            parked(stage, x - size * 2, y + size * 0.8, size * 0.7)
        else:
            writing(stage, x, y, min(40.0, size * 0.6))
