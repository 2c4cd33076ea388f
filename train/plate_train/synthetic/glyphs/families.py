"""Stroke alphabets of serials: plain ones, heavy ones, and families with special shapes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from .alphabets import StrokeAlphabet
from .letters import Style, random_style

_SPECIAL_IN_PLAIN = {"short two": 0.15, "slit zero": 0.05, "dotted zero": 0.02, "barred d": 0.02}
"""Fraction of the plain alphabets that use a special shape."""


def plate_strokes(seed: int, count: int) -> list[StrokeAlphabet]:
    """Return `count` alphabets of strokes, every third one bold and narrow, as South American dies are.

    In those, 4 and 0, and M, N, W and H, differ by slits that overexposure fills. Some have one or two special shapes.
    """
    rng, special = np.random.default_rng([seed, 0x504C]), np.random.default_rng([seed, 0x5350])
    alphabets = []
    for index in range(count):
        style = random_style(rng)
        if index % 3 == 0:
            width = rng.uniform(0.38, 0.58)
            thickness = width * rng.uniform(0.25, 0.36)
            style = replace(style, width=width, thickness=thickness, opening=min(style.opening, 0.37 - thickness))
        special_shapes = tuple(
            name for name, probability in _SPECIAL_IN_PLAIN.items() if special.random() < probability
        )
        alphabets.append(StrokeAlphabet(replace(style, special_shapes=special_shapes), f"plate strokes {seed}-{index}"))
    return alphabets


def heavy_strokes(seed: int, count: int) -> list[StrokeAlphabet]:
    """Return `count` heavy alphabets with G, S, 3 and 5 almost closed, as wide pens leave them.

    Only a slit distinguishes such a G from 0 or 8, and such an S from 8.
    """
    rng = np.random.default_rng([seed, 0x4845])
    alphabets = []
    for index in range(count):
        style = random_style(rng)
        width = rng.uniform(0.4, 0.62)
        thickness = width * rng.uniform(0.26, 0.36)
        slit, drop = rng.uniform(0.03, 0.1), rng.uniform(0.0, 0.05)
        tip = thickness if style.round_ends else thickness / 2
        opening = style.waist - (tip + slit) / (1 - thickness)
        inward = rng.uniform(0.65, 1.0)
        style = replace(style, width=width, thickness=thickness, opening=opening, drop=drop, inward=inward)
        alphabets.append(StrokeAlphabet(style, f"heavy strokes {seed}-{index}"))
    return alphabets


def special_strokes(seed: int, family: str, count: int) -> list[StrokeAlphabet]:
    """Return `count` alphabets of one of `FAMILIES`; each seed gives others.

    Raises:
        KeyError: there is no such family.
    """
    rng = np.random.default_rng([seed, *family.encode()])
    return [StrokeAlphabet(FAMILIES[family](rng), f"{family} strokes {seed}-{index}") for index in range(count)]


def _sized(rng: np.random.Generator, width: tuple[float, float], thickness: tuple[float, float]) -> Style:
    """A random style of a width and a thickness, both in heights."""
    thick = rng.uniform(*thickness)
    style = random_style(rng)
    opening = min(style.opening, 0.37 - thick)
    return replace(style, width=rng.uniform(*width), thickness=thick, opening=opening)


def _choose(rng: np.random.Generator, probabilities: dict[str, float]) -> tuple[str, ...]:
    return tuple(name for name, probability in probabilities.items() if rng.random() < probability)


def _narrow(rng: np.random.Generator) -> Style:
    """Tall and thin, as in New York: 2 with a short hook, D beside 0, V beside U."""
    style = _sized(rng, (0.33, 0.5), (0.07, 0.12))
    special_shapes = _choose(rng, {"narrow": 0.85, "short two": 0.75, "slashed zero": 0.04})
    radius = rng.uniform(0.38, 0.5)
    return replace(
        style,
        radius=radius,
        chamfered=False,
        wide=min(style.wide, 1.15),
        waist=rng.uniform(0.44, 0.54),
        special_shapes=special_shapes,
    )


def _motorcycle(rng: np.random.Generator) -> Style:
    """Dies of small plates, as in Vietnam: M beside H, Y beside T, D with a bar through its stem."""
    style = _sized(rng, (0.42, 0.6), (0.09, 0.155))
    special_shapes = _choose(rng, {"motorcycle": 0.8, "short two": 0.2, "barred d": 0.5})
    return replace(style, chamfered=bool(rng.random() < 0.05), wide=min(style.wide, 1.1), special_shapes=special_shapes)


def _security(rng: np.random.Generator) -> Style:
    """Unusual shapes and a slit zero, like FE-Schrift."""
    style = _sized(rng, (0.5, 0.66), (0.1, 0.15))
    special_shapes = _choose(rng, {"security": 0.8, "slit zero": 1.0})
    if rng.random() < 0.15:
        special_shapes = (*special_shapes, "slashed zero")
    elif rng.random() < 0.12 and style.width > 3.8 * style.thickness:
        special_shapes = (*special_shapes, "dotted zero")
    return replace(
        style,
        radius=rng.uniform(0.3, 0.5),
        chamfered=False,
        special_shapes=special_shapes,
        slit=rng.uniform(0.045, 0.085),
    )


def _boxy(rng: np.random.Generator) -> Style:
    """Boxes with small corners: O, 0 and D differ little."""
    style = _sized(rng, (0.44, 0.72), (0.09, 0.15))
    chamfered = bool(rng.random() < 0.4)
    return replace(style, radius=rng.uniform(0.14, 0.27), chamfered=chamfered, special_shapes=("boxy",))


def _techno(rng: np.random.Generator) -> Style:
    """Thin even lines at right angles with cut or open corners."""
    style = _sized(rng, (0.48, 0.8), (0.06, 0.11))
    return replace(
        style, radius=rng.uniform(0.12, 0.3), chamfered=bool(rng.random() < 0.6), inset=0.0, wide=min(style.wide, 1.2),
        round_ends=bool(rng.random() < 0.2), special_shapes=("techno",),
    )  # fmt: skip


def _slab(rng: np.random.Generator) -> Style:
    """Feet and ticks at the ends of strokes."""
    style = _sized(rng, (0.55, 0.8), (0.09, 0.14))
    return replace(style, round_ends=False, chamfered=False, finish="slab")


def _brush(rng: np.random.Generator) -> Style:
    """Painted by hand."""
    style = _sized(rng, (0.5, 0.8), (0.1, 0.17))
    return replace(
        style, chamfered=False, finish="brush", special_shapes=_choose(rng, {"crossed": 0.25, "slashed zero": 0.1})
    )


def _hollow(rng: np.random.Generator) -> Style:
    """Embossed letters without paint: only their edges are seen."""
    style = _sized(rng, (0.55, 0.8), (0.15, 0.21))
    finish = "outline" if rng.random() < 0.5 else "embossed"
    opening = min(style.opening, 0.34 - style.thickness)
    return replace(style, opening=opening, finish=finish, slit=rng.uniform(0.03, 0.05))


FAMILIES: dict[str, Callable[[np.random.Generator], Style]] = {
    "narrow": _narrow,
    "motorcycle": _motorcycle,
    "security": _security,
    "boxy": _boxy,
    "techno": _techno,
    "slab": _slab,
    "brush": _brush,
    "hollow": _hollow,
}
"""Families of special alphabets by name; each function returns the style of one random alphabet."""
