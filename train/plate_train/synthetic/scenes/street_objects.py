"""Objects in streets that are not plates: road signs, boards, posters, people, fences, posts, coaches."""

from __future__ import annotations

import math

import numpy as np

from ..random_source import RandomSource
from . import raster
from .notices import add_notice
from .scene_canvas import SceneCanvas
from .textures import toned
from .vehicles.vehicle import add_parked_car

_FENCE_OPACITY = 0.5
"""Opacity of a dense fence: a plate behind it is neither required nor removed, but ignored."""


def road_sign(canvas: SceneCanvas, x: float, y: float, reach: float) -> None:
    """A road sign on a post: round, triangular, octagonal or a board with a place name."""
    rng, light = canvas.rng, canvas.light.ambient * canvas.rng.uniform(0.8, 1.4)
    post = raster.rectangle(x - reach * 0.06, y, x + reach * 0.06, y + reach * rng.uniform(3, 8))
    raster.fill(canvas.picture, post, rng.uniform(60, 170) * light)
    kind = rng.choice(("round", "round", "triangle", "octagon", "square", "board"))
    face, rim = rng.choice(((240, 90), (60, 240), (235, 60), (110, 235), (200, 30)))
    if kind == "board":
        board(
            canvas,
            x,
            y,
            reach * rng.uniform(2.5, 6),
            reach * rng.uniform(0.8, 2),
            kind=rng.choice(("line", "maker", "street")),
        )
        return
    corners = {"round": 24, "triangle": 3, "octagon": 8, "square": 4}[kind]
    rotation = {"triangle": rng.choice((-math.pi / 2, math.pi / 2)), "octagon": math.pi / 8, "square": math.pi / 4}.get(
        kind, 0.0
    )
    outline = raster.oval(x, y, reach, reach, corners, rotation=rotation)
    raster.fill(canvas.picture, outline, rim * light)
    raster.fill(canvas.picture, (outline - (x, y)) * rng.uniform(0.75, 0.9) + (x, y), face * light)
    canvas.cover(outline)
    kind = rng.choice(("speed", "street", "none", "arrow"))
    if kind == "arrow":
        raster.stroke(
            canvas.picture,
            raster.points((x, y + reach * 0.5), (x + rng.normal(0.3) * reach, y - reach * 0.5)),
            rim * light,
            reach * 0.2,
        )
    elif kind != "none" and reach > 5:
        mask = canvas.texts(kind, round(reach * rng.uniform(0.5, 0.9)))
        if mask.shape[1] < 2 * reach:
            raster.stamp(canvas.picture, mask, (x, y), (255 - face) * light)


def board(canvas: SceneCanvas, x: float, y: float, wide: float, tall: float, *, kind: str = "line") -> None:
    """A board around a point with one to four lines of render_text, or a picture and render_text."""
    rng = canvas.rng
    light = rng.uniform(0.8, 1.5) * (canvas.light.ambient if canvas.light.kind == "day" or rng.chance(0.6) else 1.0)
    ground = rng.choice((rng.uniform(160, 255), rng.uniform(0, 90), rng.uniform(0, 255)))
    lean = rng.normal(0.04)
    box = raster.rectangle(x - wide / 2, y - tall / 2, x + wide / 2, y + tall / 2)
    box[:, 1] += (box[:, 0] - x) * lean
    raster.fill(canvas.picture, box, ground * light)
    canvas.cover(box)
    if rng.chance(0.4):
        raster.stroke(canvas.picture, box, rng.uniform(0, 255) * light, max(1.0, tall * 0.04), closed=True)
    if rng.chance(0.2):
        seen = canvas.bank.any(rng, (max(4, round(tall)), max(4, round(wide * 0.4))))
        raster.shade(
            canvas.picture,
            raster.rectangle(x - wide / 2, y - tall / 2, x - wide * 0.1, y + tall / 2),
            toned(seen, 128 * light, 50 * light),
        )
    # One line on a board of a plate's shape would look like a plate: such boards get several lines.
    rows = rng.choice((1, 1, 2, 3)) if wide / tall > 6.5 or kind == "street" else rng.choice((2, 3, 4))
    for row in range(rows):
        mask = canvas.texts(
            rng.choice((kind, "line", "line", "phone")), max(3, round(tall / rows * rng.uniform(0.35, 0.75)))
        )
        raster.stamp(
            canvas.picture,
            raster.fit_width(mask, round(0.94 * wide)),
            (x + rng.normal(0.05) * wide, y + tall * ((row + 0.5) / rows - 0.5)),
            (ground + rng.uniform(90, 165)) % 256 * light,
        )


def writing(canvas: SceneCanvas, x: float, y: float, height: float) -> None:
    """Letters on the background."""
    mask = canvas.texts(canvas.rng.choice(("maker", "line", "phone", "street", "speed", "model")), round(height))
    raster.stamp(canvas.picture, mask, (x, y), canvas.rng.uniform(0, 255) * canvas.light.ambient)


