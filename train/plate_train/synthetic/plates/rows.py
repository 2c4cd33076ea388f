"""The serial itself: one row or two, groups of letters, and what stands between them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..glyphs import Alphabet, Glyph
from .easel import Easel, Rectangle
from .marks import ENDS, WIDTHS, paint_bracket, paint_foreign, paint_mark
from .serials import Serial

_NARROWEST = 0.62
"""Letters are squeezed to this share of their width to fit a row, then made smaller."""


@dataclass(frozen=True)
class _Lettered:
    """How the rows of one plate are lettered: alphabet, gap in heights, squeeze, share of the width they fill."""

    alphabet: Alphabet
    gap: float
    squeeze: float
    span: float


@dataclass(frozen=True)
class _Run:
    """What stands side by side without a mark between; lengths in heights of the row.

    Attributes:
        width: of all of it. glyphs: shapes that are read, each with left, top, width and height.
        mark: what is painted in their place and not read: a kind of mark, "(", ")", or "foreign" and a count.
    """

    width: float
    glyphs: tuple[tuple[Glyph, Rectangle], ...] = ()
    mark: str = ""


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
    face, boxes, marked, letters = easel.face, [], [], []
    heights = _heights(easel, free, len(serial.rows))
    for number, (row, (y, tall)) in enumerate(zip(serial.rows, heights, strict=True)):
        ends = _ends(easel, 0.2 if number else 1.0)
        box, around, letter = _paint_row(easel, (left, y, right, y + tall), row, ends, lettered)
        boxes.append(box)
        marked += [box, around]
        letters.append(letter)
    face.serial_box, face.marked_box, face.letter = _around(boxes), _around(marked), min(letters)
    face.longest = max(sum(map(len, row)) for row in serial.rows)
    face.picture.paste(easel.tones.ink, (0, 0), face.ink)


def _around(boxes: Sequence[Rectangle]) -> Rectangle:
    lefts, tops, rights, bottoms = zip(*boxes, strict=True)
    return min(lefts), min(tops), max(rights), max(bottoms)


def _heights(easel: Easel, free: Rectangle, count: int) -> list[tuple[float, float]]:
    """Upper edge and height of every row."""
    _, top, _, bottom = free
    dice, room, layout = easel.dice, bottom - top, easel.layout
    tall = min(dice.uniform(*layout.height) * easel.face.height, room * (0.98 if count == 1 else 0.47))
    if count == 1:
        return [(top + (room - tall) * dice.choice((0.5, 0.5, dice.uniform(0.2, 0.8))), tall)]
    upper = dice.uniform(*layout.upper) if dice.chance(layout.uneven) else 1.0
    tall *= min(2 / (1 + upper), 0.94 * room / (1 + upper) / tall)
    between = min((room - (1 + upper) * tall) / 3, tall * dice.uniform(0.06, 0.3))
    y = top + (room - (1 + upper) * tall - between) * dice.choice((0.5, 0.5, dice.uniform(0.2, 0.8)))
    return [(y, upper * tall), (y + upper * tall + between, tall)]


def _paint_row(
    easel: Easel, box: Rectangle, row: tuple[str, ...], ends: Sequence[list[_Run]], lettered: _Lettered
) -> tuple[Rectangle, Rectangle, float]:
    """Paint one row; return the box of its letters, the same with marks, and the height of its smallest letter."""
    left, top, right, bottom = box
    dice, tall = easel.dice, bottom - top
    runs = _runs(easel, row, lettered)
    kinds = _separators(easel, len(runs) - 1)
    before, after = ends
    gaps = [0.0] * len(before) + [dice.uniform(*WIDTHS[kind]) for kind in kinds] + [0.0] * len(after)
    kinds, runs = ["none"] * len(before) + kinds + ["none"] * len(after), [*before, *runs, *after]
    total = (sum(run.width for run in runs) + lettered.gap * len(gaps) + sum(gaps)) * tall
    room = max(8.0, (right - left) * lettered.span)
    factor = min(1.0, room / total)
    if factor > 0.9 and dice.chance(0.4):
        factor = min(room / total, 1.35)
    across, gap = factor * tall, lettered.gap * factor * tall
    tall *= max(0.6, min(1.0, factor / _NARROWEST))
    x = start = left + (right - left - total * factor) * dice.choice((0.5, 0.5, 0.5, dice.random()))
    y = top + (bottom - top - tall) / 2
    boxes = []
    for index, run in enumerate(runs):
        for glyph, (inward, down, wide, high) in run.glyphs:
            size = (max(2, round(wide * across)), max(4, round(high * tall)))
            spot = (round(x + inward * across), round(y + down * tall))
            easel.face.ink.paste(glyph.sized(*size), spot)
            boxes.append((spot[0], spot[1], spot[0] + size[0], spot[1] + size[1]))
        if run.mark:
            _paint_run(easel, (x, y, x + run.width * across, y + tall), run.mark)
        x += run.width * across
        if index < len(gaps):
            wide = gap + gaps[index] * across
            paint_mark(easel, (x, y, x + wide, y + tall), kinds[index])
            x += wide
    return _around(boxes), (start, y, x, y + tall), min(bottom - top for _, top, _, bottom in boxes)


def _runs(easel: Easel, row: tuple[str, ...], lettered: _Lettered) -> list[_Run]:
    """The groups of a row; on some plates of unlike sizes, or the first ones as two small rows beside the last one."""
    dice, layout = easel.dice, easel.layout
    if len(row) > 1 and dice.chance(layout.block):
        block = "".join(row[:-1])
        starts = [len("".join(row[:count])) for count in range(1, len(row) - 1)]
        cut = dice.choice([start for start in starts if 2 <= start <= len(block) - 2] or [(len(block) + 1) // 2])
        if 4 <= len(block) <= 6:
            return [_block((block[:cut], block[cut:]), lettered, dice.uniform(0.4, 0.47)), _run(row[-1], lettered)]
    if len(row) > 1 and dice.chance(layout.mixed):
        small, level = dice.uniform(0.5, 0.85), dice.choice((0.0, 0.5, 1.0))
        large = dice.randrange(len(row))
        return [_run(group, lettered, 1.0 if index == large else small, level) for index, group in enumerate(row)]
    return [_run(group, lettered) for group in row]


def _run(letters: str, lettered: _Lettered, size: float = 1.0, level: float = 0.0) -> _Run:
    """Letters side by side, `size` of the row high; `level` 0 stands at its upper edge, 1 at its lower one."""
    placed, x = [], 0.0
    for letter in letters:
        glyph = lettered.alphabet.glyph(letter)
        wide = glyph.aspect * lettered.squeeze * size
        placed.append((glyph, (x, level * (1 - size), wide, size)))
        x += wide + lettered.gap * size
    return _Run(x - lettered.gap * size, tuple(placed))


def _block(rows: tuple[str, str], lettered: _Lettered, size: float) -> _Run:
    """Two small rows above each other, as tall together as the letters that follow."""
    upper, lower = _run(rows[0], lettered, size), _run(rows[1], lettered, size, 1.0)
    return _Run(max(upper.width, lower.width), upper.glyphs + lower.glyphs)


def _ends(easel: Easel, often: float) -> list[list[_Run]]:
    """What stands before and after a row and is not read: characters of another script, brackets, bolts."""
    dice, layout = easel.dice, easel.layout
    ends: list[list[_Run]] = [[], []]
    for run, share in zip(ends, layout.foreign, strict=True):
        if dice.chance(share * often):
            count = 2 if dice.chance(0.12) else 1
            run.append(_Run(dice.uniform(0.45, 0.75) * count, mark=f"foreign {count}"))
    if dice.chance(layout.ends):
        kind = dice.choices(list(ENDS), list(ENDS.values()))[0]
        sides = (0, 1) if kind == "bracket" or dice.chance(0.4) else (dice.randrange(2),)
        for side in sides:
            mark = "()"[side] if kind == "bracket" else kind
            ends[side].insert(0 if side == 0 else len(ends[side]), _Run(dice.uniform(*WIDTHS[kind]), mark=mark))
    return ends


def _paint_run(easel: Easel, box: Rectangle, mark: str) -> None:
    if mark in "()":
        paint_bracket(easel, box, mark == "(")
    elif mark.startswith("foreign"):
        share = 1.0 if easel.dice.chance(0.8) else easel.dice.uniform(0.5, 1.0)
        paint_foreign(easel, box, int(mark.split()[1]), share)
    else:
        paint_mark(easel, box, mark)


def _separators(easel: Easel, count: int) -> list[str]:
    """Kinds of what stands between groups, mostly the same everywhere."""
    weights = easel.layout.separators
    kinds = easel.dice.choices(list(weights), list(weights.values()), k=count) if count else []
    return [kinds[0]] * count if count and easel.dice.chance(0.7) else kinds
