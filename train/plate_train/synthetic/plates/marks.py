"""What stands between groups and at the ends of rows and is no part of the text: dashes, seals, brackets, outlines."""

from __future__ import annotations

import math

from plate_runtime.alphabet import ALPHABET

from . import emblems, foreign, words
from .easel import Easel, Rectangle

WIDTHS = {
    "none": (0.0, 0.03), "space": (0.12, 0.5), "dash": (0.15, 0.5), "dot": (0.06, 0.3), "seal": (0.2, 0.6),
    "seals": (0.25, 0.5), "emblem": (0.3, 1.0), "letter": (0.15, 0.5), "stack": (0.25, 0.5), "dots": (0.1, 0.3),
    "slash": (0.2, 0.4), "bracket": (0.15, 0.3), "bolt": (0.12, 0.35), "outline": (0.3, 0.65), "foreign": (0.4, 0.9),
    "star": (0.2, 0.4),
}  # fmt: skip
"""Width of a mark in heights of a character, beyond the gap that letters have."""
ENDS = {"bracket": 3, "bolt": 4, "slash": 1, "dots": 1, "dot": 2, "star": 1, "dash": 1}
"""What stands at the ends of rows, and how often."""
_NEW_YORK = (
    (-1, 0.42), (-0.97, 0.12), (-0.72, 0.02), (-0.22, -0.02), (-0.08, -0.32), (0.14, -0.72), (0.52, -0.85),
    (0.56, -0.2), (0.6, 0.4), (0.66, 0.62), (1, 0.5), (0.95, 0.7), (0.6, 0.9), (0.5, 0.62), (0.28, 0.4),
)  # fmt: skip
"""Corners of the state of New York within -1..1: a bar, a shoulder, and an island as a foot, much like a 2 or Z."""


def paint_mark(easel: Easel, box: Rectangle, kind: str) -> None:
    """Paint one kind of `WIDTHS` into a box; the box reaches from letter to letter."""
    if kind not in ("none", "space"):
        _PAINTERS[kind](easel, box)


def paint_bracket(easel: Easel, box: Rectangle, opens: bool) -> None:
    """Paint a round or square bracket that opens or closes."""
    left, top, right, bottom = box
    dice, tall = easel.dice, bottom - top
    thick, deep = max(1, round(tall * dice.uniform(0.04, 0.09))), min(right - left, tall * dice.uniform(0.1, 0.2))
    x0 = (left + right - deep) / 2
    x1, over = x0 + deep, tall * dice.uniform(-0.06, 0.06)
    if dice.chance(0.5):
        far, near = (x0, x1) if opens else (x1, x0)
        spots = [(near, top - over), (far, top - over), (far, bottom + over), (near, bottom + over)]
        easel.pen.line(spots, fill=easel.tones.ink, width=thick)
        return
    round_box = (x0, top - over, x0 + 2 * deep, bottom + over) if opens else (x0 - deep, top - over, x1, bottom + over)
    easel.pen.arc(round_box, *((110, 250) if opens else (290, 70)), fill=easel.tones.ink, width=thick)


def paint_foreign(easel: Easel, box: Rectangle, count: int, share: float) -> None:
    """Paint characters of another script beside each other into a box, `share` of it high."""
    left, top, right, bottom = box
    dice, wide, tall = easel.dice, (right - left) / count, (bottom - top) * share
    script = easel.script()
    if script in foreign.LATIN_LOOKING:
        return
    y = top + (bottom - top - tall) * dice.choice((0.5, 1.0))
    for index in range(count):
        one = foreign.glyph(easel.part, script, dice).resize((max(3, round(wide * 0.94)), max(4, round(tall))))
        easel.stamp(one, easel.tones.ink, left + index * wide, y)


def _measures(box: Rectangle) -> tuple[float, float, float, float]:
    """Centre, width and height of a box."""
    left, top, right, bottom = box
    return (left + right) / 2, (top + bottom) / 2, right - left, bottom - top


def _dash(easel: Easel, box: Rectangle) -> None:
    (x, y, wide, tall), dice = _measures(box), easel.dice
    half = min(wide * dice.uniform(0.22, 0.4), tall * 0.25), tall * dice.uniform(0.03, 0.08)
    y += tall * dice.uniform(-0.06, 0.06)
    easel.pen.rectangle((x - half[0], y - half[1], x + half[0], y + half[1]), fill=easel.tones.ink)


def _dot(easel: Easel, box: Rectangle) -> None:
    (x, y, wide, tall), dice = _measures(box), easel.dice
    radius = min(tall * dice.uniform(0.04, 0.1), wide * 0.4)
    y += tall * dice.choice((0, 0, 0, 0.4))
    dot = (x - radius, y - radius, x + radius, y + radius)
    (easel.pen.ellipse if dice.chance(0.6) else easel.pen.rectangle)(dot, fill=easel.tones.ink)


def _dots(easel: Easel, box: Rectangle) -> None:
    """Two dots, above or beside each other."""
    (x, y, wide, tall), dice = _measures(box), easel.dice
    radius = min(tall * dice.uniform(0.04, 0.09), wide * 0.2)
    paint = easel.pen.ellipse if dice.chance(0.6) else easel.pen.rectangle
    across, down = dice.choice(((0.0, 0.2 * tall), (0.0, 0.3 * tall), (1.4 * radius, 0.0)))
    for side in (-1, 1):
        middle, level = x + side * across, y + side * down
        paint((middle - radius, level - radius, middle + radius, level + radius), fill=easel.tones.ink)