def person(canvas: SceneCanvas, x: float, ground: float, tall: float) -> None:
    """A person standing or walking."""
    rng, light = canvas.rng, canvas.light.ambient
    coat, legs, head = (rng.uniform(5, 230) * light for _ in range(3))
    half = tall * rng.uniform(0.1, 0.16)
    spread = tall * rng.uniform(0, 0.1)
    for side in (-1, 1):
        leg = raster.points((x, ground - tall * 0.5), (x + side * spread, ground))
        raster.stroke(canvas.picture, leg, legs, tall * 0.08)
        arm = raster.points((x + side * half * 0.8, ground - tall * 0.8), (x + side * half * 1.1, ground - tall * 0.45))
        raster.stroke(canvas.picture, arm, coat * 0.9, tall * 0.06)
    neck, hip = ground - tall * 0.85, ground - tall * 0.42
    trunk = raster.points((x - half * 0.7, neck), (x + half * 0.7, neck), (x + half, hip), (x - half, hip))
    body = raster.smoothed(trunk, 1)
    raster.fill(canvas.picture, body, coat)
    raster.fill(canvas.picture, raster.oval(x, ground - tall * 0.92, tall * 0.06, tall * 0.075, 12), head)
    canvas.cover(body)


def fence(canvas: SceneCanvas, top: float, bottom: float) -> None:
    """Bars or wires across the scene."""
    rng = canvas.rng
    tone, gap = rng.uniform(10, 230) * canvas.light.ambient, rng.uniform(6, 40)
    thick, slant = rng.choice((1, 1, 2, 3)), rng.normal(0.3) * (bottom - top) if rng.chance(0.3) else 0.0
    left, right = sorted((rng.uniform(-0.2, 0.8) * canvas.width, rng.uniform(0.2, 1.2) * canvas.width))
    for x in np.arange(left, right, gap):
        raster.stroke(canvas.picture, raster.points((x, top), (x + slant, bottom)), tone, thick)
    for height in (0.1, 0.9, rng.random()):
        y = top + height * (bottom - top)
        raster.stroke(canvas.picture, raster.points((left, y), (right, y)), tone, thick + 1)
    if gap < 14 or thick > 2:
        canvas.cover(raster.rectangle(left, top, right, bottom), _FENCE_OPACITY)


def pole(canvas: SceneCanvas, x: float, bottom: float) -> None:
    """A post: a bollard or a street lamp."""
    rng = canvas.rng
    half, top = rng.log_uniform(1, 9), bottom - rng.log_uniform(20, 500)
    post = raster.rectangle(x - half, top, x + half, bottom)
    raster.fill(canvas.picture, post, rng.uniform(10, 230) * canvas.light.ambient)
    for _ in range(rng.choice((0, 0, 1, 3))):
        y = rng.uniform(top, bottom)
        raster.fill(
            canvas.picture,
            raster.rectangle(x - half, y, x + half, y + half),
            rng.uniform(0, 255) * canvas.light.ambient,
        )
    canvas.cover(post)


def coach(canvas: SceneCanvas, left: float, ground: float, tall: float) -> None:
    """The side of a bus, a tram or a lorry: panels, a row of windows, letters."""
    rng, light = canvas.rng, canvas.light.ambient
    long, wall = tall * rng.uniform(1.5, 5), rng.uniform(30, 240)
    raster.fill(canvas.picture, raster.rectangle(left, ground - tall, left + long, ground - 0.12 * tall), wall * light)
    glass, step = rng.uniform(5, 120), tall * rng.uniform(0.35, 0.8)
    for x in np.arange(left + 0.1 * step, left + long - step, step) if rng.chance(0.75) else ():
        pane = raster.rectangle(x, ground - 0.85 * tall, x + 0.85 * step, ground - 0.5 * tall)
        raster.fill(canvas.picture, pane, (glass + rng.normal(20)) * light)
    for _ in range(rng.choice((0, 1, 2, 3))):
        y = ground - tall * rng.uniform(0.15, 0.98)
        seam = raster.points((left, y), (left + long, y))
        raster.stroke(canvas.picture, seam, rng.uniform(0, 255) * light, tall * rng.uniform(0.005, 0.03))
    for place in (0.18, 0.8):
        reach = 0.16 * tall
        raster.fill(canvas.picture, raster.oval(left + place * long, ground - reach, reach, reach), 18 * light)
    if rng.chance(0.5):
        writing(
            canvas, left + long * rng.uniform(0.2, 0.8), ground - tall * rng.uniform(0.2, 0.45), min(50.0, tall * 0.15)
        )
    canvas.cover(raster.rectangle(left, ground - tall, left + long, ground))


def add_clutter(canvas: SceneCanvas, rng: RandomSource, count: int, low: float, high: float) -> None:
    """Add boards, signs, people, posts and parked cars between two heights, as fractions of the picture's."""
    for _ in range(count):
        x, y = rng.uniform(0, canvas.width), rng.uniform(low, high) * canvas.height
        size = rng.log_uniform(6, 60)
        kind = rng.choice(
            ("road", "board", "board", "notice", "notice", "person", "pole", "add_parked_car", "writing", "coach")
        )
        if kind == "road":
            road_sign(canvas, x, y - size * 2, size * 0.5)
        elif kind == "board":
            board(
                canvas,
                x,
                y - size,
                size * rng.log_uniform(0.7, 9),
                size,
                kind=rng.choice(("line", "maker", "street", "phone")),
            )
        elif kind == "notice":
            add_notice(canvas, x, y - size, rng.log_uniform(24, 260))
        elif kind == "person":
            person(canvas, x, y + size, size * rng.uniform(1.5, 4))
        elif kind == "pole":
            pole(canvas, x, y + size)
        elif kind == "coach":
            coach(canvas, x - size * 3, y + size, size * rng.uniform(1.5, 4))
        elif kind == "add_parked_car":
            add_parked_car(canvas, x - size * 2, y + size * 0.8, size * 0.7)
        else:
            writing(canvas, x, y, min(40.0, size * 0.6))
