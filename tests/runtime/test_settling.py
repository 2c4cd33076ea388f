"""What a region's formats do to characters and confidence."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plate_runtime.alphabet import ALPHABET
from plate_runtime.decode import Character
from plate_runtime.formats import find_region
from plate_runtime.settling import settle_reading

ROMANIA = find_region("ro")  # LL 99 LLL, and \B 999 LLL


def characters(text: str, **doubts: tuple[float, tuple[tuple[str, float], ...]]) -> list[Character]:
    """Sure characters, but for `doubts`: text -> confidence and alternatives."""
    return [Character(sign, *doubts.get(sign, (0.99, ()))) for sign in text]


def test_a_reading_that_fits_is_left_alone() -> None:
    before = characters("CJ12ABC")
    settled = settle_reading(before, 0.9, ROMANIA)
    assert settled is not None
    assert (settled.text, settled.confidence, list(settled.characters)) == ("CJ12ABC", 0.9, before)


def test_an_alternative_takes_its_share_of_what_the_impossible_sign_leaves() -> None:
    before = characters("CJ12A8C", **{"8": (0.6, (("B", 0.36), ("S", 0.02)))})
    settled = settle_reading(before, 0.54, ROMANIA)
    assert settled is not None
    assert settled.text == "CJ12ABC"
    assert settled.characters[5] == Character("B", 0.9, (("8", 0.6), ("S", 0.02)))
    assert settled.confidence == pytest.approx(0.54 * 0.9 / 0.6, abs=1e-4)


def test_a_look_alike_that_the_network_did_not_name_is_worth_half_of_the_rest() -> None:
    settled = settle_reading(characters("CJ12A8C"), 0.9, ROMANIA)
    assert settled is not None
    assert settled.text == "CJ12ABC"
    assert settled.characters[5] == Character("B", 0.5, (("8", 0.99),))
    assert settled.confidence == pytest.approx(0.9 * 0.5 / 0.99, abs=1e-4)


def test_twins_change_no_confidence() -> None:
    before = characters("CJO2ABC", O=(0.98, (("0", 0.4),)))
    settled = settle_reading(before, 0.9, ROMANIA)
    assert settled is not None
    assert (settled.text, settled.confidence) == ("CJ02ABC", 0.9)
    assert settled.characters[2] == Character("0", 0.98, (("O", 0.58),))


def test_what_fits_no_format_is_not_settled() -> None:
    assert settle_reading(characters("WWWWW"), 0.9, ROMANIA) is None
    assert settle_reading([], 0.9, ROMANIA) is None


SIGNS = st.builds(
    Character,
    st.sampled_from(ALPHABET),
    st.floats(0.01, 1),
    st.lists(st.tuples(st.sampled_from(ALPHABET), st.floats(0.005, 0.5)), max_size=3).map(tuple),
)


@given(st.lists(SIGNS, max_size=9), st.floats(0, 1), st.sampled_from(["ro", "ar", "us-ca", "mercosur"]))
def test_whatever_is_settled_has_the_format_and_probabilities(
    read: list[Character], confidence: float, name: str
) -> None:
    region = find_region(name)
    settled = settle_reading(read, confidence, region)
    if settled is not None:
        assert any(form.matches(settled.text) for form in region.formats)
        assert len(settled.text) == len(read)
        assert 0 <= settled.confidence <= 1
        assert all(0 <= character.confidence <= 1 for character in settled.characters)
