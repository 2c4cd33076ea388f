"""Pieces of a strip that may be a character, and the joints where touching characters can be split."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .box_mean import BoolArray, FloatArray
from .components import Components, drop_long_runs, find_runs, label_runs, measure, paint_labels
from .strip import CHARACTER_HEIGHT, MARGIN

REACH = 3
_LONGEST_RUN = int(1.25 * CHARACTER_HEIGHT)
_WIDEST_CHARACTER = int(1.1 * CHARACTER_HEIGHT)
_MOST_ATOMS = 28


@dataclass(frozen=True, slots=True)
class Atoms:
    """The smallest pieces of characters, from left to right: boxes, and the picture of their numbers int32 (h,w).

    A number of -1 is background, -2 is ink that belongs to no character (dashes, dust, frames). ``joints`` float64
    (n - 1) or empty is the ink cut between an atom and the next, in pixels of height.
    """

    boxes: Components
    numbers: NDArray[np.int32]
    joints: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.boxes)


@dataclass(frozen=True, slots=True)
class Cell:
    """Atoms ``first`` to ``last`` (inclusive) as one possible character; the box is in strip pixels."""

    first: int
    last: int
    left: int
    top: int
    right: int
    bottom: int

    @property
    def width(self) -> int:
        """Width in strip pixels."""
        return self.right - self.left

    @property
    def height(self) -> int:
        """Height in strip pixels."""
        return self.bottom - self.top


def find_atoms(mask: BoolArray) -> Atoms:
    """Return components tall enough for a character, split at their thin joints; small ink belongs to none."""
    inner = mask.copy()
    inner[: MARGIN - REACH] = False
    inner[MARGIN + CHARACTER_HEIGHT + REACH :] = False
    runs = drop_long_runs(find_runs(inner), _LONGEST_RUN)
    if len(runs) == 0:
        return _renumber(np.full(mask.shape, -1, dtype=np.int32))
    labels = label_runs(runs)
    boxes = measure(runs, labels)
    numbers = paint_labels(runs, labels)
    tall = (boxes.height >= 0.5 * CHARACTER_HEIGHT) & (boxes.width >= 2)
    numbers = np.where(numbers >= 0, np.where(tall[numbers], numbers, -2), -1).astype(np.int32)
    next_number = len(boxes)
    for number in np.flatnonzero(tall):
        left, right = int(boxes.left[number]), int(boxes.right[number])
        top, bottom = int(boxes.top[number]), int(boxes.bottom[number])
        view = numbers[top:bottom, left:right]
        own = view == number
        for cut in joins(own):
            later = own.copy()
            later[:, :cut] = False
            view[later] = next_number
            next_number += 1
    return _renumber(numbers)


def joins(piece: BoolArray) -> list[int]:
    """Columns where a piece (h,w) is thin enough to be two touching characters, from left to right, at most 4."""
    height, width = piece.shape
    if width < 0.7 * CHARACTER_HEIGHT:
        return []
    ink = piece.sum(axis=0).astype(np.float64)
    padded = np.pad(ink, 1, mode="edge")
    smooth = (padded[:-2] + 2 * ink + padded[2:]) / 4
    found: list[tuple[float, int]] = []
    for column in range(4, width - 4):
        around = smooth[max(0, column - 4) : column + 5]
        thin = smooth[column] <= around.min() and smooth[column] <= 0.45 * height
        # Along a flat bar, another character can begin at its ends only.
        rises = max(smooth[column - 1], smooth[column + 1]) > smooth[column]
        if thin and rises:
            if found and column - found[-1][1] < 3:
                continue
            found.append((float(smooth[column]), column))
    thinnest = sorted(found)[: max(2, 4 * width // CHARACTER_HEIGHT)]
    return sorted(column for _, column in thinnest)


def _renumber(numbers: NDArray[np.int32]) -> Atoms:
    """Atoms numbered from left to right by the middle of their boxes."""
    rows, columns = np.nonzero(numbers >= 0)
    kept, order = np.unique(numbers[rows, columns], return_inverse=True)
    count = len(kept)
    left = np.full(count, numbers.shape[1], dtype=np.intp)
    top = np.full(count, numbers.shape[0], dtype=np.intp)
    right = np.zeros(count, dtype=np.intp)
    bottom = np.zeros(count, dtype=np.intp)
    np.minimum.at(left, order, columns)
    np.minimum.at(top, order, rows)
    np.maximum.at(right, order, columns + 1)
    np.maximum.at(bottom, order, rows + 1)
    area = np.bincount(order, minlength=count).astype(np.intp)
    boxes = Components(left, top, right, bottom, area)
    sequence = np.argsort(left + right, kind="stable")
    rank = np.empty(count, dtype=np.int32)
    rank[sequence] = np.arange(count, dtype=np.int32)
    ordered = numbers.copy()
    ordered[rows, columns] = rank[order]
    return Atoms(boxes.take(sequence), ordered, _joint_heights(ordered, count))


def _joint_heights(numbers: NDArray[np.int32], count: int) -> NDArray[np.float64]:
    """Ink in which an atom touches the next one, counted over horizontal neighbours; float64 (count - 1)."""
    heights = np.zeros(max(count - 1, 0), dtype=np.float64)
    one, other = numbers[:, :-1], numbers[:, 1:]
    touching = (one >= 0) & (other == one + 1)
    np.add.at(heights, one[touching], 1.0)
    return heights


def find_cells(atoms: Atoms) -> list[Cell]:
    """Every run of at most three neighbouring atoms that is no wider than a character."""
    boxes = atoms.boxes
    cells: list[Cell] = []
    for first in range(min(len(atoms), _MOST_ATOMS)):
        for last in range(first, min(first + 3, len(atoms), _MOST_ATOMS)):
            span = slice(first, last + 1)
            cell = Cell(
                first,
                last,
                int(boxes.left[span].min()),
                int(boxes.top[span].min()),
                int(boxes.right[span].max()),
                int(boxes.bottom[span].max()),
            )
            if cell.width > _WIDEST_CHARACTER:
                break
            if last > first and int(boxes.left[last]) - int(boxes.right[first:last].max()) > 4:
                break
            cells.append(cell)
    return cells


def cut_out(soft: FloatArray, atoms: Atoms, cell: Cell, margin: int = 0) -> NDArray[np.uint8]:
    """The picture of a cell with so many pixels around it, uint8 (h,w), light on dark, without its neighbours' ink."""
    window = (
        slice(max(0, cell.top - margin), cell.bottom + margin),
        slice(max(0, cell.left - margin), cell.right + margin),
    )
    numbers = atoms.numbers[window]
    foreign = (numbers == -2) | ((numbers >= 0) & ((numbers < cell.first) | (numbers > cell.last)))
    picture: NDArray[np.uint8] = np.where(foreign, 0.0, soft[window] * 255).astype(np.uint8)
    return picture
