"""Boxes and leaning pictures."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from plate_train.synthetic.characters.geometry import Bounds, Tilt
from plate_train.synthetic.effects import to_gray
from plate_train.synthetic.random_source import RandomSource


def block(size: int = 60) -> Image.Image:
    picture = Image.new("L", (size, size), 0)
    picture.paste(255, (20, 10, 40, 50))
    return picture


CORNERS = np.array([[20.0, 10.0], [40.0, 10.0], [20.0, 50.0], [40.0, 50.0]])


def test_upright_lean_changes_nothing() -> None:
    lean = Tilt((1.0, 0.0), (0.0, 1.0), (30.0, 30.0))
    assert lean.bounds_of(CORNERS) == Bounds(20, 10, 40, 50)
    np.testing.assert_array_equal(np.asarray(lean.apply(block())), np.asarray(block()))


@pytest.mark.parametrize("seed", range(20))
def test_box_foretells_where_leaning_ink_lies(seed: int) -> None:
    lean = Tilt.random(RandomSource(seed), (30.0, 30.0))
    expected = lean.bounds_of(CORNERS)
    found = Bounds(0, 0, 60, 60).ink_bounds(to_gray(lean.apply(block())))
    for side in ("left", "top", "right", "bottom"):
        assert abs(getattr(found, side) - getattr(expected, side)) <= 2, side


def test_leaning_preserves_the_centre() -> None:
    lean = Tilt.random(RandomSource(3), (31.0, 17.0))
    assert lean.bounds_of(np.array([[31.0, 17.0]])) == Bounds(31, 17, 31, 17)


def test_boxes_scale_and_cut() -> None:
    box = Bounds(2, 1, 4, 5)
    assert (box.width, box.height) == (2, 4)
    assert box.scaled(2) == Bounds(4, 2, 8, 10)
    assert box.crop(np.zeros((9, 9), np.float32)).shape == (4, 2)
    assert Bounds(-3, -2, 0.2, 0.1).crop(np.zeros((9, 9), np.float32)).shape == (1, 1), "never empty"


def test_ink_outside_the_box_is_not_found() -> None:
    gray = np.zeros((10, 10), np.float32)
    gray[4, 5], gray[0, 0] = 1, 1
    assert Bounds(2, 2, 9, 9).ink_bounds(gray) == Bounds(5, 4, 6, 5)
    assert Bounds(6, 6, 9, 9).ink_bounds(gray) == Bounds(6, 6, 9, 9), "no ink: the box itself"
