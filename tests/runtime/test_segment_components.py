"""Components by runs are the components one finds pixel by pixel."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray

from plate_runtime.segment.components import drop_long_runs, find_runs, label_runs, measure, paint_labels

MASKS = arrays.arrays(np.bool_, st.tuples(st.integers(1, 12), st.integers(1, 14)))


def flooded(mask: NDArray[np.bool_]) -> set[frozenset[tuple[int, int]]]:
    """The 8-connected components as sets of pixels, by flooding."""
    left = {(int(y), int(x)) for y, x in np.argwhere(mask)}
    found = set()
    while left:
        waiting = [left.pop()]
        pixels = set(waiting)
        while waiting:
            y, x = waiting.pop()
            near = {(y + dy, x + dx) for dy in (-1, 0, 1) for dx in (-1, 0, 1)} & left
            left -= near
            pixels |= near
            waiting += near
        found.add(frozenset(pixels))
    return found


@given(MASKS)
def test_components_are_those_of_flooding(mask: NDArray[np.bool_]) -> None:
    runs = find_runs(mask)
    labelled = paint_labels(runs, label_runs(runs))
    by_label = {
        frozenset((int(y), int(x)) for y, x in np.argwhere(labelled == label)) for label in np.unique(labelled[mask])
    }
    assert by_label == flooded(mask)
    assert np.array_equal(labelled >= 0, mask)


@given(MASKS)
def test_boxes_and_areas_fit_the_painted_labels(mask: NDArray[np.bool_]) -> None:
    runs = find_runs(mask)
    labels = label_runs(runs)
    boxes = measure(runs, labels)
    labelled = paint_labels(runs, labels)
    for label in range(len(boxes)):
        rows, columns = np.nonzero(labelled == label)
        assert (boxes.top[label], boxes.bottom[label]) == (rows.min(), rows.max() + 1)
        assert (boxes.left[label], boxes.right[label]) == (columns.min(), columns.max() + 1)
        assert boxes.area[label] == len(rows)


def test_bars_are_dropped_and_strokes_stay() -> None:
    mask = np.zeros((6, 20), np.bool_)
    mask[0] = True
    mask[:, 4:7] = True
    runs = drop_long_runs(find_runs(mask), 5)
    boxes = measure(runs, label_runs(runs))
    assert len(boxes) == 1
    assert (boxes.left[0], boxes.top[0], boxes.right[0], boxes.bottom[0]) == (4, 1, 7, 6)