def _seals(easel: Easel, box: Rectangle, places: tuple[float, ...] = (-0.27, 0.27)) -> None:
    (x, y, wide, tall), dice = _measures(box), easel.dice
    radius = min(tall * dice.uniform(0.09, 0.24), wide * 0.46)
    for place in places:
        middle = y + tall * place
        seal = (x - radius, middle - radius, x + radius, middle + radius)
        emblems.emblem(easel.face.picture, seal, (0, 255), dice)
    if dice.chance(0.15):
        strip = easel.strip(words.tag(dice)[:2], radius)
        easel.stamp(strip, easel.tones.ink, x - strip.width / 2, y)


def _seal(easel: Easel, box: Rectangle) -> None:
    _seals(easel, box, (easel.dice.choice((0, 0, -0.2, 0.2)),))


def _letter(easel: Easel, box: Rectangle) -> None:
    (x, _, _, tall), dice = _measures(box), easel.dice
    strip = easel.strip(dice.choice("ABDT1234"), tall * dice.uniform(0.14, 0.3))
    y = box[1] + (tall - strip.height) * dice.choice((0, 0.3, 0.5))
    easel.stamp(strip, easel.tones.ink, x - strip.width / 2, y)


def _stack(easel: Easel, box: Rectangle) -> None:
    (x, y, wide, tall), dice = _measures(box), easel.dice
    high = tall * dice.uniform(0.3, 0.46)
    for middle in (y - 0.26 * tall, y + 0.26 * tall):
        strip = easel.strip(dice.choice(ALPHABET), high)
        strip = strip.resize((max(2, min(strip.width, round(0.7 * wide))), strip.height))
        easel.stamp(strip, easel.tones.ink, x - strip.width / 2, middle - strip.height / 2)


def _emblem(easel: Easel, box: Rectangle) -> None:
    (x, y, wide, tall), dice = _measures(box), easel.dice
    half = wide * dice.uniform(0.3, 0.52), tall * dice.uniform(0.18, 0.62)
    near = easel.tones.ground if dice.chance(0.6) else easel.tones.ink
    bounds = (x - half[0], y - half[1], x + half[0], y + half[1])
    emblems.emblem(easel.face.picture, bounds, (near, dice.randint(0, 255)), dice)


def _bolt(easel: Easel, box: Rectangle) -> None:
    (x, y, wide, tall), dice = _measures(box), easel.dice
    emblems.bolt(easel.pen, x, y + tall * dice.choice((0, 0, -0.4, 0.4)), min(0.4 * wide, 0.1 * tall), dice)


def _slash(easel: Easel, box: Rectangle) -> None:
    (x, _, wide, tall), dice = _measures(box), easel.dice
    lean = wide * dice.uniform(0.3, 0.45) * dice.choice((1, 1, -1))
    thick = max(1, round(tall * dice.uniform(0.03, 0.07)))
    easel.pen.line((x - lean, box[3], x + lean, box[1]), fill=easel.tones.ink, width=thick)


def _bracket(easel: Easel, box: Rectangle) -> None:
    paint_bracket(easel, box, easel.dice.chance(0.5))


def _star(easel: Easel, box: Rectangle) -> None:
    (x, y, wide, tall), dice = _measures(box), easel.dice
    reach, turn, thick = min(0.45 * wide, 0.16 * tall), dice.uniform(0, 1), max(1, round(0.05 * tall))
    for arm in range(dice.choice((2, 3, 3))):
        angle = turn + math.pi * arm / 3
        across, down = reach * math.cos(angle), reach * math.sin(angle)
        easel.pen.line((x - across, y - down, x + across, y + down), fill=easel.tones.ink, width=thick)


def _outline(easel: Easel, box: Rectangle) -> None:
    """A state's outline: New York's, a little different every time, or a made-up one."""
    (x, y, wide, tall), dice = _measures(box), easel.dice
    half_wide, half_tall = min(wide * 0.48, tall * 0.32), tall * dice.uniform(0.12, 0.2)
    spots = [(a + dice.bell(0.06), b + dice.bell(0.06)) for a, b in _NEW_YORK]
    if dice.chance(0.35):
        spots = emblems.blob(dice)
    tone = easel.tones.ink if dice.chance(0.75) else easel.tones.accent
    easel.pen.polygon([(x + a * half_wide, y + b * half_tall) for a, b in spots], fill=tone)


def _foreign(easel: Easel, box: Rectangle) -> None:
    paint_foreign(easel, box, 1, easel.dice.choice((1.0, 1.0, easel.dice.uniform(0.5, 1.0))))


_PAINTERS = {
    "dash": _dash, "dot": _dot, "dots": _dots, "seal": _seal, "seals": _seals, "emblem": _emblem, "letter": _letter,
    "stack": _stack, "slash": _slash, "bracket": _bracket, "bolt": _bolt, "outline": _outline, "star": _star,
    "foreign": _foreign,
}  # fmt: skip
