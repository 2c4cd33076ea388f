"""Fixtures for the tests of training a detector."""

from __future__ import annotations

import pytest

from plate_train.networks.tensorflow_setup import fix


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> None:
    """TensorFlow takes its number of threads from whoever uses it first."""
    fix(0, 1)
