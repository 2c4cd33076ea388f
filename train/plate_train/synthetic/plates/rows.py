"""The serial: one row or two, groups of characters, and the separators between them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..glyphs.alphabets import Alphabet, Glyph
from .canvas import PlateCanvas, Rectangle
from .separators import ENDS, WIDTHS, paint_bracket, paint_foreign, paint_separator
from .serials import Serial

_NARROWEST = 0.62
"""Letters are squeezed to this fraction of their width to fit a row; beyond that they are made smaller."""


@dataclass(frozen=True)
class _RowStyle:
    """Lettering of the rows of a plate: alphabet, gap in heights, squeeze, and fraction of the width they fill."""

    alphabet: Alphabet
    gap: float
    squeeze: float
    span: float


@dataclass(frozen=True)
class _RowItem:
    """Characters or a mark within a row; lengths in heights of the row.

    Attributes:
        width: of the whole item. glyphs: shapes of the text, each with left, top, width and height.
        mark: what is painted instead and is not text: a kind of separator, "(", ")", or "foreign" and a count.
    """

    width: float
    glyphs: tuple[tuple[Glyph, Rectangle], ...] = ()
    mark: str = ""


def paint_serial(canvas: PlateCanvas, free: Rectangle, serial: Serial) -> None:
    """Paint a serial into the free area, and record its boxes."""
    layout, rng = canvas.layout, canvas.rng
    left, _, right, _ = free
    row_style = _RowStyle(
        canvas.lettering.alphabet(layout.alphabets, rng),
        rng.uniform(*layout.gap),
        rng.uniform(*layout.squeeze),
        rng.uniform(*layout.span),
    )
    face, boxes, marked, letters = canvas.face, [], [], []
    heights = _heights(canvas, free, len(serial.rows))
    for number, (row, (y, tall)) in enumerate(zip(serial.rows, heights, strict=True)):
        ends = _ends(canvas, 0.2 if number else 1.0)
        box, around, letter = _paint_row(canvas, (left, y, right, y + tall), row, ends, row_style)
        boxes.append(box)
        marked += [box, around]
        letters.append(letter)
    face.serial_box, face.row_box, face.letter = _around(boxes), _around(marked), min(letters)
    face.longest = max(sum(map(len, row)) for row in serial.rows)
    face.picture.paste(canvas.tones.ink, (0, 0), face.ink)


def _around(boxes: Sequence[Rectangle]) -> Rectangle:
    lefts, tops, rights, bottoms = zip(*boxes, strict=True)
    return min(lefts), min(tops), max(rights), max(bottoms)


def _heights(canvas: PlateCanvas, free: Rectangle, count: int) -> list[tuple[float, float]]:
    """Upper edge and height of every row."""
    _, top, _, bottom = free
    rng, room, layout = canvas.rng, bottom - top, canvas.layout
    tall = min(rng.uniform(*layout.height) * canvas.face.height, room * (0.98 if count == 1 else 0.47))
    if count == 1:
        return [(top + (room - tall) * rng.choice((0.5, 0.5, rng.uniform(0.2, 0.8))), tall)]
    upper = rng.uniform(*layout.upper) if rng.chance(layout.uneven) else 1.0
    tall *= min(2 / (1 + upper), 0.94 * room / (1 + upper) / tall)
    between = min((room - (1 + upper) * tall) / 3, tall * rng.uniform(0.06, 0.3))
    y = top + (room - (1 + upper) * tall - between) * rng.choice((0.5, 0.5, rng.uniform(0.2, 0.8)))
    return [(y, upper * tall), (y + upper * tall + between, tall)]


def _paint_row(
    canvas: PlateCanvas, box: Rectangle, row: tuple[str, ...], ends: Sequence[list[_RowItem]], row_style: _RowStyle
) -> tuple[Rectangle, Rectangle, float]:
    """Paint one row; return the box of its letters, the box with marks, and the height of its smallest letter."""
    left, top, right, bottom = box
    rng, tall = canvas.rng, bottom - top
    runs = _runs(canvas, row, row_style)
    kinds = _separators(canvas, len(runs) - 1)
    before, after = ends
    gaps = [0.0] * len(before) + [rng.uniform(*WIDTHS[kind]) for kind in kinds] + [0.0] * len(after)
    kinds, runs = ["none"] * len(before) + kinds + ["none"] * len(after), [*before, *runs, *after]
    total = (sum(run.width for run in runs) + row_style.gap * len(gaps) + sum(gaps)) * tall
    room = max(8.0, (right - left) * row_style.span)
    factor = min(1.0, room / total)
    if factor > 0.9 and rng.chance(0.4):
        factor = min(room / total, 1.35)
    across, gap = factor * tall, row_style.gap * factor * tall
    tall *= max(0.6, min(1.0, factor / _NARROWEST))
    x = start = left + (right - left - total * factor) * rng.choice((0.5, 0.5, 0.5, rng.random()))
    y = top + (bottom - top - tall) / 2
    boxes = []
    for index, run in enumerate(runs):
        for glyph, (inward, down, wide, high) in run.glyphs:
            size = (max(2, round(wide * across)), max(4, round(high * tall)))
            spot = (round(x + inward * across), round(y + down * tall))
            canvas.face.ink.paste(glyph.sized(*size), spot)
            boxes.append((spot[0], spot[1], spot[0] + size[0], spot[1] + size[1]))
        if run.mark:
            _paint_run(canvas, (x, y, x + run.width * across, y + tall), run.mark)
        x += run.width * across
        if index < len(gaps):
            wide = gap + gaps[index] * across
            paint_separator(canvas, (x, y, x + wide, y + tall), kinds[index])
            x += wide
    return _around(boxes), (start, y, x, y + tall), min(bottom - top for _, top, _, bottom in boxes)


def _runs(canvas: PlateCanvas, row: tuple[str, ...], row_style: _RowStyle) -> list[_RowItem]:
    """The groups of a row; sometimes in two sizes, or the first ones as two small rows beside the last one."""
    rng, layout = canvas.rng, canvas.layout
    if len(row) > 1 and rng.chance(layout.block):
        block = "".join(row[:-1])
        starts = [len("".join(row[:count])) for count in range(1, len(row) - 1)]
        cut = rng.choice([start for start in starts if 2 <= start <= len(block) - 2] or [(len(block) + 1) // 2])
        if 4 <= len(block) <= 6:
            return [_block((block[:cut], block[cut:]), row_style, rng.uniform(0.4, 0.47)), _run(row[-1], row_style)]
    if len(row) > 1 and rng.chance(layout.mixed):
        small, level = rng.uniform(0.5, 0.85), rng.choice((0.0, 0.5, 1.0))
        large = rng.randrange(len(row))
        return [_run(group, row_style, 1.0 if index == large else small, level) for index, group in enumerate(row)]
    return [_run(group, row_style) for group in row]


def _run(letters: str, row_style: _RowStyle, size: float = 1.0, level: float = 0.0) -> _RowItem:
    """Letters side by side, `size` of the row high; `level` 0 is at its upper edge, 1 at its lower edge."""
    placed, x = [], 0.0
    for letter in letters:
        glyph = row_style.alphabet.glyph(letter)
        wide = glyph.aspect * row_style.squeeze * size
        placed.append((glyph, (x, level * (1 - size), wide, size)))
        x += wide + row_style.gap * size
    return _RowItem(x - row_style.gap * size, tuple(placed))


def _block(rows: tuple[str, str], row_style: _RowStyle, size: float) -> _RowItem:
    """Two small rows above each other, together as tall as the letters that follow."""
    upper, lower = _run(rows[0], row_style, size), _run(rows[1], row_style, size, 1.0)
    return _RowItem(max(upper.width, lower.width), upper.glyphs + lower.glyphs)


def _ends(canvas: PlateCanvas, probability: float) -> list[list[_RowItem]]:
    """Marks before and after a row, which are not text: characters of another script, brackets, bolts."""
    rng, layout = canvas.rng, canvas.layout
    ends: list[list[_RowItem]] = [[], []]
    for run, side_probability in zip(ends, layout.foreign, strict=True):
        if rng.chance(side_probability * probability):
            count = 2 if rng.chance(0.12) else 1
            run.append(_RowItem(rng.uniform(0.45, 0.75) * count, mark=f"foreign {count}"))
    if rng.chance(layout.ends):
        kind = rng.choices(list(ENDS), list(ENDS.values()))[0]
        sides = (0, 1) if kind == "bracket" or rng.chance(0.4) else (rng.randrange(2),)
        for side in sides:
            mark = "()"[side] if kind == "bracket" else kind
            ends[side].insert(0 if side == 0 else len(ends[side]), _RowItem(rng.uniform(*WIDTHS[kind]), mark=mark))
    return ends


def _paint_run(canvas: PlateCanvas, box: Rectangle, mark: str) -> None:
    if mark in "()":
        paint_bracket(canvas, box, mark == "(")
    elif mark.startswith("foreign"):
        scale = 1.0 if canvas.rng.chance(0.8) else canvas.rng.uniform(0.5, 1.0)
        paint_foreign(canvas, box, int(mark.split()[1]), scale)
    else:
        paint_separator(canvas, box, mark)


def _separators(canvas: PlateCanvas, count: int) -> list[str]:
    """Kinds of separators between groups, mostly all the same."""
    weights = canvas.layout.separators
    kinds = canvas.rng.choices(list(weights), list(weights.values()), k=count) if count else []
    return [kinds[0]] * count if count and canvas.rng.chance(0.7) else kinds
