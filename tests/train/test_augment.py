"""Changed pictures: exact where exactness can be checked, repeatable everywhere."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from plate_train.characters.augment import Strength, augment, background, blur, perturbations, warp
from plate_train.characters.datasets import CharacterSet

BATCHES = arrays.arrays(np.uint8, st.tuples(st.integers(1, 5), st.just(28), st.just(28)))


@settings(max_examples=25, deadline=None)
@given(BATCHES, st.integers(0, 2**32 - 1), st.sampled_from(["light-on-dark", "dark-on-light", "any"]))
def test_same_generator_same_pictures_and_the_original_untouched(
    pictures: np.ndarray, seed: int, polarity: str
) -> None:
    before = pictures.copy()
    first, second = (augment(pictures, np.random.default_rng(seed), Strength(), polarity) for _ in range(2))
    np.testing.assert_array_equal(first, second)
    np.testing.assert_array_equal(pictures, before)
    assert first.shape == pictures.shape
    assert first.dtype == np.uint8


def test_generators_differ(small_train: CharacterSet) -> None:
    first, second = (augment(small_train.pictures, np.random.default_rng(seed), Strength(), "any") for seed in (1, 2))
    assert (first != second).any(axis=(1, 2)).mean() > 0.8


def test_no_strength_changes_nothing(small_train: CharacterSet) -> None:
    none = Strength(shift=0, rotation=0, shear=0, zoom=0, squeeze=1, blur=0, noise=0, invert=0)
    changed = augment(small_train.pictures, np.random.default_rng(1), none, "light-on-dark")
    np.testing.assert_array_equal(changed, small_train.pictures)


def test_scaling_the_strength_to_nothing_leaves_inversion_alone(small_train: CharacterSet) -> None:
    changed = augment(small_train.pictures, np.random.default_rng(1), Strength().scaled(0), "light-on-dark")
    same = (changed == small_train.pictures).all(axis=(1, 2))
    inverted = (changed == 255 - small_train.pictures).all(axis=(1, 2))
    assert (same | inverted).all()
    assert 0.05 < inverted.mean() < 0.45


def test_shift_moves_whole_pixels_and_fills_with_the_background(small_train: CharacterSet) -> None:
    pictures = small_train.pictures[:3]
    moved = warp(pictures, np.full(3, 7, np.float32), across=2.0, down=-1.0)
    np.testing.assert_allclose(moved[:, :-1, 2:], pictures[:, 1:, :-2], atol=1e-3)
    assert (moved[:, :, :2] == 7).all()
    assert (moved[:, -1] == 7).all()


def test_each_picture_has_a_change_of_its_own(small_train: CharacterSet) -> None:
    pictures = small_train.pictures[:2]
    moved = warp(pictures, np.zeros(2, np.float32), across=np.array([0.0, 3.0]))
    np.testing.assert_array_equal(moved[0], pictures[0])
    np.testing.assert_array_equal(moved[1, :, 3:], pictures[1, :, :-3])


def test_squeezing_keeps_the_height_and_the_middle() -> None:
    full = np.full((1, 28, 28), 200, np.uint8)
    narrow = warp(full, np.zeros(1, np.float32), width=0.5)[0]
    assert (narrow[:, 8:20] == 200).all()
    assert (narrow[:, :6] == 0).all()
    assert (narrow[:, -6:] == 0).all()


def test_quarter_turn_is_a_quarter_turn(small_train: CharacterSet) -> None:
    turned = warp(small_train.pictures[:4], np.zeros(4, np.float32), degrees=90.0)
    np.testing.assert_allclose(turned, np.rot90(small_train.pictures[:4], -1, axes=(1, 2)), atol=0.1)


def test_blur_keeps_the_mean_and_leaves_sharp_ones_alone(small_train: CharacterSet) -> None:
    pictures = small_train.pictures[:2].astype(np.float32)
    pictures[:, :5] = pictures[:, -5:] = pictures[:, :, :5] = pictures[:, :, -5:] = 0
    soft = blur(pictures, np.array([0.0, 1.2]))
    np.testing.assert_array_equal(soft[0], pictures[0])
    assert abs(soft[1].mean() - pictures[1].mean()) < 0.01
    assert soft[1].std() < pictures[1].std()


@pytest.mark.parametrize(("polarity", "tone"), [("light-on-dark", 0), ("dark-on-light", 255), ("any", 90)])
def test_background_is_known_or_seen_at_the_border(polarity: str, tone: int) -> None:
    picture = np.full((1, 28, 28), 90, np.uint8)
    picture[0, 8:20, 8:20] = 255
    assert background(picture, polarity).tolist() == [tone]


def test_perturbations_are_fixed_and_each_does_something(small_val: CharacterSet) -> None:
    first, again = (perturbations(small_val.pictures, "light-on-dark") for _ in range(2))
    assert next(iter(first)) == "clean"
    assert {"shift by 2 px", "inverted"} < set(first)
    assert len(first) == 7
    for name, pictures in first.items():
        np.testing.assert_array_equal(pictures, again[name])
        assert pictures.dtype == np.uint8
        assert name == "clean" or (pictures != small_val.pictures).any(axis=(1, 2)).all()
