"""Special shapes of plate alphabets: sets that replace the known shapes (`letters`) in alphabets that name them.

A shape has strokes and possibly cuts, lines erased across them. Coordinates are those of `letters`.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from . import letters
from .letters import LEFT, MIDDLE, RIGHT, Shape, Stroke, Style, closed_box, flagged_one, rotated


@dataclass(frozen=True)
class CutShape:
    """The strokes of a character, and lines erased across them, `Style.slit` wide."""

    strokes: Shape
    cuts: Shape = ()


@functools.lru_cache(maxsize=256)
def shapes(style: Style) -> Mapping[str, CutShape]:
    """Return strokes and cuts of all 36 characters of an alphabet.

    Raises:
        KeyError: the style names a set that does not exist.
    """
    found = {character: CutShape(strokes) for character, strokes in letters.shapes(style).items()}
    for name in style.special_shapes:
        found.update(SPECIAL_SHAPES[name](style))
    return found


def _plain(shapes_: Mapping[str, Shape]) -> dict[str, CutShape]:
    return {character: CutShape(strokes) for character, strokes in shapes_.items()}


def _slit_zero(style: Style) -> dict[str, CutShape]:
    """A ring with one gap: across the upper right corner, in the top, or in the right side."""
    r, aspect = min(style.radius, 0.5), style.aspect
    reach = 1.3 * style.thickness / (1 - style.thickness)
    x, y = 1 - 0.29 * r, 0.29 * r * aspect
    corner: Stroke = ((x - reach / aspect, y + reach), (x + reach / aspect, y - reach))
    top: Stroke = ((0.68, reach), (0.74, -reach))
    side: Stroke = ((1 - reach / aspect, 0.3), (1 + reach / aspect, 0.26))
    cut = style.pick("0", [corner], [corner], [corner], [top], [side])
    return {"0": CutShape([closed_box(0, 0, 1, 1, style.radius)], cut)}


def _slashed_zero(style: Style) -> dict[str, CutShape]:
    slash = style.pick("0", [((0.9, 0.16), (0.1, 0.84))], [((0.8, 0.26), (0.2, 0.74))], [((1.05, 0), (-0.05, 1))])
    return _plain({"0": [closed_box(0, 0, 1, 1, style.radius), *slash]})


def _dotted_zero(style: Style) -> dict[str, CutShape]:
    half = 0.02 + 0.06 * style.number("0")
    return _plain({"0": [closed_box(0, 0, 1, 1, style.radius), ((0.5, 0.5 - half), (0.5, 0.5 + half))]})


def _short_two(style: Style) -> dict[str, CutShape]:
    """2 with a short hook and a straight back from high at the right to the lower left corner.

    Readers trained without it take it for Z if its shoulder is in the top fifth.
    """
    pick = style.number("2")
    hook, shoulder = 0.05 + 0.1 * pick, 0.1 + 0.18 * style.number("7")
    r = max(0.3, min(style.radius, 0.5))
    back: Stroke = ((1, 0, r), (1, shoulder, 0.45), (0.0, 1), (1, 1))
    round_: Stroke = ((0.0, max(hook, 0.3 * r * style.aspect)), (0.0, 0, r), *back)
    leaning: Stroke = ((0.0, 0.03 + hook), (0.22, 0, 0.3), *back)
    return _plain({"2": [round_] if pick < 0.6 else [leaning]})


def _barred_d(style: Style) -> dict[str, CutShape]:
    """D with a bar through its stem, as Vietnamese writes its second D."""
    r, reach = style.radius, 0.22 + 0.15 * style.number("D")
    bowl: Stroke = ((0, 0), (1, 0, r), (1, 1, r), (0, 1))
    return _plain({"D": [LEFT, bowl, ((-reach - 0.5 * style.thickness, style.waist), (0.36, style.waist))]})


def _narrow(style: Style) -> dict[str, CutShape]:
    """V with a blunt foot, U with slanted sides, D that is almost 0, W and M with vertical sides, 1 with a flag."""
    r, foot, lean = style.radius, 0.08 + 0.12 * style.number("V"), 0.16 * style.number("U")
    middle = 0.3 + 0.5 * style.number("W")
    chosen: dict[str, Shape] = {
        "V": [((0, 0), (0.5 - foot, 1), (0.5 + foot, 1), (1, 0))],
        "U": [((0, 0), (lean, 1, 0.5), (1 - lean, 1, 0.5), (1, 0))],
        "D": [_nearly_a_ring(style, 0.3 * style.number("D") * r)],
        "W": [((0, 0), (0.3 * style.slope, 1), (0.5, middle), (1 - 0.3 * style.slope, 1), (1, 0))],
        "1": flagged_one(0.12, 0.1 + 0.12 * style.number("1")),
    }
    return _plain({character: strokes for character, strokes in chosen.items() if _uses(style, character, 0.7)})


def _nearly_a_ring(style: Style, left_radius: float) -> Stroke:
    """D as a ring with sharper corners at the left."""
    r, q = style.radius, left_radius
    return ((0.5, 0), (1, 0, r), (1, 1, r), (0, 1, q), (0, 0, q), (0.5, 0))


def _boxy(style: Style) -> dict[str, CutShape]:
    """O, 0 and D as boxes that differ in two corners; 8 and B as well.

    8 is rounder than the rest: with its small corners it is B in a picture of few pixels.
    """
    r, m = style.radius, style.waist
    round_ = max(r, 0.32)
    return _plain(
        {
            "D": [_nearly_a_ring(style, 0.25 * style.number("D") * r)],
            "8": [closed_box(0, 0, 1, m, round_), closed_box(0, m, 1, 1, round_)],
            "B": [LEFT, ((0, 0), (1, 0, r), (1, m, r), (0, m)), ((0, m), (1, m, r), (1, 1, r), (0, 1))],
            "Q": [closed_box(0, 0, 1, 1, r), ((0.55, 0.7), (1.05, 1.05))],
        }
    )


def _motorcycle(style: Style) -> dict[str, CutShape]:
    """Small narrow dies: M with a shallow middle beside H, Y with a short fork beside T, 1 with a short flag near 7."""
    fork, dip = 0.22 + 0.2 * style.number("Y"), 0.2 + 0.3 * style.number("M")
    straight = [((0, 0), (0.5, fork), (1, 0)), ((0.5, fork), (0.5, 1))]
    cup = [((0, 0), (0, fork, 0.5), (1, fork, 0.5), (1, 0)), ((0.5, fork), (0.5, 1))]
    return _plain(
        {
            "M": [LEFT, RIGHT, ((0, 1), (0, 0), (0.5, dip), (1, 0), (1, 1))],
            "Y": style.pick("T", straight, straight, cup),
            "H": [LEFT, RIGHT, ((0, style.waist), (1, style.waist))],
            "1": flagged_one(0.3 - 0.2 * style.number("7"), 0.06 + 0.14 * style.number("1")),
        }
    )


def _security(style: Style) -> dict[str, CutShape]:
    """Shapes that are hard to change into each other with paint: open bowls, unequal bars, a slit zero."""
    r, m, gap = style.radius, style.waist, style.opening
    short = 0.25 + 0.15 * style.number("P")
    open_bowl: Stroke = ((0, 1, r), (1, 1, r), (1, m - 0.04, r), (short, m - 0.04))
    upper: Stroke = ((0, 0), (0.86, 0, r), (0.86, m, r), (short, m))
    lower: Stroke = ((short, m), (1, m, r), (1, 1, r), (0, 1))
    tail: Stroke = ((1, 0.3), (1, 0.48, 0.3), (0.45, 1))
    serif_top, serif_foot = ((0.1, 0), (0.9, 0)), ((0.1, 1), (0.9, 1))
    chosen: dict[str, Shape] = {
        "1": [*flagged_one(0.05, 0.16), ((0.05, 1), (0.95, 1))],
        "3": [((0, 0), (1, 0), (0.45, m - 0.06), (1, m - 0.02, r), (1, 1, r), (0, 1, r), (0, 1 - gap))],
        "4": [((0.3, 0), (0, 0.66), (1, 0.66)), ((0.74, 0.4), (0.74, 1))],
        "6": [((0.95, 0.6 * gap), (0.85, 0, r), (0, 0, r), *open_bowl)],
        "9": [closed_box(0, 0, 1, m + 0.08, r), tail],
        "7": [((0, 0.13), (0, 0), (1, 0), (0.36, 1))],
        "B": [LEFT, upper, lower],
        "E": [((1, 0), (0, 0), (0, 1), (1, 1)), ((0, m - 0.05), (0.6, m - 0.05))],
        "F": [((1, 0), (0, 0), (0, 1)), ((0, m + 0.1), (0.95, m + 0.1))],
        "I": [MIDDLE, serif_top, serif_foot],
        "J": [((0.3, 0), (1, 0), (1, 1, r), (0, 1, r), (0, 1 - gap))],
        "P": [LEFT, ((0, 0), (1, 0, r), (1, m + 0.1, r), (short, m + 0.1))],
        "R": [LEFT, ((0, 0), (1, 0, r), (1, m, r), (short, m)), ((0.5, m), (1, 1))],
        "M": [LEFT, RIGHT, ((0, 1), (0, 0), (0.5, 0.62), (1, 0), (1, 1))],
        "W": [((0, 0), (0.2, 1), (0.5, 0.3), (0.8, 1), (1, 0))],
        "Z": [((0, 0), (1, 0), (0, 1), (1, 1))],
    }
    kept = {character: strokes for character, strokes in chosen.items() if _uses(style, character, 0.75)}
    return {**_plain(kept), **_slit_zero(style)}


def _techno(style: Style) -> dict[str, CutShape]:
    """Even lines at right angles, some corners left open."""
    r, m = style.radius, style.waist
    open_ = 0.24 if style.number("O") < 0.6 else 0.0
    six: Stroke = ((1, 0), (0, 0, r), (0, 1, r), (1, 1, r), (1, m, r), (open_, m))
    chosen: dict[str, Shape] = {
        "0": [closed_box(0, 0, 1, 1, r)],
        "1": [((0.1, 0), (0.5, 0), (0.5, 1))],
        "2": [((0, 0), (1, 0, r), (1, m, r), (0, m, r), (0, 1), (1, 1))],
        "3": [((0, 0), (1, 0, r), (1, 1, r), (0, 1)), ((0.25, m), (1, m))],
        "4": [((0, 0), (0, m + 0.1), (1, m + 0.1)), ((0.85, 0.0), (0.85, 1))],
        "5": [((1, 0), (0, 0), (0, m), (1, m, r), (1, 1, r), (0, 1))],
        "6": [six],
        "7": [((0, 0), (1, 0), (1, 0.25), (0.4, 1))],
        "9": [rotated(six)],
        "A": [((0, 1), (0, 0, r), (1, 0, r), (1, 1)), ((open_, m + 0.12), (1, m + 0.12))],
        "C": [((1, 0), (0, 0, r), (0, 1, r), (1, 1))],
        "D": [LEFT, ((0, 0), (1, 0, r), (1, 1, r), (open_, 1))],
        "G": [((1, 0), (0, 0, r), (0, 1, r), (1, 1), (1, m), (0.5, m))],
        "M": [((0, 1), (0, 0), (1, 0), (1, 1)), ((0.5, 0), (0.5, 0.55))],
        "P": [LEFT, ((0, 0), (1, 0, r), (1, m + 0.08, r), (open_, m + 0.08))],
        "R": [LEFT, ((0, 0), (1, 0, r), (1, m + 0.04, r), (open_, m + 0.04)), ((0.5, m + 0.04), (1, 1))],
        "V": [((0, 0), (0, 0.55), (0.5, 1), (1, 0.55), (1, 0))],
        "W": [((0, 0), (0, 1), (1, 1), (1, 0)), ((0.5, 0.45), (0.5, 1))],
        "Y": [((0, 0), (0, m), (1, m), (1, 0)), ((0.5, m), (0.5, 1))],
    }
    return _plain({character: strokes for character, strokes in chosen.items() if _uses(style, character, 0.7)})


def _crossed(style: Style) -> dict[str, CutShape]:
    """7 and Z with a bar through the middle, as in handwriting."""
    seven, zed = letters.shapes(style)["7"], letters.shapes(style)["Z"]
    return _plain({"7": [*seven, ((0.2, 0.5), (0.9, 0.5))], "Z": [*zed, ((0.15, 0.5), (0.85, 0.5))]})


def _uses(style: Style, character: str, probability: float) -> bool:
    """Whether an alphabet uses a special shape that it has with this probability."""
    return (style.number(character) * 7.31 + style.number("A")) % 1 < probability


SPECIAL_SHAPES: Mapping[str, Callable[[Style], dict[str, CutShape]]] = {
    "slit zero": _slit_zero,
    "slashed zero": _slashed_zero,
    "dotted zero": _dotted_zero,
    "short two": _short_two,
    "barred d": _barred_d,
    "narrow": _narrow,
    "boxy": _boxy,
    "motorcycle": _motorcycle,
    "security": _security,
    "techno": _techno,
    "crossed": _crossed,
}
"""Sets of special shapes by the names that `Style.special_shapes` uses. Later sets replace shapes of earlier ones."""
