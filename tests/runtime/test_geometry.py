"""Quadrilaterals: areas, overlaps, and the perspective between two of them."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from plate_runtime.errors import UsageError
from plate_runtime.geometry import (
    bounding_box,
    contains,
    is_plate_shaped,
    polygon_area,
    polygon_iou,
    project,
    quadrilateral_areas,
    square_to,
)
from plate_runtime.results import Corners

SQUARE: Corners = ((0.0, 0.0), (10.0, 0.0), (10.0, 10.0), (0.0, 10.0))
numbers = st.floats(-2000, 2000)
points = st.tuples(numbers, numbers)
quadrilaterals = st.tuples(points, points, points, points)
anything = st.tuples(*[st.tuples(st.floats(), st.floats())] * 4)


def plate(x: float, y: float, width: float, height: float, angle: float = 0.0, skew: float = 0.0) -> Corners:
    """A plate around (x, y), rotated by `angle` and narrower to the right by `skew`."""
    across, down = np.array([math.cos(angle), math.sin(angle)]), np.array([-math.sin(angle), math.cos(angle)])
    places = ((-0.5, -0.5), (0.5, -0.5 + skew / 2), (0.5, 0.5 - skew / 2), (-0.5, 0.5))
    return tuple(
        (float(p[0]), float(p[1])) for p in ((x, y) + a * width * across + b * height * down for a, b in places)
    )


plates = st.builds(
    plate, st.floats(-500, 2000), st.floats(-500, 2000), st.floats(20, 900), st.floats(8, 300),
    st.floats(-math.pi, math.pi), st.floats(0, 0.6),
)  # fmt: skip


@given(plates, plates)
def test_a_perspective_goes_there_and_back(first: Corners, second: Corners) -> None:
    there = square_to(second) @ np.linalg.inv(square_to(first))
    back = square_to(first) @ np.linalg.inv(square_to(second))
    assert np.allclose(project(there, first), second, atol=1e-4)
    assert np.allclose(project(back, project(there, first)), first, atol=1e-4)
    assert np.allclose(project(square_to(first), [(0, 0), (1, 0), (1, 1), (0, 1)]), first, atol=1e-6)


@given(anything)
def test_any_corners_make_a_finite_perspective_or_an_error(corners: Corners) -> None:
    try:
        matrix = square_to(corners)
    except (UsageError, OverflowError):
        return
    assert np.isfinite(matrix).all()


@pytest.mark.parametrize(
    "corners",
    [
        ((0, 0), (1, 1), (2, 2), (3, 3)), ((5, 5),) * 4, ((0, 0), (10, 0), (10, 0), (0, 0)),
        ((0, 0), (math.nan, 0), (1, 1), (0, 1)), ((0, 0), (math.inf, 0), (1, 1), (0, 1)),
    ],
)  # fmt: skip
def test_degenerate_corners_are_refused(corners: Corners) -> None:
    with pytest.raises(UsageError, match="no perspective"):
        square_to(corners)
    assert not is_plate_shaped(np.array([corners]))[0]


def test_what_is_shaped_like_a_plate() -> None:
    counterclockwise = SQUARE[::-1]
    crossed = (SQUARE[0], SQUARE[2], SQUARE[1], SQUARE[3])
    dented = (*SQUARE[:2], (4.0, 4.0), SQUARE[3])
    speck = tuple((x / 30, y / 30) for x, y in SQUARE)
    wedge = ((0.0, 0.0), (100.0, 45.0), (100.0, 50.0), (0.0, 100.0))
    shapes = np.array([SQUARE, plate(50, 50, 80, 20, 0.5, 0.3), counterclockwise, crossed, dented, speck, wedge])
    assert is_plate_shaped(shapes).tolist() == [True, True, False, False, False, False, False]


@given(anything)
def test_any_numbers_are_a_plate_or_not(corners: Corners) -> None:
    assert is_plate_shaped(np.array([corners]))[0] in (True, False)


@given(plates, plates)
def test_an_overlap_is_a_fraction_and_symmetric(first: Corners, second: Corners) -> None:
    overlap = polygon_iou(first, second)
    assert 0 <= overlap <= 1
    assert overlap == pytest.approx(polygon_iou(second, first), abs=1e-6)
    assert polygon_iou(first, first) == pytest.approx(1)
    assert polygon_iou(first, first[::-1]) == pytest.approx(1)


@given(plates, st.floats(-1, 1), st.floats(-1, 1))
def test_the_overlap_of_a_shifted_rectangle_is_as_computed(corners: Corners, across: float, down: float) -> None:
    matrix = square_to(corners)
    assume(np.allclose(matrix[2], [0, 0, 1]))
    shifted = project(matrix, [(across, down), (1 + across, down), (1 + across, 1 + down), (across, 1 + down)])
    common = (1 - abs(across)) * (1 - abs(down))
    assert polygon_iou(corners, shifted) == pytest.approx(common / (2 - common), abs=1e-6)


@example(((0.0, 0.0), (0.0, 0.0), (0.0, 1e200), (1.0, 0.0)), ((0.0, 0.0), (0.0, 1e200), (1.0, 0.0), (-1e108, 0.0)))
@given(anything, anything)
def test_any_two_quadrilaterals_overlap_by_a_fraction(first: Corners, second: Corners) -> None:
    assert 0 <= polygon_iou(first, second) <= 1


def test_overlaps_as_they_are_known() -> None:
    half = tuple((x + 5, y) for x, y in SQUARE)
    diamond = ((5.0, 0.0), (10.0, 5.0), (5.0, 10.0), (0.0, 5.0))
    far = tuple((x + 10, y) for x, y in SQUARE)
    assert polygon_iou(SQUARE, half) == pytest.approx(1 / 3)
    assert polygon_iou(SQUARE, diamond) == pytest.approx(0.5)
    assert polygon_iou(SQUARE, far) == polygon_iou(SQUARE, ((0, 0),) * 4) == 0
    assert polygon_area(diamond) == 50
    assert quadrilateral_areas(np.array([SQUARE, diamond])).tolist() == [100, 50]


@given(quadrilaterals, st.integers(1, 3000), st.integers(1, 2000))
def test_a_box_lies_in_the_picture(corners: Corners, width: int, height: int) -> None:
    x, y, across, down = bounding_box(corners, width, height)
    assert 0 <= x < width and 0 <= y < height and across >= 1 and down >= 1
    assert x + across <= width and y + down <= height


def test_a_box_goes_around_its_corners() -> None:
    assert bounding_box(((10.2, 5), (30, 4.5), (29, 14.1), (9.9, 15)), 100, 50) == (9, 4, 21, 11)
    assert bounding_box(((-8, -5), (20, -5), (20, 15), (-8, 15)), 100, 10) == (0, 0, 20, 10)


def test_which_points_lie_inside() -> None:
    both = np.array([SQUARE, plate(100, 100, 40, 10)])
    assert contains(both, np.array([[5.0, 5.0], [100.0, 100.0]])).tolist() == [True, True]
    assert contains(both, np.array([5.0, 11.0])).tolist() == [False, False]
    assert contains(both[0], np.array([[0.0, 0.0], [10.0, 9.0], [11.0, 9.0]])).tolist() == [True, True, False]


def test_project_is_exact_for_a_shift() -> None:
    assert project(np.array([[1.0, 0, 5], [0, 1, -2], [0, 0, 1]]), [(1, 2)]) == ((6, 0),)
