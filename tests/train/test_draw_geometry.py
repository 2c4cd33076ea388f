"""Boxes and leaning pictures."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from plate_train.synthetic.effects import Dice, to_gray
from plate_train.synthetic.geometry import Box, Lean


def block(size: int = 60) -> Image.Image:
    picture = Image.new("L", (size, size), 0)
    picture.paste(255, (20, 10, 40, 50))
    return picture


CORNERS = np.array([[20.0, 10.0], [40.0, 10.0], [20.0, 50.0], [40.0, 50.0]])


def test_upright_lean_changes_nothing() -> None:
    lean = Lean((1.0, 0.0), (0.0, 1.0), (30.0, 30.0))
    assert lean.box_of(CORNERS) == Box(20, 10, 40, 50)
    np.testing.assert_array_equal(np.asarray(lean.apply(block())), np.asarray(block()))


@pytest.mark.parametrize("seed", range(20))
def test_box_foretells_where_leaning_ink_lies(seed: int) -> None:
    lean = Lean.random(Dice(seed), (30.0, 30.0))
    expected = lean.box_of(CORNERS)
    found = Box(0, 0, 60, 60).of_ink(to_gray(lean.apply(block())))
    for side in ("left", "top", "right", "bottom"):
        assert abs(getattr(found, side) - getattr(expected, side)) <= 2, side


def test_leaning_preserves_the_centre() -> None:
    lean = Lean.random(Dice(3), (31.0, 17.0))
    assert lean.box_of(np.array([[31.0, 17.0]])) == Box(31, 17, 31, 17)


def test_boxes_scale_and_cut() -> None:
    box = Box(2, 1, 4, 5)
    assert (box.width, box.height) == (2, 4)
    assert box.scaled(2) == Box(4, 2, 8, 10)
    assert box.of(np.zeros((9, 9), np.float32)).shape == (4, 2)
    assert Box(-3, -2, 0.2, 0.1).of(np.zeros((9, 9), np.float32)).shape == (1, 1), "never empty"


def test_ink_outside_the_box_is_not_found() -> None:
    gray = np.zeros((10, 10), np.float32)
    gray[4, 5], gray[0, 0] = 1, 1
    assert Box(2, 2, 9, 9).of_ink(gray) == Box(5, 4, 6, 5)
    assert Box(6, 6, 9, 9).of_ink(gray) == Box(6, 6, 9, 9), "no ink: the box itself"
