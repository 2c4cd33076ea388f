"""What a text says about whether there is a plate."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plate_runtime.alphabet import ALPHABET
from plate_runtime.decode.background_texts import background_probability
from plate_runtime.plate_evidence import LIMITS, evidence, plate_probability

texts = st.text(ALPHABET, min_size=1, max_size=30)


@pytest.mark.parametrize(
    "text",
    [
        "TAXI", "TAX1", "IRELAND", "24H", "B5", "1", "4580146950", "2015105111", "TECHN0L0GY", "BR00YYX7298700", "EXIT",
        "CHOICE", "A3", "1999", "CAM01", "ROOM12", "40KMH", "DANGER",
    ],
)  # fmt: skip
def test_words_numbers_and_captions_speak_against_a_plate(text: str) -> None:
    assert evidence(text) < 0
    assert plate_probability(0.5, text) < 0.35


@pytest.mark.parametrize("text", ["B144MOS", "KA25MH6728", "AB12CDE", "ABC1234", "AB123CD", "1ABC234", "WA12345"])
def test_texts_with_a_format_speak_for_a_plate(text: str) -> None:
    assert evidence(text) > 1
    assert plate_probability(0.5, text) > 0.5


def test_a_region_says_more() -> None:
    assert evidence("12345678", "dk") != evidence("12345678")
    assert evidence("123456", "lu") != evidence("123456")


def test_a_word_on_a_plate_that_is_plain_to_see_is_still_one() -> None:
    assert plate_probability(0.999, "FAMILY") > 0.5
    assert plate_probability(0.7, "FAMILY") < 0.5


@given(st.floats(0, 1), texts)
def test_any_text_gives_a_probability(confidence: float, text: str) -> None:
    assert LIMITS[0] <= evidence(text) <= LIMITS[1]
    assert 0 <= plate_probability(confidence, text) < 1
    assert 0 < background_probability(text) < 1


@given(st.floats(0, 1), st.floats(0, 1), texts)
def test_what_was_more_confident_stays_so(one: float, other: float, text: str) -> None:
    assert plate_probability(min(one, other), text) <= plate_probability(max(one, other), text)


def test_longer_texts_than_any_are_no_error() -> None:
    assert evidence("8" * 4000) == LIMITS[0]


def test_probabilities_of_one_character_sum_to_their_fraction() -> None:
    total = math.fsum(background_probability(one) for one in ALPHABET)
    assert total == pytest.approx(0.16 * (1 - 0.12 - 0.08 - 0.06), abs=0.03)
