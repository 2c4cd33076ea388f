"""Changes of crops: each its own, the same again for the same key, and still the same plate."""

from __future__ import annotations

import numpy as np
from small_plates import small_shard

from plate_train.plates.augment import augmented
from plate_train.synthetic.plates.spec import PLATE_SPEC

PICTURES, _ = small_shard(1, 0, 64, PLATE_SPEC, "train")


def test_a_key_decides_the_changes() -> None:
    first, again, other = (augmented(PICTURES, np.random.default_rng([1, key])) for key in (5, 5, 6))
    np.testing.assert_array_equal(first, again)
    assert first.dtype == np.uint8
    assert first.shape == PICTURES.shape
    assert (first != other).any(axis=(1, 2)).all()


def test_equal_pictures_become_different_ones() -> None:
    same = np.repeat(PICTURES[:1], 16, axis=0)
    changed = augmented(same, np.random.default_rng([2]))
    assert len(np.unique(changed.reshape(16, -1), axis=0)) == 16


def test_a_changed_plate_stays_near_the_old_one() -> None:
    changed = augmented(PICTURES, np.random.default_rng([3])).reshape(64, -1).astype(float)
    before = PICTURES.reshape(64, -1).astype(float)
    likeness = [abs(np.corrcoef(one, other)[0, 1]) for one, other in zip(before, changed, strict=True)]
    assert np.median(likeness) > 0.6
