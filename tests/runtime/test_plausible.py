"""What a text says about whether there is a plate."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plate_runtime.alphabet import ALPHABET
from plate_runtime.formats import Format, load_formats
from plate_runtime.plausible import MOST, after_reading, is_unusual


def all_formats() -> list[Format]:
    """Those of every region."""
    return [form for region in load_formats().values() for form in region.formats]


@pytest.mark.parametrize(
    "text", ["TAXI", "IRELAND", "24H", "B5", "", "4580146950", "20151051", "MEAPSTRO0", "BR00YYX7298700"]
)
def test_names_and_numbers_are_unusual(text: str) -> None:
    assert is_unusual(text)


@pytest.mark.parametrize(
    "text", ["B144MOS", "AB12", "8862", "5205303", "KA25MH6728", "WTF4", "NM100", "AAA000", "M0000SE"]
)
def test_plates_are_not(text: str) -> None:
    assert not is_unusual(text)


def test_no_format_is_longer_than_a_plate_may_be() -> None:
    signs = [sum(token.kind not in ("break", "separator") for token in one.tokens) for one in all_formats()]
    assert max(signs) == MOST


@given(st.floats(0, 1), st.text(ALPHABET, max_size=12))
def test_a_text_never_makes_it_surer(confidence: float, text: str) -> None:
    after = after_reading(confidence, text)
    assert 0 <= after <= confidence <= 1
    assert (after == confidence) or is_unusual(text)


@given(st.floats(0, 1), st.floats(0, 1))
def test_what_was_surer_stays_surer(one: float, other: float) -> None:
    assert after_reading(min(one, other), "TAXI") <= after_reading(max(one, other), "TAXI") + 1e-12


def test_the_odds_fall_twentyfold() -> None:
    assert after_reading(20 / 21, "TAXI") == pytest.approx(0.5)
    assert after_reading(1.0, "TAXI") == pytest.approx(1.0)
    assert after_reading(0.99, "TAXI") > 0.8, "a word on a plate that is plain to see is still one"
