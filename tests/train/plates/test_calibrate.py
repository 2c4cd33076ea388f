"""The temperature of whole plates."""

from __future__ import annotations

import numpy as np
import pytest

from plate_runtime.alphabet import ALPHABET
from plate_train.loop.calibrate import log_loss
from plate_train.plates.calibrate import fit_temperature


def readings(sharpness: float, errors: float, count: int = 400) -> tuple[np.ndarray, list[str]]:
    """Slots of one character each; the network is wrong in `errors` of them and sure of everything alike."""
    random = np.random.default_rng(0)
    places = random.integers(10, 18, count)
    logits = np.zeros((count, 1, 37), np.float32)
    logits[np.arange(count), 0, places] = sharpness
    wrong = random.random(count) < errors
    return logits, [ALPHABET[(place + 1 if bad else place)] for place, bad in zip(places, wrong, strict=True)]


def test_a_network_too_sure_of_itself_is_softened() -> None:
    logits, texts = readings(sharpness=12, errors=0.2)
    temperature = fit_temperature(logits, texts, "slots")
    assert 2 < temperature < 3  # exp(12 / 2.4) / 36 is about 4 to 1


def test_a_network_too_modest_is_sharpened_only_with_errors_enough() -> None:
    logits, texts = readings(sharpness=4, errors=0.05)
    assert fit_temperature(logits, texts, "slots") < 0.8
    logits, texts = readings(sharpness=4, errors=0.0)
    assert fit_temperature(logits, texts, "slots") == 1.0


def test_log_loss_is_that_of_the_textbook() -> None:
    assert log_loss([0.8, 0.4], np.array([True, False])) == pytest.approx(-(np.log(0.8) + np.log(0.6)) / 2)
