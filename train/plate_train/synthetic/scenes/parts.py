"""Parts of vehicles, which one could take for plates: grilles, badges, names, stickers, recesses."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from ..effects import Dice
from . import canvas
from .canvas import Gray, Points

Spot = tuple[float, float]
Words = Callable[[str, int], Gray]
"""(kind of text, height in pixels) -> mask of the lettering, 0..255; kinds: see `texts.py`."""


@dataclass
class Panel:
    """A picture of a part of a vehicle; `unit` pixels a half width, the point (0, 0) at `origin`."""

    picture: Gray
    unit: float
    origin: Spot

    @staticmethod
    def blank(unit: float, half: float, height: float) -> Panel:
        """An empty panel from -half to half and from a little above 0 to `height`."""
        top = 0.05
        size = (max(8, round((height + 2 * top) * unit)), max(8, round(2 * half * unit)))
        return Panel(np.zeros(size, np.uint8), unit, (half * unit, top * unit))

    def at(self, spots: Points) -> Points:
        """Return units as pixels."""
        return np.asarray(spots * self.unit + self.origin, np.float64)

    def pixels(self, x: float, y: float) -> Spot:
        """Return one point as pixels."""
        return x * self.unit + self.origin[0], y * self.unit + self.origin[1]


def grille(panel: Panel, box: tuple[float, float, float, float], dice: Dice) -> None:
    """An opening with bars, a mesh, or nothing in it, some with a bright frame."""
    left, top, right, bottom = box
    pinch = dice.uniform(0, 0.2) * (right - left) * dice.choice((-0.5, 0, 0.5))
    outline = canvas.points((left - pinch, top), (right + pinch, top), (right - pinch, bottom), (left + pinch, bottom))
    outline = panel.at(canvas.smoothed(outline, 2) if dice.chance(0.6) else outline)
    dark, bar = dice.uniform(0, 60), dice.choice((dice.uniform(20, 90), dice.uniform(100, 255)))
    canvas.fill(panel.picture, outline, dark)
    wide, tall = right - left, bottom - top
    kind, thick = (
        dice.choice(("rows", "rows", "columns", "mesh", "none", "slats")),
        panel.unit * dice.uniform(0.006, 0.03),
    )
    rows = dice.randint(2, 7) if kind in ("rows", "mesh", "slats") else 0
    columns = dice.randint(5, 30) if kind in ("columns", "mesh") else 0
    for row in range(rows):
        y = top + tall * (row + 0.5) / rows
        canvas.stroke(
            panel.picture,
            panel.at(canvas.points((left + 0.02, y), (right - 0.02, y))),
            bar,
            thick * (2 if kind == "slats" else 1),
        )
    for column in range(columns):
        x = left + wide * (column + 0.5) / columns
        canvas.stroke(panel.picture, panel.at(canvas.points((x, top + 0.01), (x, bottom - 0.01))), bar, thick)
    if dice.chance(0.5):
        canvas.stroke(
            panel.picture, outline, dice.uniform(100, 255), panel.unit * dice.uniform(0.008, 0.025), closed=True
        )


def badge(panel: Panel, at: Spot, size: float, words: Words, dice: Dice) -> None:
    """A maker's sign: rings, an oval, a star, or a name."""
    tone, (x, y) = dice.choice((dice.uniform(170, 255), dice.uniform(0, 255))), at
    kind = dice.choice(("rings", "oval", "oval", "shield", "cross", "name", "wing", "none"))
    thick = panel.unit * size * dice.uniform(0.1, 0.25)
    if kind == "rings":
        count = dice.choice((1, 2, 3, 4))
        for place in range(count):
            ring = canvas.oval(x + (place - (count - 1) / 2) * size * 1.4, y, size, size, 16)
            canvas.stroke(panel.picture, panel.at(ring), tone, thick, closed=True)
    elif kind in ("oval", "shield"):
        across = size * dice.uniform(1, 1.8)
        canvas.fill(panel.picture, panel.at(canvas.oval(x, y, across, size, 20)), dice.uniform(0, 255))
        canvas.stroke(panel.picture, panel.at(canvas.oval(x, y, across, size, 20)), tone, thick, closed=True)
        if panel.unit * size > 6:
            _stamp(panel, words("badge", max(4, round(panel.unit * size * 0.9))), (x, y), tone)
    elif kind == "cross":
        for line in (canvas.points((x - size, y), (x + size, y)), canvas.points((x, y - size), (x, y + size))):
            canvas.stroke(panel.picture, panel.at(line), tone, thick * 2)
    elif kind == "name":
        lettered(panel, at, size * 1.1, words, dice)
    elif kind == "wing":
        wing = canvas.points(
            (x - 2 * size, y - size * 0.5), (x, y), (x + 2 * size, y - size * 0.5), (x, y + size * 0.6)
        )
        canvas.fill(panel.picture, panel.at(canvas.smoothed(wing, 1)), tone)


