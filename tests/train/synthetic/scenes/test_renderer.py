"""Drawn scenes: reproducible, plates where they are said to be, none where there is none, parts that share nothing."""

from __future__ import annotations

import numpy as np
import pytest

from plate_train.synthetic.fonts import FontFile
from plate_train.synthetic.random_source import RandomSource
from plate_train.synthetic.scenes import raster, street_objects, textures
from plate_train.synthetic.scenes.renderer import Scene, SceneRenderer
from plate_train.synthetic.scenes.scene_canvas import PlacedPlate
from plate_train.synthetic.scenes.spec import LEAST_WIDTH
from plate_train.synthetic.scenes.view import camera_view

COUNT = 40


@pytest.fixture(scope="module")
def renderer(fonts: list[FontFile]) -> SceneRenderer:
    """A renderer of scenes to train on."""
    return SceneRenderer(fonts, 3)


@pytest.fixture(scope="module")
def scenes(renderer: SceneRenderer) -> list[Scene]:
    """A few scenes."""
    return [renderer.render(index) for index in range(COUNT)]


def test_a_scene_depends_on_seed_and_number_alone(fonts: list[FontFile], scenes: list[Scene]) -> None:
    again = SceneRenderer(fonts, 3)
    for index in (31, 2):
        scene = again.render(index)
        np.testing.assert_array_equal(scene.picture, scenes[index].picture)
        assert [text for _, text in scene.plates] == [text for _, text in scenes[index].plates]
    assert not np.array_equal(SceneRenderer(fonts, 4).render(2).picture, scenes[2].picture)


def test_scenes_fit_the_input_and_are_pictures_of_something(scenes: list[Scene]) -> None:
    for scene in scenes:
        assert scene.picture.dtype == np.uint8
        assert scene.picture.shape[0] <= 384
        assert scene.picture.shape[1] <= 640
        assert scene.picture.shape[0] == 384 or scene.picture.shape[1] == 640
    assert np.mean([scene.picture.std() > 10 for scene in scenes]) > 0.7


def test_there_are_scenes_with_none_one_and_several_plates(scenes: list[Scene]) -> None:
    counts = [len(scene.plates) for scene in scenes]
    assert {0, 1} < set(counts)
    assert max(counts) > 1
    assert 0.4 < np.mean(counts) < 3


def test_plates_that_count_are_whole_convex_and_wide_enough(scenes: list[Scene]) -> None:
    widths = []
    for scene in scenes:
        height, width = scene.picture.shape
        for corners, text in scene.plates:
            assert text
            assert corners.dtype == np.float32
            assert corners.min() > -1
            assert corners[:, 0].max() < width
            assert corners[:, 1].max() < height
            edges = np.roll(corners, -1, axis=0) - corners
            turns = edges[:, 0] * np.roll(edges, -1, axis=0)[:, 1] - edges[:, 1] * np.roll(edges, -1, axis=0)[:, 0]
            assert (turns > 0).all()
            widths.append(PlacedPlate(corners, text).width)
    assert min(widths) >= LEAST_WIDTH
    assert max(widths) > 120


def test_what_counts_can_be_seen(scenes: list[Scene]) -> None:
    """Inside a plate tones vary, as letters on a ground do."""
    for scene in scenes:
        for corners, _ in scene.plates:
            low, high = corners.min(axis=0).astype(int), corners.max(axis=0).astype(int) + 1
            part = scene.picture[max(0, low[1]) : high[1], max(0, low[0]) : high[0]]
            assert part.std() > 4


def test_parts_share_no_textures(fonts: list[FontFile], scenes: list[Scene]) -> None:
    measured = SceneRenderer(fonts, 3, "measure").render(0)
    assert not np.array_equal(measured.picture, scenes[0].picture)
    own = set(textures.KINDS["train"]) ^ set(textures.KINDS["measure"])
    assert len(own) >= 6
    first, second = (
        textures.TextureBank(1, split).window("clouds", RandomSource(1), (50, 50)) for split in ("train", "measure")
    )
    assert not np.array_equal(first, second)


def test_a_view_puts_its_anchor_in_its_place_and_turns_the_right_way() -> None:
    view = camera_view(100, (0.5, 1.0), (300, 200), 5.0, (30, 0, 0))
    spots = view.project(np.array([(0.5, 1.0), (1.5, 0.0), (1.5, 2.0), (-0.5, 0.0), (-0.5, 2.0)]))
    np.testing.assert_allclose(spots[0], (300, 200))
    right, left = spots[2, 1] - spots[1, 1], spots[4, 1] - spots[3, 1]
    assert right < 200 < left, "the right side is farther away, and so smaller"
    ends = view.project_3d(np.array([(-0.5, 1.0, 0.0), (-0.5, 1.0, 1.0)]))
    assert ends is not None
    assert ends[1, 0] < ends[0, 0], "the left side can be seen"


def test_a_plate_behind_a_dense_fence_is_neither_found_nor_nothing(renderer: SceneRenderer) -> None:
    canvas = renderer.new_canvas(RandomSource(1))
    plate = PlacedPlate(np.array([(100, 100), (180, 100), (180, 120), (100, 120)], np.float32), "AB12")
    canvas.plates.append(plate)
    while plate.hidden == 0:
        street_objects.fence(canvas, 50, 200)
    assert not plate.fully_hidden
    assert not plate.is_required(canvas.picture.shape)


def test_lines_on_boards_are_made_to_fit() -> None:
    mask = np.full((20, 100), 255, np.uint8)
    assert raster.fit_width(mask, 50).shape == (10, 50)
    assert raster.fit_width(mask, 100) is mask
