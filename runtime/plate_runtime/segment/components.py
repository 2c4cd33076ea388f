"""Connected components of a mask, found from its horizontal runs.

Runs instead of pixels keep the labelling small: a mask of 24 000 pixels has some thousand runs, and every step
below is one numpy call over them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

BoolArray = NDArray[np.bool_]
# Indices and counts are of the machine's word size: numpy accepts nothing wider, and 32-bit ARM has 32 bits.
IntArray = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Runs:
    """Horizontal runs of True pixels, ordered by row and then by column; ``end`` is exclusive. All intp (n,)."""

    row: IntArray
    start: IntArray
    end: IntArray
    shape: tuple[int, int]

    def __len__(self) -> int:
        return int(self.row.shape[0])


@dataclass(frozen=True, slots=True)
class Components:
    """Boxes of connected components: edges in pixels (right and bottom exclusive), area in pixels; all intp (n,)."""

    left: IntArray
    top: IntArray
    right: IntArray
    bottom: IntArray
    area: IntArray

    def __len__(self) -> int:
        return int(self.left.shape[0])

    @property
    def width(self) -> IntArray:
        """Widths in pixels."""
        return self.right - self.left

    @property
    def height(self) -> IntArray:
        """Heights in pixels."""
        return self.bottom - self.top

    def take(self, chosen: BoolArray | IntArray) -> Components:
        """The components that a mask or an index array chooses."""
        return Components(
            self.left[chosen], self.top[chosen], self.right[chosen], self.bottom[chosen], self.area[chosen]
        )


def find_runs(mask: BoolArray) -> Runs:
    """The horizontal runs of a bool mask (h,w)."""
    height, width = mask.shape
    padded = np.zeros((height, width + 2), dtype=np.int8)
    padded[:, 1:-1] = mask
    steps = np.diff(padded, axis=1)
    row, start = np.nonzero(steps == 1)
    _, end = np.nonzero(steps == -1)
    return Runs(row.astype(np.intp), start.astype(np.intp), end.astype(np.intp), (height, width))


def drop_long_runs(runs: Runs, longest: int) -> Runs:
    """The runs no longer than ``longest`` pixels: without the bars of a frame, with the strokes of characters."""
    kept = (runs.end - runs.start) <= longest
    return Runs(runs.row[kept], runs.start[kept], runs.end[kept], runs.shape)


def label_runs(runs: Runs) -> IntArray:
    """A component number from 0 for every run, intp (n,); runs that touch, also diagonally, share one."""
    count = len(runs)
    if count == 0:
        return np.zeros(0, dtype=np.intp)
    # One key orders all runs of the picture; a row is wider than any run, so keys of two rows never mix.
    stride = runs.shape[1] + 2
    start_key = runs.row * stride + runs.start
    end_key = runs.row * stride + runs.end
    first = np.searchsorted(end_key, start_key + stride, side="left")
    last = np.searchsorted(start_key, end_key + stride, side="right")
    touching = np.maximum(last - first, 0)
    upper = np.repeat(np.arange(count), touching)
    offset = np.arange(upper.shape[0]) - np.repeat(np.cumsum(touching) - touching, touching)
    lower = np.repeat(first, touching) + offset
    labels = np.arange(count)
    while True:
        smallest = np.minimum(labels[upper], labels[lower])
        joined = labels.copy()
        np.minimum.at(joined, labels[upper], smallest)
        np.minimum.at(joined, labels[lower], smallest)
        joined = np.minimum(joined, joined[joined])
        joined = joined[joined]
        joined = joined[labels]
        if np.array_equal(joined, labels):
            break
        labels = joined
    _, numbers = np.unique(labels, return_inverse=True)
    return numbers.reshape(-1).astype(np.intp)


def measure(runs: Runs, labels: IntArray) -> Components:
    """Box and area of every component, in the order of the labels."""
    count = int(labels.max()) + 1 if labels.size else 0
    left = np.full(count, runs.shape[1], dtype=np.intp)
    top = np.full(count, runs.shape[0], dtype=np.intp)
    right = np.zeros(count, dtype=np.intp)
    bottom = np.zeros(count, dtype=np.intp)
    np.minimum.at(left, labels, runs.start)
    np.minimum.at(top, labels, runs.row)
    np.maximum.at(right, labels, runs.end)
    np.maximum.at(bottom, labels, runs.row + 1)
    area = np.bincount(labels, weights=runs.end - runs.start, minlength=count).astype(np.intp)
    return Components(left, top, right, bottom, area)


def paint_labels(runs: Runs, labels: IntArray) -> NDArray[np.int32]:
    """The picture of labels: int32 (h,w), -1 where the mask was False."""
    height, width = runs.shape
    lengths = runs.end - runs.start
    flat = np.full(height * width, -1, dtype=np.int32)
    first = np.repeat(runs.row * width + runs.start, lengths)
    step = np.arange(int(lengths.sum())) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    flat[first + step] = np.repeat(labels, lengths)
    return flat.reshape(height, width)
