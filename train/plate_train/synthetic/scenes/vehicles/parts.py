"""Parts of vehicles that resemble plates: grilles, badges, names, stickers, recesses."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ...random_source import RandomSource
from .. import raster
from ..raster import Gray, Points, Spot

RenderText = Callable[[str, int], Gray]
"""(kind of text, height in pixels) -> mask of the lettering, 0..255; for the kinds see `texts.py`."""


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
        """Return points in units as pixels."""
        return np.asarray(spots * self.unit + self.origin, np.float64)

    def pixels(self, x: float, y: float) -> Spot:
        """Return one point as pixels."""
        return x * self.unit + self.origin[0], y * self.unit + self.origin[1]


def grille(panel: Panel, box: tuple[float, float, float, float], rng: RandomSource) -> None:
    """An opening with bars, a mesh, or nothing; some have a bright frame."""
    left, top, right, bottom = box
    pinch = rng.uniform(0, 0.2) * (right - left) * rng.choice((-0.5, 0, 0.5))
    outline = raster.points((left - pinch, top), (right + pinch, top), (right - pinch, bottom), (left + pinch, bottom))
    outline = panel.at(raster.smoothed(outline, 2) if rng.chance(0.6) else outline)
    dark, bar = rng.uniform(0, 60), rng.choice((rng.uniform(20, 90), rng.uniform(100, 255)))
    raster.fill(panel.picture, outline, dark)
    wide, tall = right - left, bottom - top
    kind, thick = (
        rng.choice(("rows", "rows", "columns", "mesh", "none", "slats")),
        panel.unit * rng.uniform(0.006, 0.03),
    )
    rows = rng.randint(2, 7) if kind in ("rows", "mesh", "slats") else 0
    columns = rng.randint(5, 30) if kind in ("columns", "mesh") else 0
    for row in range(rows):
        y = top + tall * (row + 0.5) / rows
        raster.stroke(
            panel.picture,
            panel.at(raster.points((left + 0.02, y), (right - 0.02, y))),
            bar,
            thick * (2 if kind == "slats" else 1),
        )
    for column in range(columns):
        x = left + wide * (column + 0.5) / columns
        raster.stroke(panel.picture, panel.at(raster.points((x, top + 0.01), (x, bottom - 0.01))), bar, thick)
    if rng.chance(0.5):
        raster.stroke(
            panel.picture, outline, rng.uniform(100, 255), panel.unit * rng.uniform(0.008, 0.025), closed=True
        )


def badge(panel: Panel, at: Spot, size: float, render_text: RenderText, rng: RandomSource) -> None:
    """A maker's badge: rings, an oval, a cross, or a name."""
    tone, (x, y) = rng.choice((rng.uniform(170, 255), rng.uniform(0, 255))), at
    kind = rng.choice(("rings", "oval", "oval", "shield", "cross", "name", "wing", "none"))
    thick = panel.unit * size * rng.uniform(0.1, 0.25)
    if kind == "rings":
        count = rng.choice((1, 2, 3, 4))
        for place in range(count):
            ring = raster.oval(x + (place - (count - 1) / 2) * size * 1.4, y, size, size, 16)
            raster.stroke(panel.picture, panel.at(ring), tone, thick, closed=True)
    elif kind in ("oval", "shield"):
        across = size * rng.uniform(1, 1.8)
        raster.fill(panel.picture, panel.at(raster.oval(x, y, across, size, 20)), rng.uniform(0, 255))
        raster.stroke(panel.picture, panel.at(raster.oval(x, y, across, size, 20)), tone, thick, closed=True)
        if panel.unit * size > 6:
            _stamp(panel, render_text("badge", max(4, round(panel.unit * size * 0.9))), (x, y), tone)
    elif kind == "cross":
        for line in (raster.points((x - size, y), (x + size, y)), raster.points((x, y - size), (x, y + size))):
            raster.stroke(panel.picture, panel.at(line), tone, thick * 2)
    elif kind == "name":
        lettered(panel, at, size * 1.1, render_text, rng)
    elif kind == "wing":
        wing = raster.points(
            (x - 2 * size, y - size * 0.5), (x, y), (x + 2 * size, y - size * 0.5), (x, y + size * 0.6)
        )
        raster.fill(panel.picture, panel.at(raster.smoothed(wing, 1)), tone)


