"""Plates are cut out of frames and rectified."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from plate_runtime.errors import UsageError
from plate_runtime.geometry import square_to
from plate_runtime.rectify import rectify
from plate_runtime.results import Corners


def plate() -> NDArray[np.uint8]:
    """A plate of 200x50 with a mark in each quarter, as tones."""
    tones = np.full((50, 200), 60, np.uint8)
    tones[5:20, 10:90], tones[5:20, 110:190], tones[30:45, 10:90], tones[30:45, 110:190] = 100, 140, 180, 220
    return tones


def test_an_upright_plate_is_cut_out_as_it_is() -> None:
    gray = np.zeros((200, 400), np.uint8)
    gray[70:120, 90:290] = plate()
    found = rectify(gray, ((90, 70), (290, 70), (290, 120), (90, 120)), (0, 0))
    assert np.array_equal(found, plate())
    grown = rectify(gray, ((90, 70), (290, 70), (290, 120), (90, 120)))
    assert grown.shape == (55, 220)
    assert grown[27, 55] == 60 and grown[27, 0] < 60


@given(
    st.lists(st.tuples(st.floats(-12, 12), st.floats(-12, 12)), min_size=4, max_size=4),
    st.floats(-math.pi, math.pi), st.floats(0.8, 4.0),
)  # fmt: skip
@settings(max_examples=25)
def test_a_plate_seen_from_anywhere_comes_back(shifts: list[tuple[float, float]], angle: float, size: float) -> None:
    cos, sin = math.cos(angle) * size, math.sin(angle) * size
    flat = ((-100, -25), (100, -25), (100, 25), (-100, 25))
    seen: Corners = tuple(
        (500 + (x + a) * cos - (y + b) * sin, 500 + (x + a) * sin + (y + b) * cos)
        for (x, y), (a, b) in zip(flat, shifts, strict=True)
    )
    flat_on = square_to(((0, 0), (200, 0), (200, 50), (0, 50)))
    back = flat_on @ np.linalg.inv(square_to(seen))
    frame = Image.fromarray(plate()).transform(
        (1000, 1000),
        Image.Transform.PERSPECTIVE,
        (back / back[2, 2]).ravel()[:8].tolist(),
        Image.Resampling.NEAREST,
    )
    found = Image.fromarray(rectify(np.asarray(frame), seen, (0, 0))).resize((200, 50), Image.Resampling.BOX)
    for y, x, tone in ((12, 50, 100), (12, 150, 140), (37, 50, 180), (37, 150, 220)):
        assert abs(int(np.asarray(found)[y, x]) - tone) < 12


def test_large_plates_are_made_smaller_without_flicker() -> None:
    gray = np.zeros((900, 2600), np.uint8)
    gray[:, ::2] = 200
    found = rectify(gray, ((20, 20), (2500, 20), (2500, 800), (20, 800)))
    assert found.shape[1] == 320
    assert found.min() >= 80 and found.max() <= 120


@pytest.mark.parametrize("picture", [np.zeros((50, 99, 3), np.uint8), np.zeros((50, 99)), np.zeros((0, 9), np.uint8)])
def test_only_gray_pictures_are_rectified(picture: NDArray[np.uint8]) -> None:
    with pytest.raises(UsageError, match=r"expected a gray picture, uint8 \(h, w\), not"):
        rectify(picture, ((10, 10), (60, 10), (60, 30), (10, 30)))


def test_a_hardly_visible_plate_is_a_crop_of_two_pixels() -> None:
    corners = ((10, 10), (50, 10), (50, 11.2), (10, 11.2))
    assert rectify(np.zeros((100, 200), np.uint8), corners, (0, 0)).shape == (2, 40)


@pytest.mark.parametrize(
    "corners",
    [
        ((0, 0), (50, 0), (50, 20)),
        ((0, 0), (0, 20), (50, 20), (50, 0)),
        ((0, 0), (math.nan, 0), (50, 20), (0, 20)),
        ((500, 0), (550, 0), (550, 20), (500, 20)),
        ((-90, 0), (-50, 0), (-50, 20), (-90, 20)),
    ],
)
def test_corners_that_are_none_are_refused(corners: Any) -> None:
    with pytest.raises(UsageError, match="corners"):
        rectify(np.zeros((100, 200), np.uint8), corners)


@given(st.lists(st.tuples(st.floats(-900, 900), st.floats(-900, 900)), min_size=4, max_size=4))
def test_any_corners_give_a_small_picture_or_one_error(corners: list[tuple[float, float]]) -> None:
    gray = np.full((90, 120), 77, np.uint8)
    try:
        found = rectify(gray, tuple(corners))
    except UsageError:
        return
    assert found.dtype == np.uint8 and min(found.shape) >= 2 and max(found.shape) <= 320
    assert (found == 77).all()


def test_a_plate_cut_by_the_edge_continues_in_its_mean_tone() -> None:
    gray = np.full((100, 200), 120, np.uint8)
    assert (rectify(gray, ((-30, 10), (70, 10), (70, 40), (-30, 40))) == 120).all()
