"""Vehicles standing in a scene: shadow, side, front or back, lamps, and a plate or an empty place for one."""

from __future__ import annotations

import cv2
import numpy as np

from ..effects import Dice
from ..plates.easel import Face
from . import canvas
from .bodies import paint_body
from .canvas import Points
from .forms import Body
from .mount import hang, plate_height
from .notices import write_lines
from .stage import Stage
from .view import View, look

_FINEST = 230.0
"""Pixels a half width that bodies are painted with at most; they are enlarged beyond."""


def vehicle(
    stage: Stage, face: Face | None, width: float, at: tuple[float, float], angles: tuple[float, float, float]
) -> None:
    """Stand a vehicle into the scene.

    Args:
        face: its plate; without one the place is empty, or has a dealer's board. width: of the plate in pixels.
        at: where the plate's middle appears. angles: yaw, pitch and roll in degrees, see `look`.
    """
    dice = stage.dice
    height = plate_height(face, dice) if face else 0.13
    aspect = face.width / face.height if face else 4.0
    scale = width / (height * aspect)
    body = paint_body(min(_FINEST, scale * 1.1), stage.bank, stage.texts, dice)
    view = look(scale, body.seat, at, dice.log_uniform(2.5, 14), angles)
    gain = stage.light.ambient * dice.uniform(0.75, 1.2)
    if stage.light.kind in ("night", "infrared"):
        gain *= dice.log_uniform(0.6, 3)
    _shadow(stage, view, body)
    _side(stage, view, body, gain)
    _stand(stage, view, body, gain)
    _shine(stage, view, body)
    if face is not None:
        hang(stage, face, view, body.seat, height=height, gain=min(3.0, gain * stage.light.retro))
    elif dice.chance(0.5):
        _board(stage, view, body, gain)


def parked(stage: Stage, left: float, ground: float, unit: float) -> None:
    """A car seen from aside; it shows no plate."""
    dice, tone = stage.dice, stage.dice.uniform(10, 250) * stage.light.ambient
    long, tall, belt = dice.uniform(4.2, 5.2) * unit, dice.uniform(1.4, 1.8) * unit, dice.uniform(0.7, 0.85) * unit
    lower = canvas.rounded(left, ground - belt - 0.2 * unit, left + long, ground - 0.25 * unit, 0.25 * unit)
    shares = (0.2, dice.uniform(0.27, 0.35), dice.uniform(0.65, 0.85), 0.88)
    heights = (belt, tall, tall, belt)
    cabin = canvas.points(*((left + share * long, ground - up) for share, up in zip(shares, heights, strict=True)))
    canvas.fill(stage.picture, cabin, tone * 0.9)
    middle = cabin.mean(axis=0)
    canvas.fill(stage.picture, middle + (cabin - middle) * (0.86, 0.74), tone * dice.uniform(0.1, 0.7))
    canvas.fill(stage.picture, lower, tone)
    for share in (0.19, 0.8):
        wheel = canvas.oval(left + share * long, ground - 0.33 * unit, 0.36 * unit, 0.36 * unit)
        canvas.fill(stage.picture, wheel, 15 * stage.light.ambient)
        inner = canvas.oval(left + share * long, ground - 0.33 * unit, 0.22 * unit, 0.22 * unit)
        canvas.fill(stage.picture, inner, dice.uniform(30, 200) * stage.light.ambient)
    stage.cover(np.concatenate([cabin, lower]))


def _shadow(stage: Stage, view: View, body: Body) -> None:
    h, reach = body.form.height, stage.dice.uniform(1.0, 1.25)
    below = canvas.oval(0, h * 0.985, reach, 0.07 * h)
    canvas.shade(stage.picture, view.of(below), 0.0, stage.dice.uniform(0.3, 0.8))


def _side(stage: Stage, view: View, body: Body, gain: float) -> None:
    """The side that is turned to the camera: metal, windows, wheels, and the roof where one looks from above."""
    dice, form = stage.dice, body.form
    side = 1.0 if view.of_space(np.array([[0.0, form.belt, 3.0]])) is None else _visible_side(view, form.belt)
    long = {"truck": 6.0, "bus": 9.0, "van": 4.5, "motorcycle": 0.0}.get(body.kind, 4.4) * dice.uniform(0.9, 1.1)
    if side == 0 or long == 0:
        return
    tone, high = body.tone * gain * dice.uniform(0.6, 1.1), form.height
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
    lean, glass = side * (form.roof * 0.8 + 0.2), (form.belt * 0.25, form.belt * 0.93)
    pane = _space(
        [(lean, glass[0], 0.5), (lean, glass[0], long * 0.75), (side, glass[1], long * 0.85), (side, glass[1], 0.3)]
    )
    for shape, shade in ((metal, tone), (roof, tone * 0.95), (pane, tone * 0.3)):
        seen = view.of_space(shape)
        if seen is not None:
            canvas.fill(stage.picture, seen, shade)
            stage.cover(seen)
    for z in (0.8, long - 0.9):
        turns = np.linspace(0, 2 * np.pi, 16, endpoint=False)
        for reach, dark in ((0.37, 12.0), (0.22, 130.0)):
            rim = np.stack(
                [np.full(16, side * 1.01), high - 0.36 + reach * np.sin(turns), z + reach * np.cos(turns)], axis=1
            )
            seen = view.of_space(rim)
            if seen is not None:
                canvas.fill(stage.picture, seen, dark * gain)