def lettered(panel: Panel, at: Spot, height: float, render_text: RenderText, rng: RandomSource) -> None:
    """A name or a number on the body."""
    pixels = round(height * panel.unit)
    if pixels < 3:
        return
    tone = rng.choice((rng.uniform(180, 255), rng.uniform(0, 60), rng.uniform(0, 255)))
    _stamp(panel, render_text(rng.choice(("maker", "maker", "model", "line", "phone")), pixels), at, tone)


def name_bar(panel: Panel, at: Spot, render_text: RenderText, rng: RandomSource) -> None:
    """A panel with the maker's name in large letters, as on lorries and vans."""
    (x, y), down = at, rng.uniform(0.05, 0.12)
    pixels = round(2 * down * panel.unit * rng.uniform(0.4, 0.75))
    if pixels < 3:
        return
    mask, ground = render_text("maker", pixels), rng.uniform(0, 255)
    across = min(0.9, mask.shape[1] / panel.unit * rng.uniform(0.55, 0.9))
    bar = panel.at(raster.rectangle(x - across, y - down, x + across, y + down))
    raster.shade(panel.picture, bar, ground, rng.uniform(0.3, 1))
    if rng.chance(0.4):
        raster.stroke(panel.picture, bar, rng.uniform(0, 255), panel.unit * 0.01, closed=True)
    _stamp(panel, mask, at, (ground + rng.uniform(80, 175)) % 256)


def sticker(panel: Panel, at: Spot, size: float, rng: RandomSource) -> None:
    """A small bright label on glass."""
    (x, y), aspect = at, rng.uniform(0.6, 2.2)
    label = raster.rectangle(x - size * aspect / 2, y - size / 2, x + size * aspect / 2, y + size / 2)
    raster.fill(panel.picture, panel.at(label), rng.uniform(90, 255))
    for row in range(rng.randint(0, 3)):
        level = y - size * 0.3 + row * size * 0.25
        line = raster.points((x - size * aspect * 0.35, level), (x + size * aspect * rng.uniform(0, 0.35), level))
        raster.stroke(panel.picture, panel.at(line), rng.uniform(0, 120), panel.unit * size * 0.1)


def recess(panel: Panel, at: Spot, half: Spot, tone: float, rng: RandomSource) -> None:
    """The recess of a plate, with a bar and lamps above."""
    (x, y), (across, down) = at, half
    hollow = raster.points(
        (x - across, y - down), (x + across, y - down), (x + across * 0.9, y + down), (x - across * 0.9, y + down)
    )
    outline = panel.at(raster.smoothed(hollow, rng.choice((0, 1, 2))))
    raster.shade(panel.picture, outline, rng.choice((0.0, 0.0, 255.0)), rng.uniform(0.1, 0.6))
    if rng.chance(0.5):
        raster.stroke(panel.picture, outline, tone + rng.normal(60), panel.unit * 0.01, closed=True)
    if rng.chance(0.6):
        bar = raster.rectangle(
            x - across * rng.uniform(0.6, 1.1), y - down - 0.04, x + across, y - down + rng.uniform(0, 0.03)
        )
        raster.fill(panel.picture, panel.at(bar), rng.uniform(20, 255))
    if rng.chance(0.3):
        for side in (-1, 1):
            light = raster.oval(x + side * across * 0.5, y - down, 0.03, 0.015, 8)
            raster.fill(panel.picture, panel.at(light), rng.uniform(150, 255))


def _stamp(panel: Panel, mask: Gray, at: Spot, tone: float) -> None:
    raster.stamp(panel.picture, mask, panel.pixels(*at), tone)
