"""The serial itself: one row or two, groups of letters, and what stands between them."""

from __future__ import annotations

from dataclasses import dataclass

from plate_runtime.alphabet import ALPHABET

from ..glyphs import Alphabet
from . import emblems, words
from .easel import Easel, Rectangle
from .serials import Serial

_WIDTHS = {
    "none": (0.0, 0.03), "space": (0.12, 0.5), "dash": (0.15, 0.5), "dot": (0.06, 0.3), "seal": (0.2, 0.6),
    "seals": (0.25, 0.5), "emblem": (0.3, 1.0), "letter": (0.15, 0.5), "stack": (0.25, 0.5),
}  # fmt: skip
"""Width of a separator in heights of a character, beyond the gap that letters have."""
_NARROWEST = 0.62
"""Letters are squeezed to this share of their width to fit a row, then made smaller."""


@dataclass(frozen=True)
class _Lettered:
    """How the rows of one plate are lettered: alphabet, gap in heights, squeeze, share of the width they fill."""

    alphabet: Alphabet
    gap: float
    squeeze: float
    span: float


def paint_serial(easel: Easel, free: Rectangle, serial: Serial) -> None:
    """Paint a serial into what is left free, and note where it stands."""
    layout, dice = easel.layout, easel.dice
    left, _, right, _ = free
    lettered = _Lettered(
        easel.lettering.alphabet(layout.alphabets, dice),
        dice.uniform(*layout.gap),
        dice.uniform(*layout.squeeze),
        dice.uniform(*layout.span),
    )
    boxes = []
    for row, (y, tall) in zip(serial.rows, _heights(easel, free, len(serial.rows)), strict=True):
        boxes.append(_paint_row(easel, (left, y, right, y + tall), row, lettered))
    lefts, tops, rights, bottoms = zip(*boxes, strict=True)
    easel.face.serial_box = (min(lefts), min(tops), max(rights), max(bottoms))
    easel.face.picture.paste(easel.tones.ink, (0, 0), easel.face.ink)


def _heights(easel: Easel, free: Rectangle, count: int) -> list[tuple[float, float]]:
    """Upper edge and height of every row."""
    _, top, _, bottom = free
    dice, room = easel.dice, bottom - top
    tall = min(dice.uniform(*easel.layout.height) * easel.face.height, room * (0.98 if count == 1 else 0.47))
    if count == 1:
        return [(top + (room - tall) * dice.choice((0.5, 0.5, dice.uniform(0.2, 0.8))), tall)]
    upper, lower = (dice.uniform(0.7, 1.0), dice.uniform(1.0, 1.06)) if dice.chance(0.25) else (1.0, 1.0)
    between = min((room - 2 * tall) / 3, tall * dice.uniform(0.06, 0.3))
    y = top + (room - (upper + lower) * tall - between) * dice.choice((0.5, 0.5, dice.uniform(0.2, 0.8)))
    return [(y, upper * tall), (y + upper * tall + between, lower * tall)]


def _paint_row(easel: Easel, box: Rectangle, row: tuple[str, ...], lettered: _Lettered) -> Rectangle:
    """Paint one row into a box and return the box of its letters."""
    left, top, right, bottom = box
    dice, tall = easel.dice, bottom - top
    kinds = _separators(easel, len(row) - 1)
    glyphs = [[lettered.alphabet.glyph(sign) for sign in group] for group in row]
    gap = lettered.gap * tall
    widths = [[glyph.aspect * tall * lettered.squeeze for glyph in group] for group in glyphs]
    gaps = [dice.uniform(*_WIDTHS[kind]) * tall for kind in kinds]
    total = sum(map(sum, widths)) + gap * (sum(map(len, row)) - 1) + sum(gaps)
    room = max(8.0, (right - left) * lettered.span)
    factor = min(1.0, room / total)
    if factor > 0.9 and dice.chance(0.4):
        factor = min(room / total, 1.35)
    tall *= max(0.6, min(1.0, factor / _NARROWEST))
    x = left + (right - left - total * factor) * dice.choice((0.5, 0.5, 0.5, dice.random()))
    y, start = top + (bottom - top - tall) / 2, x
    for index, group in enumerate(glyphs):
        for glyph, wide in zip(group, widths[index], strict=True):
            size = (max(2, round(wide * factor)), max(4, round(tall)))
            easel.face.ink.paste(glyph.sized(*size), (round(x), round(y)))
            x += (wide + gap) * factor
        if index < len(kinds):
            wide = gaps[index] * factor
            _paint_separator(easel, (x - gap * factor, y, x + wide, y + tall), kinds[index])
            x += wide
    return start, y, x - gap * factor, y + tall


