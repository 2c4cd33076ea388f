"""The views of a picture: when there are more than the whole, and where they lie."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from plate_runtime.manifest import InputSpec
from plate_runtime.tiles import MOST_TILES, View, find_views, view_around, view_from_afar

SPEC = InputSpec(shape=(384, 640, 1), polarity="any", resize="fit")


def tiles(width: int, height: int) -> list[View]:
    return [view for view in find_views(width, height, SPEC) if view.tile]


def test_a_camera_s_frame_is_looked_at_once() -> None:
    for size in ((1280, 720), (1920, 1080), (640, 480), (720, 1280), (60, 40)):
        assert len(find_views(*size, SPEC)) == 1


def test_a_crop_is_also_looked_at_from_afar() -> None:
    assert [view.reduction for view in find_views(640, 160, SPEC)] == [1, 2]
    assert [view.reduction for view in find_views(1300, 300, SPEC)] == [1, 6]
    assert len(find_views(300, 80, SPEC)) == 1


@given(st.integers(1, 40_000), st.integers(1, 40_000))
def test_views_are_few_and_cover_the_picture(width: int, height: int) -> None:
    views = find_views(width, height, SPEC)
    assert views[0][:4] == (0, 0, width, height)
    tiles = [view for view in views if view.tile]
    assert len(tiles) <= MOST_TILES
    for view in views:
        assert view.x >= 0 and view.y >= 0 and view.x + view.width <= width and view.y + view.height <= height
    if tiles:
        assert {(v.x == 0, v.y == 0) for v in tiles} >= {(True, True)}
        assert max(v.x + v.width for v in tiles) == width and max(v.y + v.height for v in tiles) == height
        for one in {v.x for v in tiles} - {0}:
            assert any(v.x < one <= v.x + v.width for v in tiles)


def test_a_picture_reduced_to_less_than_3_tenths_is_looked_at_in_tiles() -> None:
    assert tiles(2133, 1280) == []
    assert tiles(2140, 1284) != []
    assert tiles(1000, 1270) == []
    assert tiles(1000, 1290) != []


@pytest.mark.parametrize("size", [(2200, 1400), (3000, 2000), (4032, 3024), (2000, 5000)])
def test_tiles_overlap_by_the_largest_plate_that_is_lost_in_the_whole(size: tuple[int, int]) -> None:
    found, scale = tiles(*size), min(640 / size[0], 384 / size[1])
    columns, rows = sorted({view.x for view in found}), sorted({view.y for view in found})
    across, down = found[0].width, found[0].height
    assert len(found) == len(columns) * len(rows) <= MOST_TILES
    assert (columns[0], columns[-1] + across, rows[0], rows[-1] + down) == (0, size[0], 0, size[1])
    # A plate of 32 pixels of the input is still detected in the whole.
    lost = 32 / scale
    assert all(one + across - other >= lost for one, other in pairwise(columns))
    assert all(one + down - other >= lost for one, other in pairwise(rows))
    # One tile fewer would not cover the picture.
    for side, part, count in ((size[0], across, len(columns)), (size[1], down, len(rows))):
        assert count == 1 or (count - 1) * (part - np.ceil(lost)) + np.ceil(lost) < side


def test_tiles_are_as_small_as_at_most_twelve_of_them_allow() -> None:
    # At half the scale of the input, 3 by 3 tiles cover it.
    assert tiles(2200, 1400)[0][2:4] == (1280, 768)
    assert MOST_TILES == 12
    assert len(tiles(4032, 3024)) == 12


def test_a_tile_without_contrast_is_not_looked_at() -> None:
    sky = np.full((400, 400), 200, np.uint8)
    assert View(0, 0, 100, 100).crop(sky) is not None
    sky[50, 50] = 177
    assert View(0, 0, 100, 100, tile=True).crop(sky) is None
    sky[50, 50] = 176
    part = View(50, 40, 100, 80, tile=True).crop(sky)
    assert part is not None and part.shape == (80, 100) and part[10, 0] == 176


def test_a_reduced_view_is_the_mean_of_its_pixels() -> None:
    gray = np.arange(64, dtype=np.uint8).reshape(8, 8) * 4
    part = View(0, 0, 8, 8, reduction=2).crop(gray)
    assert part is not None and part.shape == (4, 4)
    assert part[0, 0] == round(gray[:2, :2].mean())


def test_a_picture_twice_as_wide_as_high_is_also_looked_at_from_afar() -> None:
    assert find_views(1200, 600, SPEC) == [View(0, 0, 1200, 600), View(0, 0, 1200, 600, 4)]
    assert find_views(1200, 601, SPEC) == [View(0, 0, 1200, 601)]
    # A plate that fills half of the input is detected without it.
    assert find_views(320, 100, SPEC) == [View(0, 0, 320, 100)]
    assert find_views(322, 100, SPEC) == [View(0, 0, 322, 100), View(0, 0, 322, 100, 2)]
    assert view_from_afar(1281, 300, SPEC).reduction == 6
    assert view_from_afar(300, 1537, SPEC).reduction == 10


def test_a_closer_look_is_a_part_as_large_as_the_input_and_inside_the_picture() -> None:
    assert view_around(600, 400, 1280, 720, SPEC) == View(280, 208, 640, 384)
    assert view_around(0, 0, 1280, 720, SPEC) == View(0, 0, 640, 384)
    assert view_around(1280, 720, 1280, 720, SPEC) == View(640, 336, 640, 384)
    assert view_around(900, 100, 2000, 300, SPEC) == View(580, 0, 640, 300)
    # It is no closer look if it shows more than 65 % of the picture, across and down.
    assert view_around(450, 250, 970, 580, SPEC) is None
    assert view_around(450, 250, 1000, 580, SPEC) is not None
    assert view_around(450, 250, 970, 600, SPEC) is not None
