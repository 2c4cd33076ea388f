"""Picture -> input tensor: identity where nothing is to do, and each rule of the manifest."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray

from plate_runtime.errors import UsageError
from plate_runtime.manifest import POLARITIES, RESIZE_RULES, InputSpec
from plate_runtime.preprocess import (
    PICTURE_POLARITIES,
    crop_to_ink,
    fitted_size,
    prepare,
    resize_picture,
    scale_pixels,
    standardise,
)


def bar(height: int = 40, width: int = 20) -> NDArray[np.uint8]:
    """A light bar, 10 wide and 20 high from (5, 8), on black."""
    gray = np.zeros((height, width), np.uint8)
    gray[8:28, 5:15] = 255
    return gray


def test_a_picture_of_the_right_size_is_not_touched() -> None:
    gray = np.random.default_rng(0).integers(0, 256, (28, 28), np.uint8)
    assert np.array_equal(resize_picture(gray, InputSpec(), "light-on-dark"), gray)


def test_the_scale_of_the_manifest_is_applied() -> None:
    pixels = np.array([[[0, 255]]], np.uint8)
    assert scale_pixels(pixels, InputSpec()).ravel().tolist() == [0.0, 1.0]
    assert scale_pixels(pixels, InputSpec(scale=1.0)).ravel().tolist() == [0.0, 255.0]
    assert prepare(bar(), InputSpec()).shape == (28, 28, 1)


def test_stretch_fills_the_input() -> None:
    assert resize_picture(bar(), InputSpec(resize="stretch"))[0, 0] == 0


def test_crop_stretch_leaves_nothing_around_the_ink() -> None:
    assert crop_to_ink(bar()).shape == (20, 10)
    assert resize_picture(bar(), InputSpec(resize="crop-stretch")).min() == 255


def test_crop_keeps_blank_and_full_pictures_whole() -> None:
    for tone in (0, 255):
        assert crop_to_ink(np.full((9, 7), tone, np.uint8)).shape == (9, 7)


FRAME = InputSpec(shape=(384, 640, 1), polarity="any", resize="fit")


def test_fit_keeps_the_aspect_at_the_top_left_and_enlarges_nothing() -> None:
    for size, fitted in (((720, 1280), (360, 640)), ((1000, 500), (384, 192)), ((50, 60), (50, 60))):
        found = resize_picture(np.full(size, 200, np.uint8), FRAME)
        assert found.shape == (384, 640)
        assert fitted_size(size[1], size[0], FRAME) == fitted[::-1]
        assert (found[: fitted[0], : fitted[1]] == 200).all()
        assert found[fitted[0] :].max(initial=0) == found[:, fitted[1] :].max(initial=0) == 0


def test_fit_means_over_whole_factors() -> None:
    gray = np.random.default_rng(0).integers(0, 256, (720, 1280), np.uint8)
    means = gray.reshape(360, 2, 640, 2).mean(axis=(1, 3))
    assert np.abs(resize_picture(gray, FRAME)[:360] - means).max() <= 0.5


def test_pad_keeps_the_aspect() -> None:
    padded = resize_picture(crop_to_ink(bar()), InputSpec(resize="pad"))
    assert padded.min() == 255  # the border of a full bar is its own tone
    framed = np.zeros((40, 10), np.uint8)
    framed[10:30, 3:7] = 255
    columns = np.flatnonzero(resize_picture(framed, InputSpec(resize="pad")).max(axis=0) > 127)
    rows = np.flatnonzero(resize_picture(framed, InputSpec(resize="pad")).max(axis=1) > 127)
    assert 4.0 <= rows.size / columns.size <= 7.0


@pytest.mark.parametrize(
    ("model", "picture", "inverted"),
    [
        ("light-on-dark", "light-on-dark", False),
        ("light-on-dark", "dark-on-light", True),
        ("light-on-dark", "auto", False),
        ("dark-on-light", "auto", True),
        ("any", "dark-on-light", False),
        ("any", "auto", False),
    ],
)
def test_polarity(model: str, picture: str, inverted: bool) -> None:
    spec = InputSpec(shape=(40, 20, 1), polarity=model)
    expected = 255 - bar() if inverted else bar()
    assert np.array_equal(resize_picture(bar(), spec, picture), expected)


def test_wrong_arrays_and_polarities_are_refused() -> None:
    for wrong in (np.zeros((2, 2)), np.zeros((2, 2, 3), np.uint8), np.zeros((0, 2), np.uint8)):
        with pytest.raises(UsageError):
            resize_picture(wrong, InputSpec())
    with pytest.raises(UsageError, match="upside-down"):
        resize_picture(bar(), InputSpec(), "upside-down")


@given(arrays.arrays(np.uint8, st.tuples(st.integers(1, 4), st.integers(1, 9), st.integers(1, 9))))
def test_standardising_is_the_formula_for_each_picture_by_itself(stack: NDArray[np.uint8]) -> None:
    standardised = standardise(stack)
    assert standardised.dtype == np.uint8
    for before, after in zip(stack, standardised, strict=True):
        deviation = max(float(before.std()), 4.0)
        expected = np.clip(128 + 50 * (before - before.mean()) / deviation, 0, 255)
        assert np.abs(after - expected).max() <= 0.501
        assert np.array_equal(standardise(before), after)


def test_standardising_happens_where_the_model_asks_for_it() -> None:
    faint = bar() // 8 + 60
    spec = InputSpec(shape=(40, 20, 1), polarity="any", contrast="standardise")
    assert np.array_equal(resize_picture(faint, spec), standardise(faint))
    assert np.array_equal(resize_picture(faint, InputSpec(shape=(40, 20, 1), polarity="any")), faint)
    assert (standardise(np.full((9, 9), 250, np.uint8)) == 128).all()


@given(
    arrays.arrays(np.uint8, st.tuples(st.integers(1, 60), st.integers(1, 60))),
    st.sampled_from(POLARITIES), st.sampled_from(RESIZE_RULES), st.sampled_from(PICTURE_POLARITIES),
)  # fmt: skip
@settings(deadline=None)
def test_any_picture_becomes_an_input(
    gray: NDArray[np.uint8], polarity: str, resize: str, picture_polarity: str
) -> None:
    prepared = prepare(gray, InputSpec(polarity=polarity, resize=resize), picture_polarity)
    assert prepared.shape == (28, 28, 1)
    assert prepared.dtype == np.float32
    assert 0 <= prepared.min() <= prepared.max() <= 1
