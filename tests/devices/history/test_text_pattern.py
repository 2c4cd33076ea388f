"""Patterns: the search of many texts at once agrees with a slow one, character by character."""

from __future__ import annotations

import re
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plate_devices.history.text_pattern import LONGEST, TextPattern, written_pattern
from plate_devices.outputs.search_blocks import encode
from plate_runtime.alphabet import CONFUSED_PAIRS, confused_with, fold


def matrix(texts: list[str]) -> np.ndarray:
    width = max(map(len, texts), default=0)
    rows = b"".join(encode(text).ljust(width, b"\0") for text in texts)
    return np.frombuffer(rows, np.uint8).reshape(len(texts), width).T


WAYS = [(False, False), (True, False), (False, True)]


def slow(pattern: str, text: str, fuzzy: bool, near: bool) -> bool:
    spellings = {pattern}
    for place, one in enumerate(pattern if fuzzy else ""):
        spellings |= {pattern[:place] + other + pattern[place + 1 :] for other in confused_with(one)}
    for place in range(len(pattern) + 1 if near else 0):
        spellings.add(pattern[:place] + "?" + pattern[place:])
        if pattern[place : place + 1] not in ("", "*"):
            spellings.add(pattern[:place] + "?" + pattern[place + 1 :])
    marks = {"?": ".", "*": ".*"}
    return any(
        re.fullmatch("".join(marks.get(one) or re.escape(one) for one in spelling), text) for spelling in spellings
    )


@settings(deadline=None, max_examples=400)
@given(
    st.text("AB8?*", min_size=1, max_size=8),
    st.lists(st.text("AB83", max_size=8), min_size=1, max_size=30),
    st.sampled_from(WAYS),
)
def test_many_texts_at_once_agree_with_one_by_one(pattern: str, texts: list[str], way: tuple[bool, bool]) -> None:
    made = TextPattern(pattern, *way)
    expected = [slow(pattern, text, *way) for text in texts]
    assert made.find(matrix(texts)).tolist() == expected
    assert [made.matches(text) for text in texts] == expected


def test_all_patterns_of_three_characters() -> None:
    texts = ["".join(one) for length in range(4) for one in product("A8B", repeat=length)]
    for pattern in map("".join, product("A8?*", repeat=3)):
        for way in WAYS:
            expected = [slow(pattern, text, *way) for text in texts]
            assert TextPattern(pattern, *way).find(matrix(texts)).tolist() == expected, (pattern, way)


def test_a_pattern_of_the_greatest_length() -> None:
    text = "A" * LONGEST
    assert TextPattern(text).find(matrix([text, text + "A", text[1:]])).tolist() == [True, False, False]


def test_hashed_texts_are_found_by_their_hash_alone() -> None:
    texts = ["#0123456789a", "A"]
    assert TextPattern("*").find(matrix(texts)).tolist() == [False, True]
    assert TextPattern("#0123456789a").find(matrix(texts)).tolist() == [True, False]


@pytest.mark.parametrize(
    ("written", "text"),
    [("ab 12-cd", "AB12CD"), ("o0 i1", "0011"), ("a?b*", "A?B*"), ("**a**", "*A*"), ("ö-7", "07"), ("жб7", "ЖБ7")],
)
def test_what_users_write(written: str, text: str) -> None:
    assert written_pattern(written) == text


@pytest.mark.parametrize("written", ["", " - ", "A" * (LONGEST + 1)])
def test_what_is_no_pattern(written: str) -> None:
    with pytest.raises(ValueError, match=r"neither letters nor digits|more than 24"):
        written_pattern(written)


def test_like_escapes_its_own_characters() -> None:
    assert TextPattern("A?*_%\\").likes() == ["A_%\\_\\%\\\\"]


def test_confusions_are_of_folded_characters_and_mutual() -> None:
    assert all(len(pair) == 2 and pair == fold(pair) and pair[0] != pair[1] for pair in CONFUSED_PAIRS)
    assert len({frozenset(pair) for pair in CONFUSED_PAIRS}) == len(CONFUSED_PAIRS)
    assert "B" in confused_with("8") and "8" in confused_with("B")
    assert TextPattern("8?", True).texts() is None
    assert set(TextPattern("8", True).texts() or ()) == {"8", *confused_with("8")}


def test_what_is_near() -> None:
    near = TextPattern("AB1", near=True)
    assert [text for text in ("AB1", "AX1", "XAB1", "AB12", "AB", "XX1", "AB123", "AXX1") if near.matches(text)] == [
        "AB1", "AX1", "XAB1", "AB12",
    ]  # fmt: skip
    assert near.texts() is None
    assert sorted(near.likes()) == sorted(["AB1", "_B1", "A_1", "AB_", "_AB1", "A_B1", "AB_1", "AB1_"])
