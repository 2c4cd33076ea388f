"""The temperature that makes the confidence of a whole plate a probability."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from plate_runtime.decode import decode_logits
from plate_runtime.script import LATIN

from ..loop.calibrate import LEAST, find_temperature, log_loss
from .score import right

ENOUGH_ERRORS = 10


def fit_temperature(logits: NDArray[np.float32], texts: Sequence[str], decoding: str) -> float:
    """Return the temperature at which the confidences of plates have the least log loss.

    Least mean log-loss of "right, with O=0 and I=1 as one" (Guo et al. 2017) of logits (n, steps, classes). With
    hardly an error the optimum runs off towards certainty: below 10 errors nothing under 1 is taken.
    """
    correct = right(decode_logits(logits, decoding, LATIN), texts)

    def loss(temperature: float) -> float:
        readings = decode_logits(logits, decoding, LATIN, temperature)
        return log_loss([reading.confidence for reading in readings], right(readings, texts))

    return find_temperature(loss, LEAST if int((~correct).sum()) >= ENOUGH_ERRORS else 1.0)
