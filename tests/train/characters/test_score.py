"""Counting right answers, robustness, calibration."""

from __future__ import annotations

import numpy as np
import pytest

from plate_runtime.alphabet import ALPHABET
from plate_runtime.manifest import InputSpec
from plate_train.characters.datasets import CharacterSet
from plate_train.characters.score import cross_entropy, fit_temperature, predict, robustness, score
from plate_train.loop.scores import spread


def told(readings: str, sure: float = 0.9) -> np.ndarray:
    probabilities = np.full((len(readings), 36), (1 - sure) / 35, np.float32)
    probabilities[np.arange(len(readings)), [ALPHABET.index(sign) for sign in readings]] = sure
    return probabilities


def labels(text: str) -> np.ndarray:
    return np.array([ALPHABET.index(sign) for sign in text])


def test_raw_and_folded_counts() -> None:
    found = score(told("0O1I8B"), labels("OO11BB"))
    assert (found.count, found.right, found.folded) == (6, 3, 5)
    assert str(found).startswith("3 of 6 (50.00 %), folded 5, loss ")
    assert found.to_json()["accuracy"] == 0.5


def test_an_empty_set_has_a_score() -> None:
    assert score(told(""), labels("")).to_json() == {
        "count": 0, "right": 0, "folded": 0, "loss": 0.0, "ece": 0.0, "accuracy": 0.0,
    }  # fmt: skip


def test_loss_is_the_mean_negative_logarithm_and_never_infinite() -> None:
    assert cross_entropy(told("AB"), labels("AB")) == pytest.approx(-np.log(0.9))
    sure_and_wrong = cross_entropy(told("A", 1.0), labels("B"))
    assert sure_and_wrong == pytest.approx(-np.log(1e-7))


class Brightness:
    """Tells class 0 for pictures darker than their negatives, else class 1."""

    def predict_on_batch(self, batch: np.ndarray) -> np.ndarray:
        told = np.zeros((len(batch), 36), np.float32)
        told[np.arange(len(batch)), (batch.mean(axis=(1, 2, 3)) > 0.5).astype(int)] = 1
        return told


def test_predict_scales_as_the_spec_says(small_val: CharacterSet) -> None:
    dark = np.full((3, 28, 28), 100, np.uint8)
    assert predict(Brightness(), dark, InputSpec()).argmax(axis=1).tolist() == [0, 0, 0]
    assert predict(Brightness(), dark, InputSpec(scale=1 / 128)).argmax(axis=1).tolist() == [1, 1, 1]


def test_robustness_scores_every_change(small_val: CharacterSet) -> None:
    dark = CharacterSet(np.full((5, 28, 28), 20, np.uint8), np.zeros(5, np.int64), ["?"] * 5, "")
    table = robustness(Brightness(), dark, InputSpec())
    assert table["clean"].right == 5
    assert table["shift by 2 px"].right == 5
    assert table["inverted"].right == 0


def test_temperature_softens_what_is_too_sure() -> None:
    readings = "A" * 80 + "B" * 20
    temperature = fit_temperature(told(readings, 0.999), labels("A" * 100))
    assert temperature > 1.5
    softened = told(readings, 0.999).astype(float) ** (1 / temperature)
    softened /= softened.sum(axis=1, keepdims=True)
    assert softened.max(axis=1).mean() == pytest.approx(0.8, abs=0.02)


def test_few_errors_do_not_make_it_surer() -> None:
    assert fit_temperature(told("A" * 100, 0.6), labels("A" * 100)) == 1.0


def test_spread() -> None:
    assert spread([3, 1, 2]) == {"mean": 2.0, "min": 1, "max": 3}