def _visible_side(view: View, y: float) -> float:
    """1 or -1: the side whose far end appears outside of its near end; 0 if neither does."""
    for side in (1.0, -1.0):
        ends = view.of_space(np.array([[side, y, 0.0], [side, y, 1.0]]))
        if ends is not None and (ends[1, 0] - ends[0, 0]) * side > 0.04 * view.scale:
            return side
    return 0.0


def _space(spots: list[tuple[float, float, float]]) -> Points:
    return np.array(spots, np.float64)


def _stand(stage: Stage, view: View, body: Body, gain: float) -> None:
    panel = body.panel
    table = np.clip(np.arange(256) * gain, 0, 255).astype(np.uint8)
    picture = np.asarray(cv2.LUT(panel.picture, table), np.uint8)
    if stage.light.kind != "day" and stage.dice.chance(0.4):
        # headlamps of the camera's own car: lit below, dark above
        height = picture.shape[0]
        beam = canvas.ramp(
            height, [(0, 0.3), (stage.dice.uniform(0.2, 0.5), 0.5), (stage.dice.uniform(0.5, 0.7), 1.0), (1, 0.8)]
        )
        picture = canvas.to_bytes(np.asarray(picture * beam[:, None], np.float32))
    onto = view.matrix @ np.array([[1 / panel.unit, 0, -panel.origin[0] / panel.unit],
                                   [0, 1 / panel.unit, -panel.origin[1] / panel.unit], [0, 0, 1.0]])  # fmt: skip
    corners = view.of((canvas.rectangle(0, 0, *picture.shape[::-1]) - panel.origin) / panel.unit)
    stage.warp(picture, body.mask, onto, corners)


def _shine(stage: Stage, view: View, body: Body) -> None:
    """Switch lamps on: pairs shine together."""
    dice = stage.dice
    for place in range(0, len(body.lamps), 2):
        pair = body.lamps[place : place + 2]
        if not dice.chance(stage.light.lamps * (1.0 if pair[0][1] > 0.08 else 0.4)):
            continue
        power = dice.uniform(0.4, 1.6) if body.front else dice.uniform(0.15, 1.0)
        for spot, reach in pair:
            x, y = view.of(np.array([spot]))[0]
            stage.glows.append((float(x), float(y), reach * view.scale * dice.uniform(0.3, 0.8), power))


def _board(stage: Stage, view: View, body: Body, gain: float) -> None:
    """What hangs where a plate should: an empty sheet, a holder, or a dealer's board of one or two lines."""
    dice, (x, y) = stage.dice, body.seat
    across, down = dice.uniform(0.15, 0.32), dice.uniform(0.05, 0.09)
    sheet = view.of(canvas.rectangle(x - across, y - down, x + across, y + down))
    tone = dice.uniform(0, 255)
    canvas.fill(stage.picture, sheet, tone * gain)
    if dice.chance(0.5):
        canvas.stroke(stage.picture, sheet, dice.uniform(0, 255) * gain, view.scale * 0.01, closed=True)
    if dice.chance(0.7):
        first = dice.choice(("line", "street", "badge", "maker"))
        kinds = (first, dice.choice(("phone", "line", "street", "maker"))) if dice.chance(0.4) else (first,)
        middle = float(sheet[:, 0].mean()), float(sheet[:, 1].mean())
        size = 2 * across * view.scale, 2 * down * view.scale
        write_lines(stage, kinds, middle, size, (tone + 128) % 256 * gain)


def some_angles(dice: Dice, above: float = 0.0) -> tuple[float, float, float]:
    """Draw yaw, pitch and roll: mostly seen almost straight, some steeply from aside; `above`: from a mast."""
    steep = dice.choices((0.25, 1.0, 2.2), (5, 4, 1.6))[0]
    return dice.bell(15 * steep), -above * dice.uniform(5, 35) + dice.bell(4 * steep), dice.bell(2.2 * steep)
