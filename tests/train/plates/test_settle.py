"""Averaged weights are read with the means and variances that they have themselves."""

from __future__ import annotations

import numpy as np
import pytest

from plate_train.loop.training import Training
from plate_train.plates.architectures import Size, build
from plate_train.plates.losses import LONGEST
from plate_train.plates.network import plate_training

RANDOM = np.random.default_rng(1)
BATCHES = [RANDOM.random((8, 48, 160, 1), dtype=np.float32) for _ in range(3)]
CODES = np.full((8, LONGEST), -1, np.int32)
CODES[:, :3] = 5


@pytest.fixture
def hasty() -> Training:
    """A training whose weights change so fast that their average is far from each of them."""
    training = plate_training(build("ctc-rows", Size(0.1, 1, dropout=0.0)), "ctc")
    for _ in range(12):
        training.step(BATCHES[0], CODES, 0.05, 0.1)
    return training


def test_settled_networks_read_as_they_normalise(hasty: Training) -> None:
    expected = np.asarray(hasty.average(BATCHES[0], training=True))  # with the batch's own means; changes the kept ones
    before = np.asarray(hasty.read(BATCHES[0]))
    hasty.update_statistics(BATCHES[:1])
    after = np.asarray(hasty.read(BATCHES[0]))
    assert np.abs(after - expected).max() < 0.1 * np.abs(before - expected).max()
    assert np.allclose(after, expected, atol=0.02 * np.abs(expected).max())


def test_settling_depends_on_nothing_but_weights_and_batches(hasty: Training) -> None:
    hasty.update_statistics(BATCHES)
    once = [weights.copy() for weights in hasty.average.get_weights()]
    hasty.update_statistics(BATCHES[1:])
    hasty.update_statistics(BATCHES)
    assert all(np.array_equal(one, other) for one, other in zip(once, hasty.average.get_weights(), strict=True))


def test_without_batches_nothing_changes(hasty: Training) -> None:
    before = [weights.copy() for weights in hasty.average.get_weights()]
    hasty.update_statistics([])
    assert all(np.array_equal(one, other) for one, other in zip(before, hasty.average.get_weights(), strict=True))
