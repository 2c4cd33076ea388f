"""Network output -> characters with calibrated confidence and alternatives."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_ALTERNATIVES = 3
_WORTH_NAMING = 0.005


@dataclass(frozen=True)
class Character:
    """One character as read: `confidence` is a probability; `alternatives` are (text, probability), best first."""

    text: str
    confidence: float
    alternatives: tuple[tuple[str, float], ...] = ()


def decode_softmax(probabilities: NDArray[np.float32], alphabet: str, temperature: float = 1.0) -> list[Character]:
    """Decode float32 (n, classes) as a softmax gives it, one class a sign of `alphabet`.

    The temperature divides the logits (Guo et al. 2017, "On Calibration of Modern Neural Networks").
    """
    calibrated = apply_temperature(probabilities, temperature)
    order = np.argsort(-calibrated, axis=1, kind="stable")[:, : 1 + _ALTERNATIVES]
    return [_character(row, best, alphabet) for row, best in zip(calibrated, order, strict=True)]


def apply_temperature(probabilities: NDArray[np.float32], temperature: float) -> NDArray[np.float32]:
    """Return softmax(log(p) / temperature), float32 (n, classes); rows of zeros become uniform."""
    # An int8 output knows no probability below 1/256: the floor keeps its zeros from ruling the result.
    logits = np.log(np.maximum(probabilities.astype(np.float64), 1e-6)) / temperature
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    calibrated: NDArray[np.float32] = (powers / powers.sum(axis=1, keepdims=True)).astype(np.float32)
    return calibrated


def _character(row: NDArray[np.float32], best: NDArray[np.intp], alphabet: str) -> Character:
    others = [(alphabet[i], round(float(row[i]), 4)) for i in best[1:] if row[i] >= _WORTH_NAMING]
    return Character(alphabet[best[0]], round(float(row[best[0]]), 4), tuple(others))
