"""What is done to drawn characters: noise, light, threshold, compression."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from plate_train.synthetic.effects import (
    binarise,
    blur,
    emboss,
    jpeg,
    motion_blur,
    shade,
    stretch_contrast,
    to_bytes,
    to_gray,
)
from plate_train.synthetic.random_source import NoiseFields, RandomSource

NOISE = NoiseFields(1)


def square(size: int = 24) -> np.ndarray:
    gray = np.zeros((size, size), np.float32)
    gray[size // 4 : -size // 4, size // 4 : -size // 4] = 1
    return gray


def test_dice_repeat_themselves_and_keep_their_limits() -> None:
    first, second = RandomSource(4), RandomSource(4)
    assert [first.random() for _ in range(9)] == [second.random() for _ in range(9)]
    values = [first.log_uniform(2, 50) for _ in range(500)]
    assert min(values) >= 2 and max(values) <= 50 and sum(value < 10 for value in values) > 200
    assert max(abs(first.normal(2.0, 1.5)) for _ in range(500)) <= 3.0
    assert not first.chance(0) and first.chance(1)


@pytest.mark.parametrize("noise_fields", range(5))
def test_grain_has_unit_deviation_and_grows_coarser(noise_fields: int) -> None:
    window = NOISE.window((200, 200), RandomSource(0), noise_fields)
    assert window.shape == (200, 200) and 0.8 < window.std() < 1.2
    neighbours = float((window[:, 1:] * window[:, :-1]).mean())
    assert neighbours < 0.05 if noise_fields == 0 else neighbours > 0.5


def test_grain_of_a_seed_is_fixed() -> None:
    first, second, other = (NoiseFields(seed).window((8, 8), RandomSource(1), 2) for seed in (5, 5, 6))
    assert (first == second).all() and (first != other).any()


def test_low_threshold_swells_ink() -> None:
    soft = to_gray(blur(Image.fromarray(to_bytes(square())), 2.0))
    swollen, thin = (binarise(soft, RandomSource(1), NOISE, threshold, 0.0) for threshold in (0.25, 0.75))
    assert swollen.sum() > square().sum() > thin.sum()
    assert set(np.unique(swollen)) == {0.0, 1.0}


def test_roughness_frays_edges() -> None:
    soft = to_gray(blur(Image.fromarray(to_bytes(square())), 2.0))
    smooth, frayed = (binarise(soft, RandomSource(1), NOISE, 0.5, roughness) for roughness in (0.0, 0.2))
    assert np.abs(np.diff(frayed, axis=1)).sum() > np.abs(np.diff(smooth, axis=1)).sum()


@settings(max_examples=60, deadline=None)
@given(st.integers(2, 60), st.integers(2, 60), st.integers(0, 2**31))
def test_effects_keep_shape_and_stay_finite(height: int, width: int, seed: int) -> None:
    gray = np.random.default_rng(seed).random((height, width), np.float32)
    rng = RandomSource(seed)
    for changed in (
        motion_blur(gray, rng, 3.0), shade(gray, rng, 0.5), emboss(gray, rng, 0.5), stretch_contrast(gray, rng),
        binarise(gray, rng, NOISE, 0.5, 0.1),
    ):  # fmt: skip
        assert changed.shape == gray.shape and changed.dtype == np.float32 and np.isfinite(changed).all()


def test_full_range_of_a_flat_picture() -> None:
    assert np.isfinite(stretch_contrast(np.full((4, 4), 0.5, np.float32), RandomSource(0))).all()


def test_bytes_cut_what_is_out_of_range() -> None:
    assert to_bytes(np.array([[-1.0, 0.5, 9.0]], np.float32)).tolist() == [[0, 128, 255]]


def test_jpeg_changes_little_at_high_quality() -> None:
    pixels = to_bytes(np.random.default_rng(0).random((32, 32), np.float32))
    close, coarse = jpeg(pixels, 95), jpeg(pixels, 10)
    assert close.shape == pixels.shape and close.dtype == np.uint8
    assert np.abs(close.astype(int) - pixels).mean() < np.abs(coarse.astype(int) - pixels).mean()
