"""Random numbers and noise of the renderers: the same seed gives the same picture."""

from __future__ import annotations

import math
import random

import numpy as np
from numpy.typing import NDArray

Gray = NDArray[np.float32]

_FIELD_SIZE = 384
_CORRELATION_LENGTHS = (0.0, 0.8, 1.4, 2.2, 3.5)
"""Of the noise fields, in pixels."""


class RandomSource(random.Random):
    """Python's generator with three more distributions; for scalars it is ten times faster than numpy's."""

    def chance(self, probability: float) -> bool:
        """True with the given probability."""
        return self.random() < probability

    def log_uniform(self, low: float, high: float) -> float:
        """A number whose logarithm is uniformly distributed."""
        return math.exp(self.uniform(math.log(low), math.log(high)))

    def normal(self, deviation: float, limit: float = 2.5) -> float:
        """A normally distributed number of mean 0, clipped at `limit` deviations."""
        return max(-limit, min(limit, self.gauss(0.0, 1.0))) * deviation


class NoiseFields:
    """Noise of five correlation lengths, computed once; effects take windows at random places."""

    def __init__(self, seed: int) -> None:
        rng = np.random.default_rng([seed, 0x6E])
        self._fields: list[Gray] = []
        for length in _CORRELATION_LENGTHS:
            field = rng.standard_normal((_FIELD_SIZE, _FIELD_SIZE)).astype(np.float32)
            if length:
                field = _smooth_periodic(field, length)
            self._fields.append(np.asarray(field / field.std(), np.float32))

    def window(self, shape: tuple[int, int], rng: RandomSource, coarseness: int) -> Gray:
        """Return noise of deviation 1 and shape (h, w); `coarseness` is 0, fine, to 4, blotchy."""
        height, width = shape
        top, left = rng.randrange(_FIELD_SIZE - height), rng.randrange(_FIELD_SIZE - width)
        field: Gray = self._fields[coarseness]
        return field[top : top + height, left : left + width]


def _smooth_periodic(field: Gray, length: float) -> Gray:
    frequency = np.fft.fftfreq(field.shape[0])
    falloff = np.exp(-2 * (np.pi * length * frequency) ** 2)
    smoothed = np.fft.ifft2(np.fft.fft2(field) * falloff[:, None] * falloff[None, :])
    return np.asarray(smoothed.real, np.float32)
