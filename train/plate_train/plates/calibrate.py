"""The temperature that makes the confidence of a whole plate a probability."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from plate_runtime.decode import decode_logits
from plate_runtime.script import LATIN

from .score import right

ENOUGH_ERRORS = 10
_COARSE, _FINE = 13, 7
_LEAST, _MOST = 0.4, 4.0


def fit_temperature(logits: NDArray[np.float32], texts: Sequence[str], decoding: str) -> float:
    """Return the temperature at which the plates' confidences, as told, are likeliest for what was read right.

    Least mean log-loss of "right, with O=0 and I=1 as one" (Guo et al. 2017) of logits (n, steps, classes). With
    hardly an error the optimum runs off towards certainty: below 10 errors nothing under 1 is taken.
    """
    correct = right(decode_logits(logits, decoding, LATIN), texts)

    def loss(temperature: float) -> float:
        readings = decode_logits(logits, decoding, LATIN, temperature)
        return log_loss([reading.confidence for reading in readings], right(readings, texts))

    return find_temperature(loss, _LEAST if int((~correct).sum()) >= ENOUGH_ERRORS else 1.0)


def find_temperature(loss: Callable[[float], float], least: float = _LEAST, most: float = _MOST) -> float:
    """Return the temperature from `least` to `most` with the smallest loss, on a coarse and then a fine grid."""
    best = min(np.geomspace(least, most, _COARSE), key=loss)
    step = (most / least) ** (1 / (_COARSE - 1))
    fine = np.clip(np.geomspace(best / step, best * step, _FINE), least, most)
    return round(float(min(fine, key=loss)), 4)


def log_loss(confidences: Sequence[float], correct: NDArray[np.bool_]) -> float:
    """Return the mean negative logarithm of what the confidences gave to what happened."""
    told = np.clip(np.asarray(confidences, np.float64), 1e-4, 1 - 1e-4)
    return float(-np.log(np.where(correct, told, 1 - told)).mean())
