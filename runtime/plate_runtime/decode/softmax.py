"""Probabilities of single characters, and the temperature that calibrates them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..results import Character
from ..script import Script
from .characters import WORTH_NAMING, describe


def decode_softmax(probabilities: NDArray[np.float32], script: Script, temperature: float = 1.0) -> list[Character]:
    """Decode the output of a softmax, float32 (n, classes), with one class per character of the script.

    The temperature divides the logits (Guo et al. 2017, "On Calibration of Modern Neural Networks").
    """
    alphabet, calibrated = script.alphabet, apply_temperature(probabilities, temperature)
    best = calibrated.argmax(axis=1).tolist()
    named: list[dict[str, float]] = [{} for _ in best]
    rows, classes = np.nonzero(calibrated >= WORTH_NAMING / 2)  # a few: sorting all classes would cost more
    for row, number, probability in zip(
        rows.tolist(), classes.tolist(), calibrated[rows, classes].tolist(), strict=True
    ):
        named[row][alphabet[number]] = probability
    return [describe(alphabet[number], others) for number, others in zip(best, named, strict=True)]


def apply_temperature(probabilities: NDArray[np.float32], temperature: float) -> NDArray[np.float32]:
    """Return softmax(log(p) / temperature), float32 (n, classes); rows of zeros become uniform."""
    # An int8 output has no probability between 0 and 1/256: the floor limits the effect of its zeros.
    return softmax(np.log(np.maximum(probabilities.astype(np.float64), 1e-6)) / temperature).astype(np.float32)


def softmax(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    """Softmax over the last axis, float64 of the same shape.

    Rounded to float32, it is equal with every NumPy and processor.
    """
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    probabilities: NDArray[np.float64] = powers / powers.sum(axis=-1, keepdims=True)
    return probabilities
