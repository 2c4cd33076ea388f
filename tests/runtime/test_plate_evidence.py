"""What a text says about whether there is a plate."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plate_runtime.alphabet import ALPHABET
from plate_runtime.decode import background_texts
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


def test_fractions_and_frequencies_sum_to_one() -> None:
    parts = (background_texts._WORD, background_texts._NUMBER, background_texts._BOTH, background_texts._ANY)
    assert math.fsum((*parts, background_texts._KNOWN, background_texts._CAPTION)) == pytest.approx(1)
    assert math.fsum(background_texts._LENGTHS) == pytest.approx(1)
    assert math.fsum(background_texts._LETTERS.values()) == pytest.approx(1, abs=0.003)


def test_a_text_has_the_probability_of_each_kind_that_it_may_be() -> None:
    # A known word: one of 47, and also any word, or any text, of four letters.
    as_word = 0.42 * 0.09 * 0.08 * 0.002 * 0.073 + 0.12 / 36**4
    assert background_probability("TAXI") == pytest.approx(0.08 / 47 + 0.13 * as_word, rel=1e-5)
    assert background_probability("TAX1") == background_probability("TAXI")
    # A number of five digits; two of them may be letters.
    assert background_probability("12345") == pytest.approx(0.11 * (0.2e-5 + 0.12 / 36**5), rel=0.05)
    # A word before or after a number, and any place between the characters.
    assert background_probability("HE44") == pytest.approx(
        0.13 * (0.12 * 0.059 * 0.12 * 1e-2 / 2 / 4 + 0.12 / 36**4), rel=1e-6
    )
    # A caption: one of 30 words before a number, or one of 20 units after it; a fifth of the numbers have one digit.
    assert background_probability("CAM7") == pytest.approx(0.06 * 0.2 * 0.1 / 30, rel=1e-3)
    assert background_probability("7KMH") == pytest.approx(0.06 * 0.2 * 0.1 / 20, rel=1e-3)
    # All longer texts share a length.
    assert background_probability("Q" * 12) == pytest.approx(0.01 * (0.42 * 1e-36 + 0.12 / 36**12))
    assert background_probability("Q" * 14) == pytest.approx(0.01 * (0.42 * 1e-42 + 0.12 / 36**14))
