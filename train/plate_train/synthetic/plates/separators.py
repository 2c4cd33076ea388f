"""Separators between groups and at the ends of rows, which are not text: dashes, seals, brackets, outlines."""

from __future__ import annotations

import math

from plate_runtime.alphabet import ALPHABET

from . import emblems, other_scripts, words
from .canvas import PlateCanvas, Rectangle

WIDTHS = {
    "none": (0.0, 0.03), "space": (0.12, 0.5), "dash": (0.15, 0.5), "dot": (0.06, 0.3), "seal": (0.2, 0.6),
    "seals": (0.25, 0.5), "emblem": (0.3, 1.0), "letter": (0.15, 0.5), "stack": (0.25, 0.5), "dots": (0.1, 0.3),
    "slash": (0.2, 0.4), "bracket": (0.15, 0.3), "bolt": (0.12, 0.35), "outline": (0.3, 0.65), "foreign": (0.4, 0.9),
    "star": (0.2, 0.4),
}  # fmt: skip
"""Width of a separator in heights of a character, in addition to the gap between letters."""
ENDS = {"bracket": 3, "bolt": 4, "slash": 1, "dots": 1, "dot": 2, "star": 1, "dash": 1}
"""Separators at the ends of rows, with their weights."""
_NEW_YORK = (
    (-1, 0.42), (-0.97, 0.12), (-0.72, 0.02), (-0.22, -0.02), (-0.08, -0.32), (0.14, -0.72), (0.52, -0.85),
    (0.56, -0.2), (0.6, 0.4), (0.66, 0.62), (1, 0.5), (0.95, 0.7), (0.6, 0.9), (0.5, 0.62), (0.28, 0.4),
)  # fmt: skip
"""Outline of the state of New York within -1..1; it resembles a 2 or Z."""


def paint_separator(canvas: PlateCanvas, box: Rectangle, kind: str) -> None:
    """Paint one kind of `WIDTHS` into a box that extends from letter to letter."""
    if kind not in ("none", "space"):
        _PAINT_BY_KIND[kind](canvas, box)


def paint_bracket(canvas: PlateCanvas, box: Rectangle, opens: bool) -> None:
    """Paint a round or square bracket that opens or closes."""
    left, top, right, bottom = box
    rng, tall = canvas.rng, bottom - top
    thick, deep = max(1, round(tall * rng.uniform(0.04, 0.09))), min(right - left, tall * rng.uniform(0.1, 0.2))
    x0 = (left + right - deep) / 2
    x1, over = x0 + deep, tall * rng.uniform(-0.06, 0.06)
    if rng.chance(0.5):
        far, near = (x0, x1) if opens else (x1, x0)
        spots = [(near, top - over), (far, top - over), (far, bottom + over), (near, bottom + over)]
        canvas.pen.line(spots, fill=canvas.tones.ink, width=thick)
        return
    round_box = (x0, top - over, x0 + 2 * deep, bottom + over) if opens else (x0 - deep, top - over, x1, bottom + over)
    canvas.pen.arc(round_box, *((110, 250) if opens else (290, 70)), fill=canvas.tones.ink, width=thick)


def paint_foreign(canvas: PlateCanvas, box: Rectangle, count: int, scale: float) -> None:
    """Paint characters of another script side by side into a box; their height is `scale` of it."""
    left, top, right, bottom = box
    rng, wide, tall = canvas.rng, (right - left) / count, (bottom - top) * scale
    script = canvas.script()
    if script in other_scripts.LATIN_LOOKING:
        return
    y = top + (bottom - top - tall) * rng.choice((0.5, 1.0))
    for index in range(count):
        one = other_scripts.glyph(canvas.split, script, rng).resize((max(3, round(wide * 0.94)), max(4, round(tall))))
        canvas.stamp(one, canvas.tones.ink, left + index * wide, y)


def _measures(box: Rectangle) -> tuple[float, float, float, float]:
    """Centre, width and height of a box."""
    left, top, right, bottom = box
    return (left + right) / 2, (top + bottom) / 2, right - left, bottom - top


def _dash(canvas: PlateCanvas, box: Rectangle) -> None:
    (x, y, wide, tall), rng = _measures(box), canvas.rng
    half = min(wide * rng.uniform(0.22, 0.4), tall * 0.25), tall * rng.uniform(0.03, 0.08)
    y += tall * rng.uniform(-0.06, 0.06)
    canvas.pen.rectangle((x - half[0], y - half[1], x + half[0], y + half[1]), fill=canvas.tones.ink)


def _dot(canvas: PlateCanvas, box: Rectangle) -> None:
    (x, y, wide, tall), rng = _measures(box), canvas.rng
    radius = min(tall * rng.uniform(0.04, 0.1), wide * 0.4)
    y += tall * rng.choice((0, 0, 0, 0.4))
    dot = (x - radius, y - radius, x + radius, y + radius)
    (canvas.pen.ellipse if rng.chance(0.6) else canvas.pen.rectangle)(dot, fill=canvas.tones.ink)


def _dots(canvas: PlateCanvas, box: Rectangle) -> None:
    """Two dots, above or beside each other."""
    (x, y, wide, tall), rng = _measures(box), canvas.rng
    radius = min(tall * rng.uniform(0.04, 0.09), wide * 0.2)
    paint = canvas.pen.ellipse if rng.chance(0.6) else canvas.pen.rectangle
    across, down = rng.choice(((0.0, 0.2 * tall), (0.0, 0.3 * tall), (1.4 * radius, 0.0)))
    for side in (-1, 1):
        middle, level = x + side * across, y + side * down
        paint((middle - radius, level - radius, middle + radius, level + radius), fill=canvas.tones.ink)


