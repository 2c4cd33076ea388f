"""Logits of a plate's steps -> text, confidences and alternatives."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray

from plate_runtime.alphabet import ALPHABET
from plate_runtime.decode import Reading, decode_ctc, decode_logits, decode_slots

BLANK = len(ALPHABET)
PATHS = st.lists(st.integers(0, BLANK), min_size=1, max_size=40)
LOGITS = arrays.arrays(
    np.float32,
    st.tuples(st.integers(0, 2), st.integers(1, 20), st.just(BLANK + 1)),
    elements=st.floats(-30, 30, width=32),
)


def one_hot(path: list[int]) -> NDArray[np.float32]:
    return (np.eye(BLANK + 1, dtype=np.float32)[path] * 20)[None]


def from_shares(*steps: dict[str, float]) -> NDArray[np.float32]:
    """Logits of steps in which the signs named have these probabilities; "-" is the blank."""
    shares = np.full((1, len(steps), BLANK + 1), 1e-9)
    for row, step in zip(shares[0], steps, strict=True):
        for sign, share in step.items():
            row[(ALPHABET + "-").index(sign)] = share
    return np.log(shares).astype(np.float32)


def read(*steps: dict[str, float]) -> Reading:
    (reading,) = decode_ctc(from_shares(*steps), ALPHABET)
    return reading


@given(PATHS)
def test_sure_steps_collapse_as_ctc_defines(path: list[int]) -> None:
    expected = "".join(ALPHABET[sign] for sign, _ in itertools.groupby(path) if sign != BLANK)
    (reading,) = decode_ctc(one_hot(path), ALPHABET)
    assert reading.text == expected
    assert reading.confidence == pytest.approx(1, abs=1e-3)
    assert all(character.confidence > 0.999 and not character.alternatives for character in reading.characters)


@given(PATHS)
def test_slots_merge_nothing(path: list[int]) -> None:
    (reading,) = decode_slots(one_hot(path), ALPHABET)
    assert reading.text == "".join(ALPHABET[sign] for sign in path if sign != BLANK)
    assert reading.confidence == pytest.approx(1, abs=1e-3)


@given(LOGITS, st.sampled_from(["ctc", "slots"]), st.floats(0.2, 5))
def test_any_logits_give_probabilities(logits: NDArray[np.float32], decoding: str, temperature: float) -> None:
    readings = decode_logits(logits, decoding, ALPHABET, temperature)
    assert len(readings) == len(logits)
    for reading in readings:
        assert 0 <= reading.confidence <= 1
        for character in reading.characters:
            assert 0 < character.confidence <= 1
            assert character.text not in [text for text, _ in character.alternatives]
            assert all(0 < share <= 1 for _, share in character.alternatives)


@given(LOGITS)
def test_a_batch_is_the_same_as_one_by_one(logits: NDArray[np.float32]) -> None:
    for decoding in ("ctc", "slots"):
        together = decode_logits(logits, decoding, ALPHABET)
        assert together == [decode_logits(one[None], decoding, ALPHABET)[0] for one in logits]


def test_a_character_is_described_by_its_clearest_step() -> None:
    reading = read({"B": 0.6, "-": 0.4}, {"B": 0.8, "8": 0.15, "-": 0.05}, {"-": 1})
    (character,) = reading.characters
    assert (character.text, character.confidence) == ("B", pytest.approx(0.8, abs=1e-3))
    assert character.alternatives == (("8", pytest.approx(0.15, abs=1e-3)),)
    assert reading.confidence == pytest.approx(0.6 * 0.8 + 0.4 * 0.8 + 0.6 * 0.05, abs=1e-3)


def test_twins_count_as_one_sign_and_the_likelier_is_written() -> None:
    reading = read({"O": 0.4, "0": 0.3, "D": 0.29, "-": 0.01}, {"-": 1}, {"1": 0.5, "I": 0.48, "T": 0.02})
    assert reading.text == "O1"
    assert [character.confidence for character in reading.characters] == pytest.approx([0.7, 0.98], abs=1e-3)
    assert reading.characters[0].alternatives[0] == ("0", pytest.approx(0.3, abs=1e-3))
    assert reading.confidence == pytest.approx(0.7 * 0.98, abs=1e-3)


def test_twins_beat_a_sign_that_leads_each_alone() -> None:
    assert read({"D": 0.4, "O": 0.35, "0": 0.25}).text == "O"


def test_a_sign_that_wavers_between_twins_is_one_character() -> None:
    assert read({"O": 0.6, "0": 0.4}, {"O": 0.4, "0": 0.6}, {"-": 1}).text == "O"
    assert read({"O": 1}, {"0": 1}).text == "O0"


def test_doubt_whether_something_stands_in_a_gap_lowers_the_plate_s_confidence() -> None:
    sure = read({"A": 1}, {"-": 1}, {"B": 1})
    doubtful = read({"A": 1}, {"-": 0.7, "X": 0.3}, {"B": 1})
    neighbour = read({"A": 1}, {"-": 0.7, "A": 0.2, "B": 0.1}, {"B": 1})
    assert (sure.text, doubtful.text, neighbour.text) == ("AB", "AB", "AB")
    assert [one.confidence for one in (sure, doubtful, neighbour)] == pytest.approx([1, 0.7, 1], abs=1e-3)


def test_every_slot_counts() -> None:
    (reading,) = decode_slots(from_shares({"A": 0.9, "-": 0.1}, {"A": 0.8, "B": 0.2}, {"-": 0.5, "X": 0.4}), ALPHABET)
    assert reading.text == "AA"
    assert reading.confidence == pytest.approx(0.9 * 0.8 * 0.5 / 0.9, abs=1e-3)


def test_nothing_but_blanks_is_no_text() -> None:
    for decoding in ("ctc", "slots"):
        (reading,) = decode_logits(one_hot([BLANK] * 5), decoding, ALPHABET)
        assert (reading.text, reading.characters) == ("", ())


@given(arrays.arrays(np.float32, st.tuples(st.integers(1, 5), st.just(4)), elements=st.floats(-4, 4, width=32)))
def test_the_confidence_is_the_sum_over_all_paths_that_give_the_text(logits: NDArray[np.float32]) -> None:
    (reading,) = decode_ctc(logits[None], "ABC")
    shares = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    total = 0.0
    for path in itertools.product(range(4), repeat=len(logits)):
        if "".join("ABC"[sign] for sign, _ in itertools.groupby(path) if sign != 3) == reading.text:
            total += float(np.prod([shares[step, sign] for step, sign in enumerate(path)]))
    assert reading.confidence == pytest.approx(total, abs=2e-4)


def test_a_higher_temperature_means_less_confidence_in_the_same_text() -> None:
    logits = from_shares({"A": 0.9, "4": 0.1}, {"-": 1}, {"B": 0.7, "8": 0.3})
    for decoding in ("ctc", "slots"):
        cold, mild, warm = (decode_logits(logits, decoding, ALPHABET, t)[0] for t in (0.5, 1.0, 3.0))
        assert cold.text == mild.text == warm.text == "AB"
        assert cold.confidence > mild.confidence > warm.confidence
        assert cold.characters[1].confidence > 0.7 > warm.characters[1].confidence


@pytest.mark.parametrize(("shape", "decoding"), [((1, 5, 36), "ctc"), ((5, 37), "slots"), ((1, 5, 37), "softmax")])
def test_what_does_not_fit_is_refused(shape: tuple[int, ...], decoding: str) -> None:
    with pytest.raises(ValueError):
        decode_logits(np.zeros(shape, np.float32), decoding, ALPHABET)
