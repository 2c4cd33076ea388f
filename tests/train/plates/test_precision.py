"""Training in bfloat16 reads and keeps float32."""

from __future__ import annotations

import numpy as np
import pytest

from plate_train.plates.architectures import Size, build
from plate_train.plates.losses import LONGEST
from plate_train.plates.network import plate_training

PICTURES = np.random.default_rng(1).random((4, 48, 160, 1), dtype=np.float32)
CODES = np.full((4, LONGEST), -1, np.int32)
CODES[:, :3] = 5


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_networks_are_read_in_float32(precision: str) -> None:
    training = plate_training(build("ctc-rows", Size(0.1, 1)), "ctc", precision)
    training.step(PICTURES, CODES, 1e-3, 0.5)
    expected = np.asarray(training.average(PICTURES, training=False))
    assert np.allclose(training.read(PICTURES), expected, atol=1e-5)
    assert {array.dtype for array in training.arrays() if array.dtype.kind == "f"} == {np.dtype(np.float32)}