def _separators(easel: Easel, count: int) -> list[str]:
    """Kinds of what stands between groups, mostly the same everywhere."""
    weights = easel.layout.separators
    kinds = easel.dice.choices(list(weights), list(weights.values()), k=count) if count else []
    return [kinds[0]] * count if count and easel.dice.chance(0.7) else kinds


def _paint_separator(easel: Easel, box: Rectangle, kind: str) -> None:
    """Paint what stands between two groups; the box reaches from letter to letter."""
    left, top, right, bottom = box
    dice, tall, wide = easel.dice, bottom - top, right - left
    x, y = (left + right) / 2, (top + bottom) / 2
    if kind == "dash":
        half = min(wide * dice.uniform(0.22, 0.4), tall * 0.25), tall * dice.uniform(0.03, 0.08)
        y += tall * dice.uniform(-0.06, 0.06)
        easel.pen.rectangle((x - half[0], y - half[1], x + half[0], y + half[1]), fill=easel.tones.ink)
    elif kind == "dot":
        radius = min(tall * dice.uniform(0.04, 0.1), wide * 0.4)
        y += tall * dice.choice((0, 0, 0, 0.4))
        dot = (x - radius, y - radius, x + radius, y + radius)
        (easel.pen.ellipse if dice.chance(0.6) else easel.pen.rectangle)(dot, fill=easel.tones.ink)
    elif kind in ("seal", "seals"):
        radius = min(tall * dice.uniform(0.09, 0.24), wide * 0.46)
        for place in (-0.27, 0.27) if kind == "seals" else (dice.choice((0, 0, -0.2, 0.2)),):
            middle = y + tall * place
            seal = (x - radius, middle - radius, x + radius, middle + radius)
            emblems.emblem(easel.face.picture, seal, (0, 255), dice)
        if dice.chance(0.15):
            strip = easel.strip(words.tag(dice)[:2], radius)
            easel.stamp(strip, easel.tones.ink, x - strip.width / 2, y)
    elif kind == "letter":
        strip = easel.strip(dice.choice("ABDT1234"), tall * dice.uniform(0.14, 0.3))
        easel.stamp(
            strip, easel.tones.ink, x - strip.width / 2, top + (tall - strip.height) * dice.choice((0, 0.3, 0.5))
        )
    elif kind == "stack":
        high = tall * dice.uniform(0.3, 0.46)
        for middle in (y - 0.26 * tall, y + 0.26 * tall):
            strip = easel.strip(dice.choice(ALPHABET), high)
            strip = strip.resize((max(2, min(strip.width, round(0.7 * wide))), strip.height))
            easel.stamp(strip, easel.tones.ink, x - strip.width / 2, middle - strip.height / 2)
    elif kind == "emblem":
        half = wide * dice.uniform(0.3, 0.52), tall * dice.uniform(0.18, 0.62)
        near = easel.tones.ground if dice.chance(0.6) else easel.tones.ink
        bounds = (x - half[0], y - half[1], x + half[0], y + half[1])
        emblems.emblem(easel.face.picture, bounds, (near, dice.randint(0, 255)), dice)
