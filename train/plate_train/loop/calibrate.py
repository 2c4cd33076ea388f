"""Temperature scaling (Guo et al. 2017): the temperature with the least log loss."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

_COARSE, _FINE = 13, 7
LEAST, _MOST = 0.4, 4.0


def find_temperature(loss: Callable[[float], float], least: float = LEAST, most: float = _MOST) -> float:
    """Return the temperature from `least` to `most` with the smallest loss, on a coarse and then a fine grid."""
    best = min(np.geomspace(least, most, _COARSE), key=loss)
    step = (most / least) ** (1 / (_COARSE - 1))
    fine = np.clip(np.geomspace(best / step, best * step, _FINE), least, most)
    return round(float(min(fine, key=loss)), 4)


def log_loss(confidences: Sequence[float], correct: NDArray[np.bool_]) -> float:
    """Return the mean log loss of confidences, given which readings are right."""
    clipped = np.clip(np.asarray(confidences, np.float64), 1e-4, 1 - 1e-4)
    return float(-np.log(np.where(correct, clipped, 1 - clipped)).mean())
