"""What cells are asked to say: levels by width, the middle of a plate, a ring left alone, what is ignored."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from plate_runtime.detect import decode_corners
from plate_train.detector.score import MANIFEST
from plate_train.detector.targets import STRIDES, cells, outline, targets
from plate_train.synthetic.scenes.labels import PlateLabel

SHAPE = (384, 640)


def plate(x: float, y: float, width: float, height: float, required: bool = True) -> PlateLabel:
    corners = [(x, y), (x + width, y), (x + width, y + height), (x, y + height)]
    return PlateLabel(np.array(corners, np.float32), "X", required)


def levels(wanted: NDArray[np.float32]) -> list[NDArray[np.float32]]:
    sizes = [(SHAPE[0] // stride) * (SHAPE[1] // stride) for stride in STRIDES]
    return np.split(wanted, np.cumsum(sizes)[:-1])


def test_cells_are_those_of_the_runtime() -> None:
    assert cells(SHAPE) == MANIFEST.output_shape[0] == 5040


@pytest.mark.parametrize(
    ("width", "found"), [(26, [0]), (44, [0]), (56, [0, 1]), (60, [0, 1]), (90, [1]), (128, [1, 2]), (300, [2])]
)
def test_a_plate_belongs_to_the_level_of_its_width_and_near_a_border_to_two(width: float, found: list[int]) -> None:
    wanted = levels(targets([plate(200, 100, width, width / 4)], SHAPE))
    assert [level for level, part in enumerate(wanted) if (part[:, 0] == 1).any()] == found


@pytest.mark.parametrize("width", [24, 40, 70, 110, 170, 320])
def test_what_cells_should_say_is_decoded_to_the_plate(width: float) -> None:
    label = plate(133.3, 91.7, width, width / 4.2)
    wanted = targets([label], SHAPE)
    answer = np.concatenate([np.where(wanted[:, :1] == 1, 5.0, -5.0), wanted[:, 2:]], axis=1).astype(np.float32)
    corners, logits = decode_corners(answer, MANIFEST, (640, 384), 0.5)
    assert len(logits) >= 1
    np.testing.assert_allclose(corners, np.broadcast_to(outline(label.corners), corners.shape), atol=1e-3)


@pytest.mark.parametrize("turn", [0, 0.3, 1.2, 3.0])
def test_an_outline_lies_around_its_sheet_on_every_side_alike(turn: float) -> None:
    middle, lean = np.array([90, 60]), np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    sheet = plate(0, 0, 40, 10).corners - np.array([20, 5])
    found = (outline((sheet @ lean.T + middle).astype(np.float32)) - middle) @ lean
    np.testing.assert_allclose(found, np.sign(sheet) * (np.abs(sheet) + 0.75), atol=1e-4)


def test_an_outline_of_nothing_is_finite() -> None:
    assert np.isfinite(outline(np.zeros((4, 2), np.float32))).all()


def test_around_what_finds_a_plate_cells_may_say_either_and_far_away_they_say_no() -> None:
    level = levels(targets([plate(200, 100, 100, 25)], SHAPE))[1].reshape(24, 40, -1)[..., 0]
    assert set(np.unique(level)) == {-1, 0, 1}
    assert level[112 // 16, 250 // 16] == 1
    assert (level != 0).sum() < 25
    rows, columns = np.nonzero(level == 1)
    ring = level[rows.min() : rows.max() + 1, columns.max() + 1]
    assert (ring == -1).any()


def test_an_ignored_plate_is_left_alone_on_every_level_and_another_on_it_still_counts() -> None:
    wanted = targets([plate(100, 100, 200, 60), plate(100, 100, 220, 80, required=False)], SHAPE)
    parts = levels(wanted)
    assert all((part[:, 0] == -1).any() for part in parts)
    assert (parts[2][:, 0] == 1).any()
    assert not (parts[0][:, 0] == 1).any()


def test_no_plates_no_cells() -> None:
    assert not targets([], SHAPE).any()


def test_tilted_plates_are_found_around_their_middle() -> None:
    corners = np.array([(300, 100), (380, 160), (370, 185), (290, 125)], np.float32)
    level = levels(targets([PlateLabel(corners, "X")], SHAPE))[1]
    for place in np.flatnonzero(level[:, 0] == 1):
        row, column = divmod(int(place), 40)
        assert np.hypot(column * 16 + 8 - 335, row * 16 + 8 - 142.5) < 30
