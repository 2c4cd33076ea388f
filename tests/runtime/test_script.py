"""Written text in characters of an alphabet."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plate_runtime.alphabet import ALPHABET
from plate_runtime.script import _counterpart, to_characters


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("gö-wg 2496", "GOWG2496"), ("Łódź 1", "LODZ1"), ("А749РТ77", "A749PT77"), ("ΑΒΕ 1234", "ABE1234"),
        ("Ａ１", "A1"), ("Ø·ß", "OSS"), ("", ""), ("- • –", ""),
    ],
)  # fmt: skip
def test_what_looks_like_a_character_becomes_it(written: str, text: str) -> None:
    assert to_characters(written) == text


@pytest.mark.parametrize("written", ["Ж", "京", "٢", "A?1", "A*"])
def test_what_has_no_counterpart_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match="'"):
        to_characters(written)


def test_an_alphabet_of_another_script_takes_latin_look_alikes() -> None:
    assert to_characters("a123Й", "0123456789АВЕЙ") == "А123Й"
    with pytest.raises(ValueError, match="one of 0123456789"):
        to_characters("A1", "0123456789")


@given(st.text(ALPHABET + "abcxyz -·", max_size=12))
def test_texts_of_the_alphabet_keep_every_character(written: str) -> None:
    assert to_characters(written) == "".join(one for one in written.upper() if one in ALPHABET)


@given(st.text(max_size=12))
def test_any_text_is_written_or_refused(written: str) -> None:
    try:
        text = to_characters(written)
    except ValueError:
        return
    assert set(text) <= set(ALPHABET)


def test_characters_of_all_of_unicode_take_no_memory() -> None:
    for number in range(0x4E00, 0x4E00 + 5000):
        with pytest.raises(ValueError, match="not on the plates"):
            to_characters(chr(number))
    assert _counterpart.cache_info().currsize <= 1024
