"""How many vehicles stand where, and what stands before them."""

from __future__ import annotations

import numpy as np

from ..effects import Dice
from ..plates.easel import Face
from . import canvas, signs
from .mount import hang
from .stage import Stage
from .textures import toned
from .vehicles import some_angles, vehicle
from .view import look

_WITHOUT = 0.14
"""Share of scenes in which nothing has a plate."""
_BARE = 0.12
"""Share of vehicles without one elsewhere."""
_WHOLE = 0.85
"""Share of plates that are kept within the picture; others may be cut by its edge."""
_SMALL = 0.55
"""Share of streets in which all vehicles are far away: most plates before a car's camera are."""


def fill_place(stage: Stage, kind: str, faces: list[Face]) -> None:
    """Stand vehicles, and plates on their own, into a place of a kind."""
    dice = stage.dice
    plated = not dice.chance(_WITHOUT)
    if kind in ("heap", "plain"):
        _loose(stage, faces if plated else [])
    else:
        widths = _widths(stage, kind)
        columns: list[float] = []
        for width in sorted(widths):
            face = dice.choice(faces) if plated and not dice.chance(_BARE) else None
            columns.append(_column(columns, dice))
            _stand(stage, kind, face, width, columns[-1])
        if plated and dice.chance(0.06):
            _loose(stage, faces[:1])
    _foreground(stage)


def _widths(stage: Stage, kind: str) -> list[float]:
    """Widths of plates in pixels, of one to six vehicles."""
    dice, share = stage.dice, stage.width / 640
    count = dice.choice({"street": (1, 2, 3, 4, 6), "mast": (1, 2, 2, 3), "yard": (1, 1, 1, 2, 3)}[kind])
    if not dice.chance(0.95):
        return []
    low, high = {"street": (15, 170), "mast": (22, 180), "yard": (40, 320)}[kind]
    if kind == "street" and dice.chance(_SMALL):
        high = 60
    return [dice.log_uniform(low, high) * share for _ in range(count)]


def _column(taken: list[float], dice: Dice) -> float:
    """Choose where across the picture the next vehicle stands, 0..1, not often before an earlier one."""
    offered = [dice.uniform(0.03, 0.97) for _ in range(3)]
    return max(offered, key=lambda x: min((abs(x - other) for other in taken), default=1.0))


def _stand(stage: Stage, kind: str, face: Face | None, width: float, column: float) -> None:
    """Stand one vehicle; in streets larger ones stand lower, as those nearby do."""
    dice = stage.dice
    x = column * stage.width
    if kind == "street":
        unit = width / 0.55
        y = stage.horizon + unit * dice.uniform(0.35, 1.0) + dice.bell(5)
    elif kind == "mast":
        y = dice.uniform(0.12, 1.0) * stage.height
    else:
        y = dice.uniform(0.3, 0.95) * stage.height
    if not -width < y < stage.height + width * 0.2:
        y = dice.uniform(0.3, 0.95) * stage.height
    if dice.chance(_WHOLE):
        x = min(max(x, 0.55 * width), stage.width - 0.55 * width)
        y = min(max(y, 0.2 * width), stage.height - 0.2 * width)
    vehicle(stage, face, width, (x, y), some_angles(dice, 0.8 if kind == "mast" else 0.15))


def _loose(stage: Stage, faces: list[Face]) -> None:
    """Plates on anything: on a patch of some surface, at any tilt."""
    dice = stage.dice
    for face in faces[: dice.choice((1, 1, 2, 3))]:
        width = dice.log_uniform(26, 330) * stage.width / 640
        half = min(0.5 * width, 0.45 * stage.width) if dice.chance(_WHOLE) else 0.0
        at = (dice.uniform(half, stage.width - half), dice.uniform(0.4 * half, stage.height - 0.4 * half))
        yaw, pitch, roll = some_angles(dice)
        aspect = face.width / face.height
        view = look(width / aspect, (0.0, 0.0), at, dice.log_uniform(6, 40), (yaw, pitch * 2, roll * 2))
        gain = stage.light.ambient * dice.uniform(0.8, 1.2)
        if dice.chance(0.7):
            reach = (aspect * dice.uniform(0.55, 1.6), dice.uniform(0.6, 2.5))
            patch = view.of(
                canvas.smoothed(canvas.rectangle(-reach[0], -reach[1], reach[0], reach[1]), dice.choice((0, 1, 2)))
            )
            texture = toned(
                stage.bank.any(dice, (64, 96), dice.uniform(0.3, 2)), dice.uniform(0, 255) * gain, dice.uniform(0, 30)
            )
            canvas.shade(stage.picture, patch, texture)
            stage.cover(patch)
        hang(stage, face, view, height=1.0, gain=min(3.0, gain * stage.light.retro))


def _foreground(stage: Stage) -> None:
    """What is nearer than the vehicles: posts, people, bars, the bonnet of the camera's own car."""
    dice = stage.dice
    if dice.chance(0.12):
        signs.pole(stage, dice.uniform(0, stage.width), dice.uniform(0.7, 1.1) * stage.height)
    if dice.chance(0.06):
        tall = dice.uniform(0.3, 0.9) * stage.height
        signs.person(stage, dice.uniform(0, stage.width), dice.uniform(0.8, 1.2) * stage.height, tall)
    if dice.chance(0.04):
        signs.fence(stage, dice.uniform(-0.2, 0.6) * stage.height, dice.uniform(0.7, 1.2) * stage.height)
    if dice.chance(0.08):
        _bonnet(stage, dice)


def _bonnet(stage: Stage, dice: Dice) -> None:
    top, tone = dice.uniform(0.82, 0.97) * stage.height, dice.uniform(0, 120) * stage.light.ambient
    bend = np.array(
        [(x, top + dice.uniform(0.5, 1) * 30 * (2 * x / stage.width - 1) ** 2) for x in np.linspace(0, stage.width, 9)]
    )
    outline = np.concatenate([bend, [(stage.width, stage.height + 9), (0, stage.height + 9)]])
    canvas.fill(stage.picture, outline, tone)
    stage.cover(outline)
