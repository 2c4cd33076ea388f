"""What a region's formats do to characters and confidence."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plate_runtime.alphabet import ALPHABET, fold
from plate_runtime.decode import Character
from plate_runtime.formats import _LOOK_ALIKES, Format, Region, find_region, load_formats
from plate_runtime.settling import settle_reading

LOOK_ALIKES = [set(pair) for pair in _LOOK_ALIKES]
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


def test_alternatives_stay_three_at_most() -> None:
    before = characters("CJ12A8C", **{"8": (0.9, (("S", 0.04), ("3", 0.03), ("6", 0.02)))})
    settled = settle_reading(before, 0.9, ROMANIA)
    assert settled is not None and settled.text == "CJ12ABC"
    assert settled.characters[5].alternatives == (("8", 0.9), ("S", 0.04), ("3", 0.03))


def test_alternatives_stay_best_first() -> None:
    before = characters("CJO2ABC", O=(0.57, (("Q", 0.4), ("0", 0.27))))
    settled = settle_reading(before, 0.9, ROMANIA)
    assert settled is not None
    assert settled.characters[2] == Character("0", 0.57, (("Q", 0.4), ("O", 0.3)))


def test_what_fits_no_format_is_not_settled() -> None:
    assert settle_reading(characters("WWWWW"), 0.9, ROMANIA) is None
    assert settle_reading([], 0.9, ROMANIA) is None


def as_decoded(shares: dict[str, float]) -> Character:
    """A character of these weights, as `decode` would describe it."""
    total = sum(shares.values())
    best = max(shares, key=lambda sign: shares[sign])
    others = sorted(((sign, share / total) for sign, share in shares.items() if sign != best), key=lambda one: -one[1])
    twins = sum(share for sign, share in others if fold(sign) == fold(best))
    return Character(best, shares[best] / total + twins, tuple(others))


SHARES = st.dictionaries(st.sampled_from(ALPHABET), st.floats(0.01, 1), min_size=1, max_size=4)
READ = st.lists(SHARES.map(as_decoded), max_size=9)
REGIONS = st.sampled_from(["ro", "RO", "ar", "us-ca", "mercosur", "eu", "us"])


@settings(deadline=None)
@given(READ, st.floats(0, 1), REGIONS)
def test_whatever_is_settled_has_the_format_and_probabilities(
    read: list[Character], confidence: float, name: str
) -> None:
    region = find_region(name)
    settled = settle_reading(read, confidence, region)
    if settled is not None:
        assert any(form.matches(settled.text) for form in region.formats)
        assert len(settled.text) == len(read)
        assert 0 <= settled.confidence <= 1
        for character in settled.characters:
            shares = [share for _, share in character.alternatives]
            assert 0 <= character.confidence <= 1 and all(0 <= share <= 1 for share in shares)
            assert shares == sorted(shares, reverse=True) and len(shares) <= 3
            assert character.text not in dict(character.alternatives)


@settings(deadline=None)
@given(READ, st.floats(0, 1), REGIONS)
def test_only_doubts_change_and_the_reading_stays_among_the_alternatives(
    read: list[Character], confidence: float, name: str
) -> None:
    settled = settle_reading(read, confidence, find_region(name))
    for before, after in zip(read, settled.characters if settled else (), strict=False):
        if after.text == before.text:
            assert after == before
        else:
            assert before.text in dict(after.alternatives)
            assert after.text in dict(before.alternatives) or {before.text, after.text} in LOOK_ALIKES


@settings(deadline=None)
@given(READ, REGIONS)
def test_what_is_settled_is_not_settled_again(read: list[Character], name: str) -> None:
    settled = settle_reading(read, 0.9, find_region(name))
    if settled is not None:
        assert settle_reading(settled.characters, settled.confidence, find_region(name)) == settled


@settings(deadline=None)
@given(st.sampled_from([form for region in load_formats().values() for form in region.formats]), st.data())
def test_a_text_of_the_format_is_never_changed(form: Format, data: st.DataObject) -> None:
    text = "".join(data.draw(st.sampled_from(token.choices)) for token in form.tokens if token.read)
    read = characters(text, **{text[0]: (0.4, (("8", 0.3), ("Q", 0.2)))})
    settled = settle_reading(read, 0.3, Region("xx", "X", "", (form,)))
    assert settled is not None
    assert (settled.characters, settled.confidence) == (tuple(read), 0.3)
