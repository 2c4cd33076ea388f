"""Which listed plate a reading is."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plate_devices.watchlists.matching import Match, match
from plate_devices.watchlists.plate_file import ListedPlate, PlateList
from plate_runtime.alphabet import ALPHABET, fold
from plate_runtime.script import Script

texts = st.text(ALPHABET, min_size=2, max_size=10)


def reading(text: str, doubt: dict[int, tuple[float, list[tuple[str, float]]]] | None = None) -> dict[str, Any]:
    """A plate of a record; `doubt` gives confidence and alternatives of some of its characters, the rest is sure."""
    characters = [
        {"text": character, "confidence": (doubt or {}).get(place, (0.99, []))[0],
         "alternatives": [list(one) for one in (doubt or {}).get(place, (0.99, []))[1]]}
        for place, character in enumerate(text)
    ]  # fmt: skip
    return {"text": text, "characters": characters}


def listed(*plates: str) -> PlateList:
    return PlateList({fold(text): (ListedPlate(text),) for text in plates})


@given(texts)
def test_the_same_text_matches_exactly(text: str) -> None:
    assert match(reading(text), listed(text), False) == Match("exact", ListedPlate(text))


def test_signs_that_are_printed_alike_are_the_same() -> None:
    assert match(reading("B0B1"), listed("BOBI"), False) == Match("exact", ListedPlate("BOBI"))


@given(texts, texts)
def test_what_is_read_without_doubt_is_never_taken_for_another(text: str, other: str) -> None:
    found = match(reading(text), listed(other), True)
    assert (found is not None) == (fold(text) == fold(other))


@pytest.mark.parametrize(
    ("confidence", "alternatives", "found"),
    [
        (0.9, [("8", 0.08)], True),  # doubtful, and the listed character is an alternative
        (0.97, [("8", 0.02)], False),  # sure enough
        (0.9, [("3", 0.08)], False),  # doubtful between others
        (0.5, [("3", 0.4)], True),  # a guess: any character may be right
    ],
)
def test_one_doubtful_character_may_differ(confidence: float, alternatives: list[Any], found: bool) -> None:
    plate = reading("ABC123", {1: (confidence, alternatives)})
    assert match(plate, listed("A8C123"), True) == (Match("fuzzy", ListedPlate("A8C123")) if found else None)
    assert match(plate, listed("A8C123"), False) is None


def test_two_doubtful_characters_are_too_many() -> None:
    plate = reading("ABC123", {1: (0.6, [("8", 0.4)]), 3: (0.6, [("7", 0.4)])})
    assert match(plate, listed("A8C723"), True) is None


def test_a_guessed_character_may_be_none() -> None:
    assert match(reading("1ABC123", {0: (0.4, [])}), listed("ABC123"), True) == Match("fuzzy", ListedPlate("ABC123"))
    assert match(reading("1ABC123", {0: (0.8, [])}), listed("ABC123"), True) is None


def test_the_likelier_of_two_is_taken_and_of_two_alike_none() -> None:
    plate = reading("ABC123", {1: (0.5, [("8", 0.3), ("3", 0.2)])})
    assert match(plate, listed("A8C123", "A3C123"), True) == Match("fuzzy", ListedPlate("A8C123"))
    assert match(plate, listed("AXC123", "AYC123"), True) is None


def test_an_exact_match_comes_first() -> None:
    plate = reading("ABC123", {1: (0.5, [("8", 0.4)])})
    assert match(plate, listed("ABC123", "A8C123"), True) == Match("exact", ListedPlate("ABC123"))


def test_a_plate_without_text_is_on_no_list() -> None:
    assert match({"text": "", "characters": []}, listed("A"), True) is None
    assert match(reading("1", {0: (0.1, [])}), listed(""), True) is None


def test_a_guess_may_be_any_character_of_the_alphabet_that_was_read() -> None:
    cyrillic = PlateList({fold("АЖ123"): (ListedPlate("АЖ123"),)}, (), Script("0123456789АБЖ"))
    guess = {1: (0.5, [("2", 0.4)])}
    assert match(reading("АБ123", guess), cyrillic, True) == Match("fuzzy", ListedPlate("АЖ123"))
    assert match(reading("АБ123", guess), listed("АЖ123"), True) is None, "no character of A-Z0-9"
