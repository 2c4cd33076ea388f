"""Chooses the whole numbers that stand for a convolution's weights: those that change its sums least.

Weights are rounded one after the other, and what each rounding breaks the weights not yet rounded repair as far as
the inputs go together (GPTQ, Frantar et al. 2022, arXiv 2210.17323). What is left of it on average goes to the bias.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

PLACES = 32
"""Places of a picture at which a convolution's input is looked at."""

_TOGETHER = 45  # pictures: what is kept of them stays small
_DAMPING = 0.01
_BLOCK = 64  # weights: later ones are repaired by one product for all of them


@dataclass(frozen=True)
class Statistics:
    """Mean (k,) and covariance (k, k) of the k inputs that a convolution's kernel covers."""

    mean: NDArray[np.float64]
    covariance: NDArray[np.float64]


class Collector:
    """Gathers the statistics of one convolution's input, picture by picture."""

    def __init__(self, kernel: Sequence[int], steps: Sequence[int], pads: Sequence[int]) -> None:
        self._kernel, self._steps, self._pads = kernel, steps, pads
        size = int(np.prod(kernel))
        self._count, self._sum, self._products = 0, np.zeros(size), np.zeros((size, size))
        self._kept: list[NDArray[np.float32]] = []

    def add(self, picture: NDArray[np.float32], numbers: np.random.Generator) -> None:
        """Look at float32 (height, width, channels) at some places."""
        top, left, bottom, right = self._pads
        padded = np.pad(picture, ((top, bottom), (left, right), (0, 0)))
        windows = np.lib.stride_tricks.sliding_window_view(padded, tuple(self._kernel[:2]), axis=(0, 1))
        windows = windows[:: self._steps[0], :: self._steps[1]].transpose(0, 1, 3, 4, 2)
        height, width = windows.shape[:2]
        places = numbers.permutation(height * width)[:PLACES]
        self._kept.append(windows[places // width, places % width].reshape(len(places), -1))
        if len(self._kept) == _TOGETHER:
            self._sum_up()

    def _sum_up(self) -> None:
        patches = np.concatenate(self._kept)
        self._kept = []
        self._count += len(patches)
        self._sum += patches.sum(0)
        self._products += patches.T @ patches

    def statistics(self) -> Statistics:
        """Return what was seen."""
        if self._kept:
            self._sum_up()
        mean = self._sum / self._count
        return Statistics(mean, self._products / self._count - np.outer(mean, mean))


def round_weights(
    weights: NDArray[np.float64], steps: NDArray[np.float64], limit: int, seen: Statistics
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return whole numbers q (rows, k) from -limit to limit, and the mean square error of each row's sums.

    Args:
        weights: (rows, k); steps: (rows,), what one whole number stands for: weights are about q x steps.
    """
    order = np.argsort(-np.diag(seen.covariance), kind="stable")
    covariance = seen.covariance[np.ix_(order, order)]
    damped = covariance + np.eye(len(order)) * max(_DAMPING * float(np.diag(covariance).mean()), 1e-9)
    factor: NDArray[Any] = np.linalg.cholesky(np.linalg.inv(damped)).T
    wanted, rounded = weights[:, order].copy(), np.zeros(weights.shape)
    for start in range(0, len(order), _BLOCK):
        end = min(start + _BLOCK, len(order))
        block, within = wanted[:, start:end].copy(), factor[start:end, start:end]
        broken = np.zeros(block.shape)
        for place in range(end - start):
            rounded[:, start + place] = np.clip(np.round(block[:, place] / steps), -limit, limit)
            broken[:, place] = (block[:, place] - rounded[:, start + place] * steps) / within[place, place]
            block[:, place + 1 :] -= np.outer(broken[:, place], within[place, place + 1 :])
        wanted[:, end:] -= broken @ factor[start:end, end:]
    lost = weights[:, order] - rounded * steps[:, None]
    errors = np.einsum("rk,rk->r", lost @ covariance, lost)
    return rounded[:, np.argsort(order)], errors
