"""Scoring, against hand-counted examples and a slow reference."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from plate_runtime.alphabet import fold
from plate_runtime.evaluate import (
    DetectionScore,
    Matches,
    agreement,
    calibration,
    character_error_rate,
    confusions,
    edit_distance,
    match_plates,
    score_detections,
    score_texts,
)

TEXTS = st.text("AB01O", max_size=6)


def test_exact_and_folded_are_counted_apart() -> None:
    score = score_texts(["A0", "AO", "AB", ""], ["A0", "A0", "AC", "X"])
    assert (score.count, score.exact, score.folded) == (4, 1, 2)
    assert (score.exact_rate, score.folded_rate) == (0.25, 0.5)
    assert score.cer == pytest.approx(3 / 7)


def test_an_empty_set_has_rates_of_zero() -> None:
    assert score_texts([], []).exact_rate == 0


def test_lengths_have_to_fit() -> None:
    with pytest.raises(ValueError):
        score_texts(["A"], [])
    with pytest.raises(ValueError):
        agreement(["A", "B"], ["A"])


def reference_distance(a: str, b: str) -> int:
    if not a or not b:
        return len(a) + len(b)
    return min(
        reference_distance(a[1:], b) + 1,
        reference_distance(a, b[1:]) + 1,
        reference_distance(a[1:], b[1:]) + (a[0] != b[0]),
    )


@given(TEXTS, TEXTS)
def test_edit_distance_is_the_textbook_s(a: str, b: str) -> None:
    assert edit_distance(a, b) == reference_distance(a, b)


def test_character_error_rate_can_pass_one() -> None:
    assert character_error_rate(["ABCD"], ["X"]) == 4


def test_confusions_and_agreement() -> None:
    assert confusions(["A", "B", "8"], ["A", "8", "8"]) == {("8", "B"): 1}
    assert agreement(["A", "B"], ["A", "C"]) == 0.5
    assert agreement([], []) == 1


def test_calibration_of_an_overconfident_reader() -> None:
    error, bins = calibration(np.full(10, 0.95), np.arange(10) < 5)
    assert error == pytest.approx(0.45)
    assert [(entry.count, entry.accuracy) for entry in bins] == [(10, 0.5)]
    assert calibration([1.0, 0.0], [True, False])[0] == 0
    assert calibration([], [])[0] == 0
    with pytest.raises(ValueError):
        calibration([0.5], [])
    for wrong in (98.0, -0.1, float("nan")):
        with pytest.raises(ValueError, match=r"0\.\.1"):
            calibration([0.5, wrong], [True, True])


def test_folding() -> None:
    assert fold("OI01Q") == "0101Q"


def box(x: float, y: float, width: float = 100, height: float = 20) -> tuple[tuple[float, float], ...]:
    return ((x, y), (x + width, y), (x + width, y + height), (x, y + height))


class TestDetections:
    def test_each_detection_finds_one_plate_at_most(self) -> None:
        labelled = [box(0, 0), box(200, 0), box(400, 0)]
        found = [box(202, 1), box(4, 0), box(0, 0), box(0, 300), box(455, 0)]
        matches = match_plates(found, labelled)
        assert matches == Matches((1, 0, None), (3,))
        assert score_detections([matches, match_plates([], []), match_plates([box(0, 0)], [])]) == DetectionScore(
            3, 3, 2, 2
        )

    def test_what_lies_on_a_plate_but_badly_is_neither_found_nor_outside(self) -> None:
        assert match_plates([box(40, 5, 20, 10)], [box(0, 0)]) == Matches((None,), ())
        assert match_plates([box(-200, -200, 500, 400)], [box(0, 0)]) == Matches((None,), ())
        assert match_plates([box(101, 0)], [box(0, 0)]) == Matches((None,), (0,))

    def test_a_plate_is_found_from_an_overlap_of_a_half_on(self) -> None:
        # Of two equal boxes, a third apart, half of the union is in both.
        assert match_plates([box(30, 0, 90)], [box(0, 0, 90)]) == Matches((0,), ())
        assert match_plates([box(30.1, 0, 90)], [box(0, 0, 90)]) == Matches((None,), ())
        assert match_plates([box(10, 0, 100)], [box(0, 0, 100)], overlap=90 / 110) == Matches((0,), ())

    def test_a_detection_lies_on_a_plate_with_a_tenth_of_overlap_or_a_middle_in_the_other(self) -> None:
        assert match_plates([box(80, 0)], [box(0, 0)]) == Matches((None,), ())
        assert match_plates([box(83, 0)], [box(0, 0)]) == Matches((None,), (0,))
        assert match_plates([box(80, 0)], [], ignored=[box(0, 0)]) == Matches((), ())

    def test_rates(self) -> None:
        score = DetectionScore(200, 100, 92, 10)
        assert (score.recall, score.outside_per_frame) == (0.92, 0.05)
        assert DetectionScore(0, 0, 0, 0).recall == DetectionScore(0, 0, 0, 0).outside_per_frame == 0
