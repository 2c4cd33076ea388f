"""Scoring, against hand-counted examples and a slow reference."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from plate_runtime.alphabet import fold, normalise
from plate_runtime.evaluate import agreement, calibration, character_error_rate, confusions, edit_distance, score_texts

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


def test_calibration_of_a_reader_too_sure_of_itself() -> None:
    error, bins = calibration(np.full(10, 0.95), np.arange(10) < 5)
    assert error == pytest.approx(0.45)
    assert [(entry.count, entry.accuracy) for entry in bins] == [(10, 0.5)]
    assert calibration([1.0, 0.0], [True, False])[0] == 0
    assert calibration([], [])[0] == 0
    with pytest.raises(ValueError):
        calibration([0.5], [])


def test_folding_and_normalising() -> None:
    assert fold("OI01Q") == "0101Q"
    assert normalise("ab-12 ·ä") == "AB12"