def _seals(canvas: PlateCanvas, box: Rectangle, places: tuple[float, ...] = (-0.27, 0.27)) -> None:
    (x, y, wide, tall), rng = _measures(box), canvas.rng
    radius = min(tall * rng.uniform(0.09, 0.24), wide * 0.46)
    for place in places:
        middle = y + tall * place
        seal = (x - radius, middle - radius, x + radius, middle + radius)
        emblems.emblem(canvas.face.picture, seal, (0, 255), rng)
    if rng.chance(0.15):
        strip = canvas.strip(words.tag(rng)[:2], radius)
        canvas.stamp(strip, canvas.tones.ink, x - strip.width / 2, y)


def _seal(canvas: PlateCanvas, box: Rectangle) -> None:
    _seals(canvas, box, (canvas.rng.choice((0, 0, -0.2, 0.2)),))


def _letter(canvas: PlateCanvas, box: Rectangle) -> None:
    (x, _, _, tall), rng = _measures(box), canvas.rng
    strip = canvas.strip(rng.choice("ABDT1234"), tall * rng.uniform(0.14, 0.3))
    y = box[1] + (tall - strip.height) * rng.choice((0, 0.3, 0.5))
    canvas.stamp(strip, canvas.tones.ink, x - strip.width / 2, y)


def _stack(canvas: PlateCanvas, box: Rectangle) -> None:
    (x, y, wide, tall), rng = _measures(box), canvas.rng
    high = tall * rng.uniform(0.3, 0.46)
    for middle in (y - 0.26 * tall, y + 0.26 * tall):
        strip = canvas.strip(rng.choice(ALPHABET), high)
        strip = strip.resize((max(2, min(strip.width, round(0.7 * wide))), strip.height))
        canvas.stamp(strip, canvas.tones.ink, x - strip.width / 2, middle - strip.height / 2)


def _emblem(canvas: PlateCanvas, box: Rectangle) -> None:
    (x, y, wide, tall), rng = _measures(box), canvas.rng
    half = wide * rng.uniform(0.3, 0.52), tall * rng.uniform(0.18, 0.62)
    near = canvas.tones.ground if rng.chance(0.6) else canvas.tones.ink
    bounds = (x - half[0], y - half[1], x + half[0], y + half[1])
    emblems.emblem(canvas.face.picture, bounds, (near, rng.randint(0, 255)), rng)


def _bolt(canvas: PlateCanvas, box: Rectangle) -> None:
    (x, y, wide, tall), rng = _measures(box), canvas.rng
    emblems.bolt(canvas.pen, x, y + tall * rng.choice((0, 0, -0.4, 0.4)), min(0.4 * wide, 0.1 * tall), rng)


def _slash(canvas: PlateCanvas, box: Rectangle) -> None:
    (x, _, wide, tall), rng = _measures(box), canvas.rng
    slant = wide * rng.uniform(0.3, 0.45) * rng.choice((1, 1, -1))
    thick = max(1, round(tall * rng.uniform(0.03, 0.07)))
    canvas.pen.line((x - slant, box[3], x + slant, box[1]), fill=canvas.tones.ink, width=thick)


def _bracket(canvas: PlateCanvas, box: Rectangle) -> None:
    paint_bracket(canvas, box, canvas.rng.chance(0.5))


def _star(canvas: PlateCanvas, box: Rectangle) -> None:
    (x, y, wide, tall), rng = _measures(box), canvas.rng
    reach, rotation, thick = min(0.45 * wide, 0.16 * tall), rng.uniform(0, 1), max(1, round(0.05 * tall))
    for arm in range(rng.choice((2, 3, 3))):
        angle = rotation + math.pi * arm / 3
        across, down = reach * math.cos(angle), reach * math.sin(angle)
        canvas.pen.line((x - across, y - down, x + across, y + down), fill=canvas.tones.ink, width=thick)


def _outline(canvas: PlateCanvas, box: Rectangle) -> None:
    """The outline of a state: New York's with small changes, or an invented one."""
    (x, y, wide, tall), rng = _measures(box), canvas.rng
    half_wide, half_tall = min(wide * 0.48, tall * 0.32), tall * rng.uniform(0.12, 0.2)
    spots = [(a + rng.normal(0.06), b + rng.normal(0.06)) for a, b in _NEW_YORK]
    if rng.chance(0.35):
        spots = emblems.blob(rng)
    tone = canvas.tones.ink if rng.chance(0.75) else canvas.tones.accent
    canvas.pen.polygon([(x + a * half_wide, y + b * half_tall) for a, b in spots], fill=tone)


def _foreign(canvas: PlateCanvas, box: Rectangle) -> None:
    paint_foreign(canvas, box, 1, canvas.rng.choice((1.0, 1.0, canvas.rng.uniform(0.5, 1.0))))


_PAINT_BY_KIND = {
    "dash": _dash, "dot": _dot, "dots": _dots, "seal": _seal, "seals": _seals, "emblem": _emblem, "letter": _letter,
    "stack": _stack, "slash": _slash, "bracket": _bracket, "bolt": _bolt, "outline": _outline, "star": _star,
    "foreign": _foreign,
}  # fmt: skip
