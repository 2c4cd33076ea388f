"""The output of a detector becomes plates: decoding, suppression, merging."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray

from plate_runtime.detect import MOST_PLATES, decode_corners, merge, suppress
from plate_runtime.geometry import is_plate_shaped, polygon_iou
from plate_runtime.manifest import InputSpec, Manifest

SPEC = InputSpec(shape=(384, 640, 1), polarity="any", resize="fit")
MANIFEST = Manifest("detector", "test", "1.0.0", "", SPEC, decoding="corners", strides=(8, 16, 32), temperature=1.5)
CELLS = 48 * 80 + 24 * 40 + 12 * 20
OFFSETS = (-2, -0.5, 2, -0.5, 2, 0.5, -2, 0.5)


def output(plates: dict[int, float]) -> NDArray[np.float32]:
    """A detector's output with plates of 4 by 1 strides in these cells, by their logits."""
    found = np.zeros((CELLS, 9), np.float32)
    found[:, 0] = -20
    for cell, logit in plates.items():
        found[cell] = [logit, *OFFSETS]
    return found


def decode(found: NDArray[np.float32], least: float = 0.5) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    return decode_corners(found, MANIFEST, (640, 384), least)


class TestDecoding:
    def test_cells_follow_one_another_level_by_level_row_by_row(self) -> None:
        corners, logits = decode(output({81: 3.0, 3840 + 41: 4.0, 3840 + 960 + 21: 5.0}))
        assert corners.mean(axis=1).tolist() == [[12, 12], [24, 24], [48, 48]]
        assert np.ptp(corners[:, :, 0], axis=1).tolist() == [32, 64, 128]
        assert logits.tolist() == [3, 4, 5]

    def test_the_threshold_is_one_of_calibrated_confidence(self) -> None:
        found = output({500: 1.5 * math.log(0.7 / 0.3)})
        assert len(decode(found, 0.699)[0]) == 1
        assert len(decode(found, 0.701)[0]) == len(decode(found, 1.0)[0]) == 0
        assert len(decode(found, 0.0)[0]) <= 400

    def test_what_lies_beside_the_picture_is_left_out(self) -> None:
        found = output({3840 - 1: 3.0, 0: 3.0})
        assert len(decode_corners(found, MANIFEST, (640, 384), 0.5)[0]) == 2
        assert decode_corners(found, MANIFEST, (640, 360), 0.5)[0].mean(axis=1).tolist() == [[4, 4]]

    def test_of_too_many_cells_the_most_confident_are_taken_and_of_equal_ones_the_first(self) -> None:
        found = output(dict.fromkeys(range(900, 1500), 3.0) | {3000: 4.0})
        middles = decode(found)[0].mean(axis=1)
        first = decode(output({3000: 4.0}))[0].mean(axis=1)
        assert len(middles) == 400
        assert np.array_equal(middles[:1], first)
        assert np.array_equal(middles[1:], decode(output(dict.fromkeys(range(900, 1299), 3.0)))[0].mean(axis=1))

    def test_what_is_no_quadrilateral_is_left_out(self) -> None:
        found = output(dict.fromkeys(range(900, 905), 3.0))
        found[900, 1:] = np.nan
        found[901, 1:] = np.array(OFFSETS).reshape(4, 2)[::-1].ravel()
        found[902, 1:] = 0
        found[903, 0] = np.inf
        assert decode(found)[0].shape == (1, 4, 2)

    @given(arrays.arrays(np.float32, (CELLS, 9), elements=st.floats(width=32), fill=st.floats(width=32)))
    @settings(max_examples=30)
    def test_any_output_gives_plates_in_the_picture(self, found: NDArray[np.float32]) -> None:
        corners, logits = decode(found, 0.3)
        assert np.isfinite(corners).all() and np.isfinite(logits).all()
        kept = suppress(corners, logits)
        assert len(kept) <= MOST_PLATES
        middles = corners.mean(axis=1)
        assert (middles >= 0).all() and (middles < [640, 384]).all()


