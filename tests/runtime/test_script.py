"""The characters of a model: confusables, written text folded into them, and what is known of their texts."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from plate_runtime.alphabet import ALPHABET
from plate_runtime.decode import decode_logits, find_candidates, find_prior
from plate_runtime.errors import UsageError
from plate_runtime.formats import check_spelled
from plate_runtime.plate_evidence import plate_probability
from plate_runtime.script import LATIN, Script, _counterpart

CYRILLIC, DIGITS = Script("0123456789АБВЕКМНОРСТУХ"), Script("0123456789")
MIXED = Script("0123456789AOАОЙ")
"""Latin and Cyrillic letters in one alphabet."""


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("gö-wg 2496", "GOWG2496"), ("Łódź 1", "LODZ1"), ("А749РТ77", "A749PT77"), ("ΑΒΕ 1234", "ABE1234"),
        ("Ａ１", "A1"), ("Ø·ß", "OSS"), ("", ""), ("- • –", ""),
    ],
)  # fmt: skip
def test_what_looks_like_a_character_becomes_it(written: str, text: str) -> None:
    assert LATIN.to_characters(written) == text


@pytest.mark.parametrize("written", ["Ж", "京", "٢", "A?1", "A*"])
def test_what_has_no_counterpart_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match="'"):
        LATIN.to_characters(written)


def test_an_alphabet_of_another_script_takes_latin_look_alikes() -> None:
    assert Script("0123456789АВЕЙ").to_characters("a123Й") == "А123Й"
    with pytest.raises(ValueError, match="one of 0123456789"):
        DIGITS.to_characters("A1")


@given(st.text(ALPHABET + "abcxyz -·", max_size=12))
def test_texts_of_the_alphabet_keep_every_character(written: str) -> None:
    assert LATIN.to_characters(written) == "".join(one for one in written.upper() if one in ALPHABET)


@given(st.text(max_size=12))
def test_any_text_is_written_or_refused(written: str) -> None:
    try:
        text = LATIN.to_characters(written)
    except ValueError:
        return
    assert set(text) <= set(ALPHABET)


def test_characters_of_all_of_unicode_take_no_memory() -> None:
    for number in range(0x4E00, 0x4E00 + 5000):
        with pytest.raises(ValueError, match="not on the plates"):
            LATIN.to_characters(chr(number))
    assert _counterpart.cache_info().currsize <= 1024


@pytest.mark.parametrize(
    ("script", "written", "text"),
    [
        (CYRILLIC, "a 123 bc", "А123ВС"), (CYRILLIC, "о0", "О0"), (Script("ИЙ"), "и\u0306й", "ЙЙ"),
        (DIGITS, "12-O3 I", "12031"), (Script("ABC23OI"), "0-1", "OI"), (MIXED, "AА0oо", "AА0OО"),
    ],
)  # fmt: skip
def test_every_alphabet_folds_text_into_itself(script: Script, written: str, text: str) -> None:
    assert script.to_characters(written) == text


def test_confusables_are_those_that_the_alphabet_has() -> None:
    assert LATIN.confusables == ("0O", "1I")
    assert CYRILLIC.confusables == ("0О",) and CYRILLIC.others("О") == "0" and CYRILLIC.others("А") == ""
    assert DIGITS.confusables == ()
    assert MIXED.confusables == ("0OО", "AА") and MIXED.others("O") == "0О"


def test_only_latin_letters_with_digits_have_a_prior() -> None:
    assert LATIN.is_latin and Script("0123456789ABCDEFGHJKLMNOPRSTUVWXYZ").is_latin
    for script in (CYRILLIC, DIGITS, MIXED, Script("ABC"), Script(ALPHABET + "Ö")):
        assert not script.is_latin
        prior = find_prior(None, script)
        assert {prior.weigh(text) for text in ("", "123", "АВ", "123456789")} == {1.0} and not prior.foreign
    assert plate_probability(0.7, "12", None, CYRILLIC) == 0.7 != plate_probability(0.7, "12")


def test_a_region_is_for_models_that_read_its_characters() -> None:
    assert check_spelled("il", DIGITS).name == "il"
    assert check_spelled("de", Script(ALPHABET.replace("I", "").replace("Q", ""))).name == "de"
    for region, script in (("de", DIGITS), ("ru", CYRILLIC), ("us", DIGITS), ("eu", CYRILLIC)):
        with pytest.raises(UsageError, match=f"{region!r} has plates with other characters .*{script.alphabet}"):
            check_spelled(region, script)


def test_formats_of_digits_alone_are_weighed_for_a_model_of_digits() -> None:
    prior = find_prior("il", DIGITS)
    assert prior.weigh("1234567") > 2 * prior.weigh("123456") and prior.weigh("12345678") > 2 * prior.weigh("123456789")


def _logits(script: Script, *steps: dict[str, float]) -> np.ndarray:
    probabilities = np.full((1, len(steps), len(script.alphabet) + 1), 1e-6, np.float32)
    for row, step in zip(probabilities[0], steps, strict=True):
        for character, probability in step.items():
            row[(script.alphabet + "-").index(character)] = probability
    return np.log(probabilities)


def test_confusables_of_every_script_count_as_one_and_keep_their_spelling() -> None:
    logits = _logits(MIXED, {"O": 0.2, "0": 0.3, "О": 0.5}, {"-": 1.0}, {"A": 0.4, "А": 0.6})
    ((first, *_),) = find_candidates(logits, "ctc", MIXED)
    assert first.text == "0A" and first.likelihood == pytest.approx(1, abs=0.01)
    spelled = dict(first.spell(MIXED))
    assert spelled == pytest.approx({"0A": 0.12, "0А": 0.18, "OA": 0.08, "OА": 0.12, "ОA": 0.2, "ОА": 0.3}, abs=0.01)
    (reading,) = decode_logits(logits, "ctc", MIXED)
    assert reading.text == reading.raw_text == "ОА" and reading.confidence > 0.98


def test_what_the_network_sees_decides_where_nothing_is_known_of_texts() -> None:
    (reading,) = decode_logits(_logits(DIGITS, {"1": 0.6, "7": 0.4}, {"-": 1.0}, {"8": 1.0}), "ctc", DIGITS)
    assert reading.text == "18" and reading.confidence == pytest.approx(0.6, abs=0.01)
    assert reading.characters[0].alternatives == (("7", pytest.approx(0.4, abs=0.01)),)