def lettered(panel: Panel, at: Spot, height: float, words: Words, dice: Dice) -> None:
    """A name or a number on the body."""
    pixels = round(height * panel.unit)
    if pixels < 3:
        return
    tone = dice.choice((dice.uniform(180, 255), dice.uniform(0, 60), dice.uniform(0, 255)))
    _stamp(panel, words(dice.choice(("maker", "maker", "model", "line", "phone")), pixels), at, tone)


def name_bar(panel: Panel, at: Spot, words: Words, dice: Dice) -> None:
    """A panel with the maker's name in large letters, as on lorries and vans."""
    (x, y), down = at, dice.uniform(0.05, 0.12)
    pixels = round(2 * down * panel.unit * dice.uniform(0.4, 0.75))
    if pixels < 3:
        return
    mask, ground = words("maker", pixels), dice.uniform(0, 255)
    across = min(0.9, mask.shape[1] / panel.unit * dice.uniform(0.55, 0.9))
    bar = panel.at(canvas.rectangle(x - across, y - down, x + across, y + down))
    canvas.shade(panel.picture, bar, ground, dice.uniform(0.3, 1))
    if dice.chance(0.4):
        canvas.stroke(panel.picture, bar, dice.uniform(0, 255), panel.unit * 0.01, closed=True)
    _stamp(panel, mask, at, (ground + dice.uniform(80, 175)) % 256)


def sticker(panel: Panel, at: Spot, size: float, dice: Dice) -> None:
    """A small bright label on glass."""
    (x, y), aspect = at, dice.uniform(0.6, 2.2)
    label = canvas.rectangle(x - size * aspect / 2, y - size / 2, x + size * aspect / 2, y + size / 2)
    canvas.fill(panel.picture, panel.at(label), dice.uniform(90, 255))
    for row in range(dice.randint(0, 3)):
        level = y - size * 0.3 + row * size * 0.25
        line = canvas.points((x - size * aspect * 0.35, level), (x + size * aspect * dice.uniform(0, 0.35), level))
        canvas.stroke(panel.picture, panel.at(line), dice.uniform(0, 120), panel.unit * size * 0.1)


def recess(panel: Panel, at: Spot, half: Spot, tone: float, dice: Dice) -> None:
    """The hollow that a plate hangs in, with a bar and lamps above."""
    (x, y), (across, down) = at, half
    hollow = canvas.points(
        (x - across, y - down), (x + across, y - down), (x + across * 0.9, y + down), (x - across * 0.9, y + down)
    )
    outline = panel.at(canvas.smoothed(hollow, dice.choice((0, 1, 2))))
    canvas.shade(panel.picture, outline, dice.choice((0.0, 0.0, 255.0)), dice.uniform(0.1, 0.6))
    if dice.chance(0.5):
        canvas.stroke(panel.picture, outline, tone + dice.bell(60), panel.unit * 0.01, closed=True)
    if dice.chance(0.6):
        bar = canvas.rectangle(
            x - across * dice.uniform(0.6, 1.1), y - down - 0.04, x + across, y - down + dice.uniform(0, 0.03)
        )
        canvas.fill(panel.picture, panel.at(bar), dice.uniform(20, 255))
    if dice.chance(0.3):
        for side in (-1, 1):
            light = canvas.oval(x + side * across * 0.5, y - down, 0.03, 0.015, 8)
            canvas.fill(panel.picture, panel.at(light), dice.uniform(150, 255))


def stamp(picture: Gray, mask: Gray, at: Spot, tone: float) -> None:
    """Lay lettering on a picture, its middle at a point, in a tone."""
    left, top = round(at[0] - mask.shape[1] / 2), round(at[1] - mask.shape[0] / 2)
    canvas.paste(picture, np.full_like(mask, round(min(255.0, max(0.0, tone)))), mask, left, top)


def no_wider(mask: Gray, most: int) -> Gray:
    """Make lettering smaller where it is wider than so many pixels."""
    if mask.shape[1] <= most:
        return mask
    size = max(1, most), max(1, round(mask.shape[0] * most / mask.shape[1]))
    return np.asarray(cv2.resize(mask, size, interpolation=cv2.INTER_AREA), np.uint8)


def _stamp(panel: Panel, mask: Gray, at: Spot, tone: float) -> None:
    stamp(panel.picture, mask, panel.pixels(*at), tone)
