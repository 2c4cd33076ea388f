"""Losses of both decodings, against sums written out."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from plate_runtime.alphabet import ALPHABET
from plate_runtime.errors import DataError
from plate_train.plates.architectures import SLOTS
from plate_train.plates.losses import LONGEST, ctc_loss, encode, slots_loss

BLANK = len(ALPHABET)


def softmax(logits: np.ndarray) -> np.ndarray:
    powers = np.exp(logits - logits.max(-1, keepdims=True))
    return np.asarray(powers / powers.sum(-1, keepdims=True))


def collapsed(path: tuple[int, ...]) -> list[int]:
    return [sign for sign, _ in itertools.groupby(path) if sign != BLANK]


def test_ctc_loss_sums_over_all_alignments() -> None:
    logits = np.full((1, 4, 37), -30, np.float32)
    logits[..., [1, 2, BLANK]] = np.random.default_rng(0).normal(size=(1, 4, 3))
    shares = softmax(logits)[0]
    paths = itertools.product([1, 2, BLANK], repeat=4)
    likely = sum(np.prod(shares[range(4), path]) for path in paths if collapsed(path) == [1, 2])
    assert float(ctc_loss(encode(["12"]), logits)[0]) == pytest.approx(-np.log(likely), rel=1e-4)


def test_slots_loss_wants_blanks_after_the_text() -> None:
    logits = np.random.default_rng(0).normal(size=(1, SLOTS, 37)).astype(np.float32)
    wanted = [1, 2] + [BLANK] * (SLOTS - 2)
    expected = -np.log(softmax(logits)[0, range(SLOTS), wanted]).sum()
    assert float(slots_loss(encode(["12"]), logits)[0]) == pytest.approx(expected, rel=1e-4)


def test_texts_are_encoded_with_the_alphabet() -> None:
    assert encode(["0AZ"]).tolist() == [[0, 10, 35] + [-1] * (LONGEST - 3)]
    assert encode([]).shape == (0, LONGEST)


@pytest.mark.parametrize("text", ["a1", "AB-12", "A" * (LONGEST + 1)])
def test_other_texts_are_refused_by_name(text: str) -> None:
    with pytest.raises(DataError, match=text):
        encode(["A1", text])