class TestSuppression:
    def test_the_most_confident_of_a_plate_stays(self) -> None:
        corners, logits = decode(output({1000: 3.0, 1001: 5.0, 1002: 4.0, 1010: 1.0}))
        assert logits[suppress(corners, logits)].tolist() == [5, 1]

    def test_a_plate_on_a_plate_goes_and_one_beside_it_stays(self) -> None:
        plate = np.array([[0, 0], [100, 0], [100, 20], [0, 20]], float)
        small, beside, above = plate * 0.3, plate + np.array([104, 0]), plate + np.array([0, 21])
        overlapping = plate + np.array([0, 10.5])
        corners = np.stack([plate, small, beside, above, overlapping])
        assert suppress(corners, np.array([5.0, 4, 3, 2, 1])).tolist() == [0, 2, 3]
        assert suppress(corners, np.array([1.0, 4, 3, 2, 5])).tolist() == [4, 1, 2]

    def test_tilted_plates_whose_boxes_overlap_stay(self) -> None:
        plate = np.array([[0, 0], [100, 100], [90, 110], [-10, 10]], float)
        corners = np.stack([plate, plate + np.array([0, 40])])
        assert suppress(corners, np.array([2.0, 1])).tolist() == [0, 1]

    def test_there_are_at_most_32_plates(self) -> None:
        cells = {80 * row + column: 3.0 for row in range(0, 48, 4) for column in range(4, 80, 8)}
        assert len(cells) > MOST_PLATES == 32
        assert len(suppress(*decode(output(cells)))) == MOST_PLATES

    def test_nothing_is_no_error(self) -> None:
        assert suppress(np.zeros((0, 4, 2)), np.zeros(0)).tolist() == []

    @given(st.lists(st.tuples(*[st.floats(0, 600)] * 2, st.floats(10, 200), st.floats(-3, 3)), max_size=30))
    def test_those_that_stay_lie_apart(self, plates: list[tuple[float, float, float, float]]) -> None:
        square = np.array([[-1, -0.3], [1, -0.3], [1, 0.3], [-1, 0.3]])
        corners = np.array([square * size + [x, y] for x, y, size, _ in plates]).reshape(-1, 4, 2)
        logits = np.array([logit for *_, logit in plates])
        kept = [tuple(map(tuple, corners[place].tolist())) for place in suppress(corners, logits)]
        assert bool(kept) == bool(plates)
        for number, one in enumerate(kept):
            assert all(polygon_iou(one, other) <= 0.3 for other in kept[:number])


class TestMerging:
    PLATE = np.array([[0, 0], [100, 0], [100, 20], [0, 20]], float)

    def test_corners_are_the_mean_of_all_cells_of_a_plate(self) -> None:
        corners = np.stack([self.PLATE, self.PLATE + 4, self.PLATE + np.array([300, 0]), self.PLATE * 3])
        merged = merge(corners, np.array([2.0, 2.0, 3.0, 1.0]), np.array([2, 0]))
        assert np.allclose(merged, [corners[2], self.PLATE + 2])

    def test_the_more_confident_count_more(self) -> None:
        corners = np.stack([self.PLATE, self.PLATE + 4])
        (merged,) = merge(corners, np.array([40.0, math.log(0.25 / 0.75)]), np.array([0]))
        assert np.allclose(merged, self.PLATE + 0.8)

    @given(st.lists(st.tuples(*[st.floats(-30, 30)] * 8), min_size=1, max_size=8))
    def test_what_comes_out_is_a_plate_again(self, shifts: list[tuple[float, ...]]) -> None:
        corners = np.array([self.PLATE + np.array(shift).reshape(4, 2) for shift in shifts])
        corners = corners[is_plate_shaped(corners)]
        kept = suppress(corners, np.zeros(len(corners)))
        assert is_plate_shaped(merge(corners, np.zeros(len(corners)), kept)).all()
