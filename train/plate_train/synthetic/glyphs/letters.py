"""Known shapes of every character of plate alphabets, as strokes in a box of centre lines.

x runs from 0, left, to 1, right, in widths of the box; y from 0, top, to 1, bottom, in its heights; a third number is
the radius of a corner, in widths. Where plates show a character in different shapes, the style picks one of them; a
common shape is listed more than once.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from plate_runtime.alphabet import ALPHABET

Point = tuple[float, float] | tuple[float, float, float]
Stroke = tuple[Point, ...]
Shape = Sequence[Stroke]

LEFT: Stroke = ((0, 0), (0, 1))
MIDDLE: Stroke = ((0.5, 0), (0.5, 1))
RIGHT: Stroke = ((1, 0), (1, 1))


@dataclass(frozen=True)
class Style:
    """The numbers of one alphabet.

    Attributes:
        width: width of a letter's outer box, in heights. thickness: of strokes, in heights.
        radius: of corners, in widths of the box; 0.5 makes O an oval.
        chamfered: corners are cut straight instead of rounded. round_ends: strokes end in half discs.
        waist: height of the middle bar, 0 top to 1 bottom. inset: how much narrower upper bowls are, in widths.
        vertex: depth of the middle of M. opening: gap of C, G, S and similar letters, in heights.
        slope: slant of the sides of W, in widths. wide: width of M and W, in widths of other letters.
        shape: one number 0..1 for each character, in the order of `ALPHABET`; it picks one of the known shapes.
        drop: distance of the bar of G below the waist, in heights of the box. inward: free space at its left, as a
            fraction of the usual one.
        special_shapes: names of sets of special shapes that replace the known ones; see `special`.
        finish: "plain" or one of `finishes`. slit: width of a cut through a stroke, and of an outline, in heights.
    """

    width: float
    thickness: float
    radius: float
    chamfered: bool
    round_ends: bool
    waist: float
    inset: float
    vertex: float
    opening: float
    slope: float
    wide: float
    shape: tuple[float, ...]
    drop: float = 0.05
    inward: float = 1.0
    special_shapes: tuple[str, ...] = ()
    finish: str = "plain"
    slit: float = 0.06

    @property
    def aspect(self) -> float:
        """Width of the box of centre lines, in its heights."""
        return (self.width - self.thickness) / (1 - self.thickness)

    def number(self, character: str) -> float:
        """The number, 0..1, that picks the shape of a character."""
        return self.shape[ALPHABET.index(character)]

    def pick(self, character: str, *shapes: Shape) -> Shape:
        """The shape, one of those known, that this alphabet uses for a character."""
        return shapes[min(int(self.number(character) * len(shapes)), len(shapes) - 1)]


def random_style(rng: np.random.Generator) -> Style:
    """Return the numbers of a random alphabet."""
    width = rng.uniform(0.38, 0.85)
    thickness = min(rng.uniform(0.09, 0.21), width * 0.33)
    chamfered = bool(rng.random() < 0.12)
    radius = rng.choice([rng.uniform(0.2, 0.35), rng.uniform(0.3, 0.5), 0.5], p=[0.4, 0.45, 0.15])
    return Style(
        width=width,
        thickness=thickness,
        radius=min(radius, 0.3) if chamfered else radius,
        chamfered=chamfered,
        round_ends=bool(rng.random() < 0.3),
        waist=rng.uniform(0.42, 0.54),
        inset=rng.choice([0.0, rng.uniform(0.02, 0.12)]),
        vertex=rng.choice([rng.uniform(0.3, 0.55), rng.uniform(0.5, 0.9)], p=[0.7, 0.3]),
        opening=min(rng.uniform(0.16, 0.34), 0.37 - thickness),
        slope=rng.choice([0.0, rng.uniform(0.0, 0.25)], p=[0.35, 0.65]),
        wide=rng.choice([1.0, rng.uniform(1.0, 1.3)]),
        shape=tuple(rng.random(len(ALPHABET)).tolist()),
    )


@functools.lru_cache(maxsize=256)
def shapes(style: Style) -> dict[str, Shape]:
    """Return the strokes of all 36 characters of an alphabet."""
    return {
        "0": _zero(style),
        "1": _one(style),
        "2": _two(style),
        "3": _three(style),
        "4": _four(style),
        "5": _five(style),
        "6": _six(style, "6"),
        "7": _seven(style),
        "8": _eight(style),
        "9": [rotated(stroke) for stroke in _six(style, "9")],
        **_straight_letters(style),
        **_round_letters(style),
    }


def closed_box(left: float, top: float, right: float, bottom: float, radius: float) -> Stroke:
    """A closed box with round corners that starts in the middle of its upper side."""
    middle = ((left + right) / 2, top)
    return (middle, (right, top, radius), (right, bottom, radius), (left, bottom, radius), (left, top, radius), middle)


def rotated(stroke: Stroke) -> Stroke:
    """The stroke rotated by 180 degrees: 9 is a rotated 6."""
    return tuple(
        (1 - point[0], 1 - point[1], point[2]) if len(point) == 3 else (1 - point[0], 1 - point[1]) for point in stroke
    )


def flagged_one(left: float, top: float) -> Shape:
    """1 with a flag that starts there. The flag ends below the edge, or it would be extended beyond the stem."""
    return [((left, top), (0.5, 0.001)), MIDDLE]


def _zero(style: Style) -> Shape:
    ring = [closed_box(0, 0, 1, 1, style.radius)]
    return style.pick("0", *[ring] * 7, [*ring, ((0.85, 0.2), (0.15, 0.8))])


def _one(style: Style) -> Shape:
    bar, foot = [MIDDLE], ((0.05, 1), (0.95, 1))
    long, short = flagged_one(0.05, 0.25), flagged_one(0.15, 0.12)
    flat: Stroke = ((0.1, 0), (0.5, 0), (0.5, 1))
    return style.pick("1", *[bar] * 4, long, short, [*long, foot], [flat], [flat, foot])


def _two(style: Style) -> Shape:
    r, m = style.radius, style.waist
    start: Stroke = ((0, style.opening), (0, 0, r), (1, 0, r))
    slanted: Stroke = (*start, (1, 0.42, 0.3), (0, 0.94, 0.05), (0, 1), (1, 1))
    straight: Stroke = (*start, (1, 0.38, 0.2), (0.02, 1), (1, 1))
    curved: Stroke = (*start, (1, 0.5, 0.5), (0, 0.62, 0.5), (0, 1), (1, 1))
    square: Stroke = ((0, 0), (1, 0, r), (1, m, r), (0, m, r), (0, 1), (1, 1))
    return style.pick("2", [slanted], [straight], [curved], [square])


def _three(style: Style) -> Shape:
    r, m, a, gap = style.radius, style.waist, style.inset, style.opening
    upper: Stroke = ((0, gap), (a / 2, 0, r), (1 - a, 0, r), (1 - a, m, r), (0.4, m))
    lower: Stroke = ((0.4, m), (1, m, r), (1, 1, r), (0, 1, r), (0, 1 - gap))
    pointed: Stroke = ((0, 0), (1, 0), (0.45, m - 0.06), *lower[1:])
    return style.pick("3", *[[upper, lower]] * 3, [pointed])


def _four(style: Style) -> Shape:
    bar, stem = 0.62 + 0.25 * style.shape[0], 0.62 + 0.25 * style.shape[1]
    shut: Stroke = ((stem, 1), (stem, 0), (0, bar), (1.04, bar))
    steep = [((0.62, 0), (0, bar), (1, bar)), ((0.74, 0.42), (0.74, 1))]
    thin = [((0.4, 0), (0, bar), (1, bar)), ((0.7, 0.38), (0.7, 1))]
    open_ = [((0.05, 0), (0.05, 0.62), (1, 0.62)), ((0.8, 0), (0.8, 1))]
    return style.pick("4", *[[shut]] * 3, steep, thin, open_)


def _five(style: Style) -> Shape:
    r, m = style.radius, style.waist
    bowl = ((1, m - 0.06, r), (1, 1, r), (0, 1, r), (0, 1 - style.opening))
    plain: Stroke = ((0.95, 0), (0.06, 0), (0, m - 0.04), (0.25, m - 0.06), *bowl)
    curled: Stroke = ((0.95, 0), (0.05, 0), (0.02, 0.48), (0.3, 0.38, 0.2), *bowl)
    return style.pick("5", [plain], [plain], [curled])


def _six(style: Style, character: str) -> Shape:
    r = style.radius
    ring = closed_box(0, style.waist - 0.04, 1, 1, r)
    curled: Stroke = ((1, style.opening), (1, 0, r), (0, 0, r), (0, 0.7))
    short: Stroke = ((0.9, 0), (0, 0, 0.9), (0, 0.7))
    straight: Stroke = ((0.72, 0), (0.02, 0.56), (0, 0.7))
    return style.pick(character, [ring, curled], [ring, curled], [ring, short], [ring, straight])


def _seven(style: Style) -> Shape:
    slanted, steep = ((0, 0), (1, 0), (0.3, 1)), ((0, 0), (1, 0), (0.5, 1))
    bent: Stroke = ((0, 0), (1, 0), (1, 0.14), (0.42, 0.55, 0.3), (0.38, 1))
    serif: Stroke = ((0, 0.16), (0, 0), (1, 0), (0.35, 1))
    return style.pick("7", [slanted], [steep], [bent], [serif])


def _eight(style: Style) -> Shape:
    r, m, a = style.radius, style.waist, style.inset
    return [closed_box(a, 0, 1 - a, m, r), closed_box(0, m, 1, 1, r)]


def _straight_letters(style: Style) -> dict[str, Shape]:
    m, lean, low = style.waist, style.slope, 0.62 + 0.2 * style.shape[0]
    pointed = [((0, 1), (0.5, 0), (1, 1)), ((0.2, low), (0.8, low))]
    blunt = [((0, 1), (0.36, 0), (0.64, 0), (1, 1)), ((0.16, low), (0.84, low))]
    arched = [((0, 1), (0, 0, style.radius), (1, 0, style.radius), (1, 1)), ((0, 0.62), (1, 0.62))]
    meeting = [LEFT, ((0.98, 0), (0.05, m + 0.06), (1, 1))]
    branching = [LEFT, ((0.96, 0), (0, m + 0.16)), ((0.34, m - 0.02), (1, 1))]
    middle_of_e, middle_of_f = 0.8 + 0.2 * style.shape[14], 0.75 + 0.25 * style.shape[15]
    return {
        "A": style.pick("A", *[pointed] * 3, *[blunt] * 2, arched),
        "E": [((1, 0), (0, 0), (0, 1), (1, 1)), ((0, m), (middle_of_e, m))],
        "F": [((1, 0), (0, 0), (0, 1)), ((0, m + 0.03), (middle_of_f, m + 0.03))],
        "H": [LEFT, RIGHT, ((0, m), (1, m))],
        "I": style.pick("I", *[[MIDDLE]] * 3, [MIDDLE, ((0.1, 0), (0.9, 0)), ((0.1, 1), (0.9, 1))]),
        "K": style.pick("K", meeting, branching, branching),
        "L": [((0, 0), (0, 1), (1, 1))],
        "M": [LEFT, RIGHT, ((0, 1), (0, 0), (0.5, style.vertex), (1, 0), (1, 1))],
        "N": [LEFT, RIGHT, ((0, 1), (0, 0), (1, 1), (1, 0))],
        "T": [((0, 0), (1, 0)), MIDDLE],
        "V": style.pick("V", [((0, 0), (0.5, 1), (1, 0))], [((0, 0), (0.42, 1), (0.58, 1), (1, 0))]),
        "W": [((0, 0), (lean, 1), (0.5, 1 - style.vertex), (1 - lean, 1), (1, 0))],
        "X": [((0, 0), (1, 1)), ((1, 0), (0, 1))],
        "Y": [((0, 0), (0.5, m + 0.04), (1, 0)), ((0.5, m + 0.04), (0.5, 1))],
        "Z": [((0, 0), (1, 0), (0, 1), (1, 1))],
    }


def _round_letters(style: Style) -> dict[str, Shape]:
    r, m, a, gap = style.radius, style.waist, style.inset, style.opening
    ring = closed_box(0, 0, 1, 1, r)
    back: Stroke = ((1, gap), (1, 0, r), (0, 0, r), (0, 1, r))
    hook: Stroke = ((1, 0), (1, 1, r), (0, 1, r), (0, 1 - gap))
    bowl_of_r: Stroke = ((0, 0), (1 - a, 0, r), (1 - a, m + 0.04, r), (0, m + 0.04))
    straight_leg: Stroke = ((0.45, m + 0.04), (1, 1))
    upright_leg: Stroke = ((0.5, m + 0.04), (0.95, m + 0.06, 0.3), (1, 1))
    r_with_straight_leg = [LEFT, bowl_of_r, straight_leg]
    return {
        "B": style.pick("B", *_bowls(style, ((1 - a, 0, r), (1 - a, m, r)), ((1, m, r), (1, 1, r)))),
        "C": [(*back, (1, 1, r), (1, 1 - gap))],
        "D": style.pick("D", *_bowl(style, ((1, 0, r), (1, 1, r)))),
        "G": style.pick("G", *_kinds_of_g(style, back)),
        "J": style.pick("J", [hook], [hook], [hook, ((0.45, 0), (1, 0))], [hook[:-1]]),
        "O": [ring],
        "P": [LEFT, ((0, 0), (1, 0, r), (1, m + 0.08, r), (0, m + 0.08))],
        "Q": style.pick(
            "Q",
            [ring, ((0.5, 0.66), (1.08, 1.06))],
            [ring, ((0.6, 0.92), (1, 1.14))],
            [ring, ((0.55, 0.8), (0.55, 1.14))],
            [ring, ((0.5, 0.7), (0.95, 0.96))],
        ),
        "R": style.pick("R", r_with_straight_leg, r_with_straight_leg, [LEFT, bowl_of_r, upright_leg]),
        "S": [((1, gap), (1, 0, r), (a, 0, r), (a, m, r), (1, m, r), (1, 1, r), (0, 1, r), (0, 1 - gap))],
        "U": [((0, 0), (0, 1, r), (1, 1, r), (1, 0))],
    }


def _bowl(style: Style, corners: Stroke) -> tuple[Shape, Shape]:
    """D: with a stem at its edge, and with bars that reach out to the left of the stem."""
    out = _beyond_the_stem(style)
    return [LEFT, ((0, 0), *corners, (0, 1))], [LEFT, ((out, 0), *corners, (out, 1))]


def _bowls(style: Style, upper: Stroke, lower: Stroke) -> tuple[Shape, Shape]:
    """B, in the same two shapes as D."""
    out, m = _beyond_the_stem(style), style.waist
    return (
        [LEFT, ((0, 0), *upper, (0, m)), ((0, m), *lower, (0, 1))],
        [LEFT, ((out, 0), *upper, (0, m)), ((0, m), *lower, (out, 1))],
    )


def _beyond_the_stem(style: Style) -> float:
    """Where a bar starts that sticks out by an eighth of the box at the left of a stem."""
    return -0.5 * style.thickness / (style.width - style.thickness) - 0.12


def _kinds_of_g(style: Style, back: Stroke) -> list[Shape]:
    """G: its bar reaches far in or little; or a spur goes down from it."""
    bar, free = style.waist + style.drop, style.inward
    turned_up: Stroke = (*back, (1, 1, style.radius), (1, bar))
    inward = [[(*turned_up, (reach * free, bar))] for reach in (0.5, 0.5, 0.66, 0.8)]
    hooked: Stroke = (*back, (0.9, 1, style.radius), (1, bar), (0.55 * free, bar))
    return [*inward, [(*turned_up, (0.5 * free, bar)), ((1, bar), (1, 1))], [hooked]]
