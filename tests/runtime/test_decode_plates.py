"""Logits of a plate's steps -> texts with likelihoods, and the reading chosen of them."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray

from plate_runtime.alphabet import ALPHABET, fold
from plate_runtime.decode import Candidate, choose, decode_logits, find_candidates, find_prior, find_spellings
from plate_runtime.results import Reading
from plate_runtime.script import LATIN, Script

BLANK = len(ALPHABET)
PATHS = st.lists(st.integers(0, BLANK), min_size=1, max_size=40)
LOGITS = arrays.arrays(
    np.float32,
    st.tuples(st.integers(0, 2), st.integers(1, 20), st.just(BLANK + 1)),
    elements=st.floats(-30, 30, width=32),
)


def one_hot(path: list[int]) -> NDArray[np.float32]:
    return (np.eye(BLANK + 1, dtype=np.float32)[path] * 20)[None]


def from_probabilities(*steps: dict[str, float]) -> NDArray[np.float32]:
    """Logits of steps in which the characters named have these probabilities; "-" is the blank."""
    probabilities = np.full((1, len(steps), BLANK + 1), 1e-9)
    for row, step in zip(probabilities[0], steps, strict=True):
        for character, probability in step.items():
            row[(ALPHABET + "-").index(character)] = probability
    return np.log(probabilities).astype(np.float32)


def candidates(*steps: dict[str, float], decoding: str = "ctc") -> dict[str, float]:
    (found,) = find_candidates(from_probabilities(*steps), decoding, LATIN)
    return {one.text: one.likelihood for one in found}


def read(*steps: dict[str, float]) -> Reading:
    (reading,) = decode_logits(from_probabilities(*steps), "ctc", LATIN)
    return reading


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_numbers_that_are_not_finite_are_refused(value: float) -> None:
    """They would be no text, with a confidence of 1."""
    logits = one_hot([1, BLANK, 2])
    for temperature in (0.0, -1.0, np.nan):
        with pytest.raises(ValueError, match="have to be finite"):
            decode_logits(logits, "ctc", LATIN, temperature)
    impossible = logits.copy()
    impossible[0, :, 5] = -np.inf
    assert decode_logits(impossible, "ctc", LATIN)[0].text == "12"
    logits[0, 1, 3] = value
    for decoding in ("ctc", "slots"):
        with pytest.raises(ValueError, match="have to be finite"):
            decode_logits(logits, decoding, LATIN)


@given(PATHS)
def test_certain_steps_collapse_as_ctc_defines(path: list[int]) -> None:
    expected = "".join(ALPHABET[character] for character, _ in itertools.groupby(path) if character != BLANK)
    (reading,) = decode_logits(one_hot(path), "ctc", LATIN)
    assert fold(reading.raw_text) == fold(expected)
    (found,) = find_candidates(one_hot(path), "ctc", LATIN)
    assert found[0].text == fold(expected) and found[0].likelihood > 0.98 ** (len(path) + 1), "mistakes of each step"


@given(PATHS)
def test_slots_merge_nothing(path: list[int]) -> None:
    (reading,) = decode_logits(one_hot(path), "slots", LATIN)
    assert fold(reading.raw_text) == fold("".join(ALPHABET[character] for character in path if character != BLANK))


@settings(max_examples=40, deadline=None)
@given(LOGITS, st.sampled_from(["ctc", "slots"]), st.floats(0.2, 5), st.sampled_from([None, "ro", "us", "cn"]))
def test_any_logits_give_probabilities(
    logits: NDArray[np.float32], decoding: str, temperature: float, region: str | None
) -> None:
    for found in find_candidates(logits, decoding, LATIN, temperature):
        likelihoods = [one.likelihood for one in found]
        assert 0 < sum(likelihoods) <= 1 + 1e-5 and likelihoods == sorted(likelihoods, reverse=True)
        assert len(found) <= 30 and len({one.text for one in found}) == len(found)
        assert all(len(one.text) == len(one.others) and one.text == fold(one.text) for one in found)
    readings = decode_logits(logits, decoding, LATIN, temperature, region)
    assert len(readings) == len(logits)
    for reading in readings:
        assert 0 <= reading.confidence <= 1
        for character in reading.characters:
            assert reading.confidence <= character.confidence + 1e-3 <= 1 + 1e-3
            probabilities = [probability for _, probability in character.alternatives]
            assert (
                probabilities == sorted(probabilities, reverse=True)
                and len(probabilities) <= 3
                and all(0 < one <= 1 for one in probabilities)
            )
            assert character.text not in dict(character.alternatives)


@settings(max_examples=20, deadline=None)
@given(LOGITS)
def test_a_batch_is_the_same_as_one_by_one(logits: NDArray[np.float32]) -> None:
    for decoding in ("ctc", "slots"):
        together = decode_logits(logits, decoding, LATIN)
        assert together == [decode_logits(one[None], decoding, LATIN)[0] for one in logits]


@given(arrays.arrays(np.float32, st.tuples(st.integers(1, 5), st.just(4)), elements=st.floats(-4, 4, width=32)))
def test_a_likelihood_is_the_sum_over_all_paths_that_give_the_text(logits: NDArray[np.float32]) -> None:
    (found,) = find_candidates(logits[None], "ctc", Script("ABC"))
    probabilities = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    sums: dict[str, float] = {}
    for path in itertools.product(range(4), repeat=len(logits)):
        text = "".join("ABC"[character] for character, _ in itertools.groupby(path) if character != 3)
        sums[text] = sums.get(text, 0.0) + float(
            np.prod([probabilities[step, character] for step, character in enumerate(path)])
        )
    assert all(one.likelihood <= sums[one.text] + 1e-6 for one in found)
    assert found[0].likelihood == pytest.approx(max(sums.values()), rel=0.2)


def test_the_best_path_is_not_always_the_most_likely_text() -> None:
    found = candidates({"-": 0.6, "A": 0.4}, {"-": 0.6, "A": 0.4})  # Graves et al. 2006, figure 2
    assert found == pytest.approx({"A": 0.64, "": 0.36}, abs=0.01)


def test_what_stands_apart_is_independent() -> None:
    found = candidates({"A": 0.7, "4": 0.3}, {"-": 1}, {"B": 0.6, "8": 0.4})
    assert found == pytest.approx({"AB": 0.42, "A8": 0.28, "4B": 0.18, "48": 0.12}, abs=0.01)
    assert candidates({"A": 0.5, "-": 0.5}, {"-": 1}, {"A": 0.5, "-": 0.5})["A"] == pytest.approx(0.5)
    assert candidates({"A": 0.9, "-": 0.1}, {"A": 0.8, "B": 0.2}, decoding="slots") == pytest.approx(
        {"AA": 0.72, "AB": 0.18, "A": 0.08, "B": 0.02}, abs=0.01
    )


def test_confusables_count_as_one_character_and_are_spelled_apart() -> None:
    (found,) = find_candidates(
        from_probabilities({"O": 0.4, "0": 0.3, "D": 0.3}, {"-": 1}, {"1": 0.5, "I": 0.5}), "ctc", LATIN
    )
    assert (found[0].text, found[0].likelihood) == ("01", pytest.approx(0.7, abs=0.01))
    assert dict(found[0].spell(LATIN)) == pytest.approx({"01": 0.15, "0I": 0.15, "O1": 0.2, "OI": 0.2}, abs=0.01)


def test_confusables_beat_a_character_that_leads_each_alone() -> None:
    assert read({"D": 0.4, "O": 0.35, "0": 0.25}).raw_text == "O"


def test_a_character_that_wavers_between_confusables_is_one() -> None:
    assert read({"O": 0.6, "0": 0.4}, {"O": 0.4, "0": 0.6}, {"-": 1}).raw_text == "O"
    assert read({"O": 1}, {"0": 1}).raw_text == "O0"


def steps(*characters: dict[str, float]) -> list[dict[str, float]]:
    """The characters with a certain blank between them."""
    return [step for one in characters for step in (one, {"-": 1.0})]


def plate(text: str, **doubts: dict[str, float]) -> Reading:
    return read(*steps(*(doubts.get(f"_{place}", {character: 1.0}) for place, character in enumerate(text))))


def test_the_prior_decides_what_the_network_leaves_open() -> None:
    reading = plate("ABC1234", _3={"1": 0.5, "I": 0.5}, _4={"Z": 0.55, "2": 0.45})
    assert (reading.text, reading.raw_text[4]) == ("ABC1234", "Z")
    assert reading.confidence > 0.8
    assert reading.characters[4].confidence == pytest.approx(reading.confidence, abs=0.1)
    assert reading.characters[4].alternatives[0][0] == "Z"


def test_the_prior_leaves_alone_what_the_network_is_certain_of() -> None:
    for text in ("WTFDMV", "X9X9X9X", "Q", "AAAAAAAAAAA"):
        assert plate(text).text == text


def test_a_missing_and_an_additional_character_are_weighed_too() -> None:
    more = plate("AB12CDEI", _7={"I": 0.55, "-": 0.45})
    assert (more.text, more.raw_text) == ("AB12CDE", "AB12CDEI")
    less = plate("XAB12CDE", _3={"1": 0.45, "-": 0.55}, _0={"-": 1.0})
    assert (less.text, less.raw_text) == ("AB12CDE", "AB2CDE")


def test_doubt_whether_something_stands_in_a_gap_lowers_the_plate_s_confidence() -> None:
    certain = plate("CJ12ABC")
    doubtful = read(*steps(*({character: 1.0} for character in "CJ12ABC"), {"-": 0.6, "X": 0.4}))
    assert certain.text == doubtful.text == "CJ12ABC"
    assert 0.5 < doubtful.confidence < certain.confidence
    assert doubtful.characters[0].confidence > 0.99, "what is certain stays so"


def test_a_region_sharpens_the_prior() -> None:
    logits = from_probabilities(
        *steps(*({character: 1.0} for character in "CJ12A"), {"8": 0.97, "B": 0.03}, {"C": 1.0})
    )
    anywhere, romania = (decode_logits(logits, "ctc", LATIN, 1.0, region)[0] for region in (None, "ro"))
    assert romania.text == "CJ12ABC" and romania.raw_text == "CJ12A8C"
    assert romania.confidence > dict(anywhere.characters[5].alternatives).get("B", 0.0)
    (vanity,) = decode_logits(
        from_probabilities(*steps(*({character: 1.0} for character in "HELLO"))), "ctc", LATIN, 1.0, "ro"
    )
    assert vanity.text == "HELLO"


def test_a_character_of_another_script_may_be_taken_for_one_of_the_alphabet() -> None:
    spread = {"R": 0.3, "M": 0.2, "5": 0.1, "K": 0.1, "-": 0.3}
    reading = read(*steps(spread, *({character: 1.0} for character in "A88731")))
    assert reading.text == "A88731" and reading.confidence > 0.35


def test_likelihoods_of_several_pictures_give_one_reading() -> None:
    found = [Candidate("CJ12A8C", 0.5, ((),) * 7), Candidate("CJ12ABC", 0.4, ((),) * 7)]
    reading = choose(found, find_prior())
    assert reading.text == "CJ12ABC" and reading.raw_text == "CJ12A8C"
    assert sum(probability for _, probability in reading.characters[5].alternatives) + reading.confidence <= 1


def test_cut_characters_are_spelled_too() -> None:
    probabilities = np.full((2, 36), 0.0, np.float32)
    probabilities[0, [ALPHABET.index("A"), ALPHABET.index("4")]] = 0.75, 0.25
    probabilities[1, [ALPHABET.index("0"), ALPHABET.index("O")]] = 0.5
    found = find_spellings(probabilities, LATIN)
    assert {one.text: one.likelihood for one in found} == pytest.approx({"A0": 0.75, "40": 0.25})


def test_nothing_but_blanks_is_no_text() -> None:
    for decoding in ("ctc", "slots"):
        (reading,) = decode_logits(one_hot([BLANK] * 5), decoding, LATIN)
        assert (reading.text, reading.characters) == ("", ())


def test_a_higher_temperature_means_less_confidence_in_the_same_text() -> None:
    logits = from_probabilities({"A": 0.9, "4": 0.1}, {"-": 1}, {"B": 0.7, "8": 0.3})
    for decoding in ("ctc", "slots"):
        cold, mild, warm = (find_candidates(logits, decoding, LATIN, t)[0][0] for t in (0.5, 1.0, 3.0))
        assert cold.text == mild.text == warm.text == "AB"
        assert cold.likelihood > mild.likelihood > warm.likelihood


@pytest.mark.parametrize(("shape", "decoding"), [((1, 5, 36), "ctc"), ((5, 37), "slots"), ((1, 5, 37), "softmax")])
def test_what_does_not_fit_is_refused(shape: tuple[int, ...], decoding: str) -> None:
    with pytest.raises(ValueError):
        decode_logits(np.zeros(shape, np.float32), decoding, LATIN)
