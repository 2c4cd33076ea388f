"""The cost of each cell as a character, by its shape and what is around it, and the cheapest path through a strip.

Costs are in nats, so they add to the negative logarithm of a class probability: a cost of 1 weighs as much as
a class probability that is 2.7 times lower.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..alphabet import fold
from ..median import column_medians
from .box_mean import FloatArray
from .cells import Atoms, Cell
from .strip import CHARACTER_HEIGHT, MARGIN, Strip

CostArray = NDArray[np.float64]

# Widths relative to the height of a row, without cost: most letters, the slim ones, the wide ones.
_WIDTHS = {"": (0.3, 0.9), "1IJ": (0.08, 0.45), "MWЖФШЩЫЮ": (0.5, 1.05)}
_TOO_WIDE = 6.0
_WRONG_HEIGHT = 12.0
_RUNS_ON = 12.0
_RUNS_ON_REACH = 5
_FAINT = 6.0
_OTHER_COLOUR = 4.0
_SOLID = 2.0
_AT_THE_EDGE = 0.7
_OUTSIDE_THE_ROW = 0.7
_WORTH = 1.8
_FAR_APART = 0.8
_CUT, _CUT_PER_HEIGHT = 0.9, 3.0
_SKIP, _SKIP_LARGE = 0.6, 1.2


@dataclass(frozen=True, slots=True)
class Cells:
    """The edges of cells in strip pixels and the atoms they span, as intp arrays (n,)."""

    first: NDArray[np.intp]
    last: NDArray[np.intp]
    left: NDArray[np.intp]
    right: NDArray[np.intp]
    width: NDArray[np.intp]
    height: NDArray[np.intp]


def tabulate(cells: Sequence[Cell]) -> Cells:
    """The cells as arrays."""
    table = np.array([(c.first, c.last, c.left, c.right, c.width, c.height) for c in cells], dtype=np.intp).reshape(
        -1, 6
    )
    return Cells(*(table[:, column] for column in range(6)))


def shape_costs(
    strip: Strip, soft: FloatArray, atoms: Atoms, cells: Sequence[Cell], pictures: Sequence[NDArray[np.uint8]]
) -> CostArray:
    """Return the cost of each cell by its shape alone: float64 (n,) in nats, 0 for a clean character."""
    table = tabulate(cells)
    relative_height = table.height / CHARACTER_HEIGHT
    relative_width = table.width / CHARACTER_HEIGHT
    firmness = _firmness(pictures)
    areas = np.concatenate([[0], np.cumsum(atoms.boxes.area)])
    fill = (areas[table.last + 1] - areas[table.first]) / (table.width * table.height)
    middle = (table.left + table.right) / 2 / strip.scale
    at_edge = (table.left == 0) | (table.right == soft.shape[1])
    costs: CostArray = (
        _WRONG_HEIGHT * np.maximum(0.0, np.abs(relative_height - 1) - 0.12)
        + _RUNS_ON * _runs_on(soft, table, firmness)
        + _FAINT * np.maximum(0.0, 0.8 - firmness)
        + _OTHER_COLOUR * np.maximum(0.0, _colour_distances(strip, soft, atoms, table) - 0.35)
        + _SOLID * ((fill > 0.8) & (relative_width > 0.3))
        + _AT_THE_EDGE * at_edge
        + _OUTSIDE_THE_ROW * ((middle < strip.row.left) | (middle > strip.row.right))
    )
    return costs


def width_costs(cells: Sequence[Cell], characters: Sequence[str]) -> CostArray:
    """Return the cost of each cell's width for the character that was read in it; float64 (n,) in nats.

    Letters of other scripts count as their Latin look-alikes.
    """
    costs = np.zeros(len(cells))
    for index, (cell, character) in enumerate(zip(cells, characters, strict=True)):
        group = next((group for group in _WIDTHS if fold(character) in group and group), "")
        narrowest, widest = _WIDTHS[group]
        width = cell.width / CHARACTER_HEIGHT
        costs[index] = _TOO_WIDE * max(0.0, narrowest - width, width - widest)
    return costs


def cheapest_path(atoms: Atoms, cells: Sequence[Cell], costs: CostArray) -> tuple[float, list[int]]:
    """The best reading of a strip: its cost, and the indices of its cells from left to right.

    Every atom is either in a cell or skipped at a cost. A character gains by its width, so that splitting one into two
    gains nothing. Cuts through ink and wide gaps cost. Without cells: (0.0, []).
    """
    if not cells:
        return 0.0, []
    table = tabulate(cells)
    worth = _WORTH * np.minimum(1.2, 0.2 + table.width / (0.6 * CHARACTER_HEIGHT))
    price = _SKIP + _SKIP_LARGE * np.minimum(1.0, atoms.boxes.area / (0.2 * CHARACTER_HEIGHT**2))
    skipped = np.concatenate([[0.0], np.cumsum(price)])
    cuts = np.where(atoms.joints > 0, _CUT + _CUT_PER_HEIGHT * atoms.joints / CHARACTER_HEIGHT, 0.0)
    best = costs - worth + skipped[table.first]
    before = np.full(len(cells), -1, dtype=np.intp)
    for index in np.argsort(table.first, kind="stable"):
        first = int(table.first[index])
        earlier = np.flatnonzero(table.last < first)
        if earlier.size == 0:
            continue
        gap = np.maximum(0, table.left[index] - table.right[earlier]) / CHARACTER_HEIGHT
        onward = best[earlier] + skipped[first] - skipped[table.last[earlier] + 1]
        onward += _FAR_APART * np.maximum(0.0, gap - 0.9)
        onward += np.where(table.last[earlier] == first - 1, cuts[first - 1], 0.0)
        cheapest = int(np.argmin(onward))
        if onward[cheapest] < skipped[first]:
            best[index] += onward[cheapest] - skipped[first]
            before[index] = earlier[cheapest]
    ends = best + skipped[-1] - skipped[table.last + 1]
    index = int(np.argmin(ends))
    total, path = float(ends[index]), []
    while index >= 0:
        path.append(index)
        index = int(before[index])
    return total, path[::-1]


def _firmness(pictures: Sequence[NDArray[np.uint8]]) -> CostArray:
    """Mean strength of the ink of every cut-out, 0.5 to 1: ink that barely passes the threshold is no print."""
    pixels = np.concatenate([picture.ravel() for picture in pictures])
    starts = np.cumsum([0] + [picture.size for picture in pictures[:-1]])
    ink = pixels > 127
    strength: CostArray = np.add.reduceat(np.where(ink, pixels, 0), starts, dtype=np.float64)
    return np.maximum(0.5, strength / 255 / np.maximum(1, np.add.reduceat(ink, starts, dtype=np.int64)))


def _runs_on(soft: FloatArray, table: Cells, firmness: CostArray) -> CostArray:
    """How far the ink of cells runs on beyond the row both above and below, 0 to 1: frames and gaps do, print not."""
    above = soft[MARGIN - _RUNS_ON_REACH : MARGIN + 2].min(axis=0)
    bottom = MARGIN + CHARACTER_HEIGHT
    below = soft[bottom - 2 : bottom + _RUNS_ON_REACH].min(axis=0)
    starts = np.cumsum(table.width) - table.width
    columns = np.arange(int(table.width.sum())) + np.repeat(table.left - starts, table.width)
    firm = np.repeat(firmness, table.width)
    fractions = [
        np.add.reduceat(np.clip((side[columns] / firm - 0.5) / 0.2, 0.0, 1.0), starts) / table.width
        for side in (above, below)
    ]
    result: CostArray = np.minimum(fractions[0], fractions[1])
    return result


def _colour_distances(strip: Strip, soft: FloatArray, atoms: Atoms, table: Cells) -> CostArray:
    """How far the colour of a cell is from the usual one of the row, in units of the row's contrast; (n,)."""
    inked = atoms.numbers >= 0
    numbers = atoms.numbers[inked]
    count = len(atoms)
    sums = [np.bincount(numbers, weights=strip.colours[..., band][inked], minlength=count) for band in range(3)]
    colours = np.stack(sums, axis=1) / np.bincount(numbers, minlength=count)[:, None]
    left, right = atoms.boxes.left / strip.scale, atoms.boxes.right / strip.scale
    in_row = (left >= strip.row.left - 2) & (right <= strip.row.right + 2)
    usual = column_medians(colours[in_row] if in_row.any() else colours)
    inner = slice(MARGIN, -MARGIN)
    # Every third pixel of every other row is plenty for a median.
    field = strip.colours[inner][::2, ::3][soft[inner][::2, ::3] < 0.5]
    background = column_medians(field) if len(field) else usual
    contrast = max(10.0, float(np.linalg.norm(usual - background)))
    distances = np.linalg.norm(colours - usual, axis=1) / contrast
    return np.array([distances[first : last + 1].max() for first, last in zip(table.first, table.last, strict=True)])
