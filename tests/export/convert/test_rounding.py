from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from plate_export.convert import rounding
from plate_export.convert.rounding import Collector, Statistics, round_weights

STEPS = np.array([0.1, 0.2])
LIMIT = 63


def statistics(inputs: NDArray[np.float32]) -> Statistics:
    """Of inputs (n, k) of a dense layer."""
    size = inputs.shape[1]
    collector = Collector((1, 1, size), (1, 1), (0, 0, 0, 0))
    for one in inputs:
        collector.add(one.reshape(1, 1, size), np.random.default_rng(0))
    return collector.statistics()


@pytest.fixture
def inputs() -> NDArray[np.float32]:
    """Correlated inputs (200, 12) of a dense layer."""
    numbers = np.random.default_rng(1)
    return (numbers.normal(1, 1, (200, 12)) + 2 * numbers.normal(0, 1, (200, 1))).astype(np.float32)


def test_statistics_are_mean_and_covariance(inputs: NDArray[np.float32]) -> None:
    found = statistics(inputs)
    assert np.allclose(found.mean, inputs.mean(0), atol=1e-5)
    assert np.allclose(found.covariance, np.cov(inputs.T, bias=True), atol=1e-4)


def test_correlated_inputs_lower_the_error_of_sums(inputs: NDArray[np.float32]) -> None:
    weights, centred = np.random.default_rng(2).normal(0, 1, (2, 12)), inputs - inputs.mean(0)
    rounded, errors = round_weights(weights, STEPS, LIMIT, statistics(inputs))
    nearest = np.round(weights / STEPS[:, None])
    measured = [((weights - q * STEPS[:, None]) @ centred.T).var(1) for q in (rounded, nearest)]
    assert np.allclose(errors, measured[0], rtol=1e-3)
    assert np.all(measured[0] < measured[1])


def test_many_inputs_are_rounded_to_nearest(inputs: NDArray[np.float32], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rounding, "CORRELATED", 11)
    found = statistics(inputs)
    assert np.allclose(found.covariance, inputs.var(0), atol=1e-4)
    weights = np.random.default_rng(2).normal(0, 1, (2, 12))
    weights[0, 0] = 100
    rounded, errors = round_weights(weights, STEPS, LIMIT, found)
    assert np.array_equal(rounded, np.clip(np.round(weights / STEPS[:, None]), -LIMIT, LIMIT))
    assert np.allclose(errors, (weights - rounded * STEPS[:, None]) ** 2 @ inputs.var(0), rtol=1e-3)
