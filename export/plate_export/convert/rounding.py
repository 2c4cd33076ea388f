"""Chooses the integers that replace a layer's weights: those that change its sums least.

Weights are rounded one after the other. Each error is compensated by the weights not yet rounded, as far as their
inputs correlate (GPTQ, Frantar et al. 2022, arXiv 2210.17323). The bias takes the mean of what remains. A layer with
more inputs than `CORRELATED` is rounded to nearest: the matrices of its inputs would cost seconds and gain nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

PLACES = 32
"""Positions of a picture at which a convolution's input is sampled."""
CORRELATED = 1536
"""Inputs up to which their correlation is used."""

_BATCH = 45  # pictures; their samples are kept until then
_DAMPING = 0.01
_BLOCK = 64  # weights: later ones are corrected by one product for all of them


@dataclass(frozen=True)
class Statistics:
    """Mean (k,) and covariance (k, k) of the k inputs of each sum; only variances (k,) above `CORRELATED`."""

    mean: NDArray[np.float64]
    covariance: NDArray[np.float64]


class Collector:
    """Collects the statistics of one layer's input, picture by picture."""

    def __init__(self, kernel: Sequence[int], steps: Sequence[int], pads: Sequence[int]) -> None:
        self._kernel, self._steps, self._pads = kernel, steps, pads
        size = int(np.prod(kernel))
        self._count, self._sum = 0, np.zeros(size)
        self._products = np.zeros((size, size) if size <= CORRELATED else size)
        self._kept: list[NDArray[np.float32]] = []

    def add(self, picture: NDArray[np.float32], numbers: np.random.Generator) -> None:
        """Sample float32 (height, width, channels) at some positions."""
        top, left, bottom, right = self._pads
        padded = np.pad(picture, ((top, bottom), (left, right), (0, 0)))
        windows = np.lib.stride_tricks.sliding_window_view(padded, tuple(self._kernel[:2]), axis=(0, 1))
        windows = windows[:: self._steps[0], :: self._steps[1]].transpose(0, 1, 3, 4, 2)
        height, width = windows.shape[:2]
        places = numbers.permutation(height * width)[:PLACES]
        self._kept.append(windows[places // width, places % width].reshape(len(places), -1))
        if len(self._kept) == _BATCH:
            self._sum_up()

    def _sum_up(self) -> None:
        patches = np.concatenate(self._kept)
        self._kept = []
        self._count += len(patches)
        self._sum += patches.sum(0)
        self._products += patches.T @ patches if self._products.ndim == 2 else (patches**2).sum(0)

    def statistics(self) -> Statistics:
        """Return the statistics of all samples."""
        if self._kept:
            self._sum_up()
        mean = self._sum / self._count
        square = np.outer(mean, mean) if self._products.ndim == 2 else mean**2
        return Statistics(mean, self._products / self._count - square)


def round_weights(
    weights: NDArray[np.float64], steps: NDArray[np.float64], limit: int, seen: Statistics
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return integers q (rows, k) from -limit to limit, and the mean square error of each row's sums.

    Args:
        weights: (rows, k); steps: (rows,): weights are about q x steps.
    """
    if seen.covariance.ndim == 1:
        nearest = np.clip(np.round(weights / steps[:, None]), -limit, limit)
        return nearest, (weights - nearest * steps[:, None]) ** 2 @ seen.covariance
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
