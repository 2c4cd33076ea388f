"""Plates found in frames: decoding, suppression, views, rectifying."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray
from PIL import Image
from tiny_detectors import DETECTOR_SPEC, draw_frame, plate_corners

from plate_runtime.detect import MOST_PLATES, decode_corners, merge, suppress
from plate_runtime.errors import ModelError, UsageError
from plate_runtime.geometry import is_plate_shaped, polygon_iou, project, square_to
from plate_runtime.manifest import InputSpec, Manifest
from plate_runtime.model import open_model
from plate_runtime.pictures.open_picture import Picture
from plate_runtime.rectify import rectify
from plate_runtime.results import Corners
from plate_runtime.search import NetworkDetector
from plate_runtime.tiles import MOST_TILES, find_views

MakeModel = Callable[..., Path]
KINDS = [("tflite", "float32"), ("tflite", "int8"), ("onnx", "float32")]
SPEC = InputSpec(shape=(384, 640, 1), polarity="any", resize="fit")
MANIFEST = Manifest("detector", "test", "1.0.0", "", SPEC, decoding="corners", strides=(8, 16, 32), temperature=1.5)
CELLS = 48 * 80 + 24 * 40 + 12 * 20
OFFSETS = (-2, -0.5, 2, -0.5, 2, 0.5, -2, 0.5)


def output(plates: dict[int, float]) -> NDArray[np.float32]:
    """A detector's output with plates of 4 by 1 strides in these cells, by their logits."""
    found = np.zeros((CELLS, 9), np.float32)
    found[:, 0] = -20
    for cell, logit in plates.items():
        found[cell] = [logit, *OFFSETS]
    return found


def decode(found: NDArray[np.float32], least: float = 0.5) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    return decode_corners(found, MANIFEST, (640, 384), least)


@pytest.mark.parametrize(("format_", "precision"), KINDS)
def test_every_format_finds_the_plates_of_a_frame(format_: str, precision: str, make_detector: MakeModel) -> None:
    frame = draw_frame({(2, 3): "AB12XYZ", (4, 7): "KR55", (0, 5): "CD456EF"})
    with open_model(make_detector(format_, precision), "detector") as model:
        found = NetworkDetector(model).detect(frame)
        assert sorted(one.corners for one in found) == sorted(plate_corners(*cell) for cell in ((2, 3), (4, 7), (0, 5)))
        assert [one.confidence for one in found] == sorted((one.confidence for one in found), reverse=True)
        assert all(0.9 < one.confidence < 1 for one in found)
        assert NetworkDetector(model).detect(Picture(np.repeat(frame[:, :, None], 3, axis=2), "frame").gray()) == found
        assert NetworkDetector(model).detect(np.zeros((720, 1280), np.uint8)) == []
        assert NetworkDetector(model, 1.0).detect(frame) == []


def test_what_is_no_detector_or_no_picture_is_refused(make_detector: MakeModel, make_plate_model: MakeModel) -> None:
    with open_model(make_plate_model(), None) as reader, pytest.raises(UsageError, match="detects no plates"):
        NetworkDetector(reader).detect(np.zeros((20, 20), np.uint8))
    with pytest.raises(ModelError, match="plate model where a detector"):
        open_model(make_plate_model(), "detector")
    with open_model(make_detector(), None) as model:
        for wrong in (np.zeros((20, 20, 3), np.uint8), np.zeros((20, 20)), np.zeros((0, 5), np.uint8)):
            with pytest.raises(UsageError, match="expected a gray picture"):
                NetworkDetector(model).detect(wrong)  # type: ignore[arg-type]


class TestDecoding:
    def test_cells_follow_one_another_level_by_level_row_by_row(self) -> None:
        corners, logits = decode(output({81: 3.0, 3840 + 41: 4.0, 3840 + 960 + 21: 5.0}))
        assert corners.mean(axis=1).tolist() == [[12, 12], [24, 24], [48, 48]]
        assert np.ptp(corners[:, :, 0], axis=1).tolist() == [32, 64, 128]
        assert logits.tolist() == [3, 4, 5]

    def test_the_threshold_is_one_of_calibrated_confidence(self) -> None:
        found = output({500: 1.5 * math.log(0.7 / 0.3)})
        assert len(decode(found, 0.699)[0]) == 1
        assert len(decode(found, 0.701)[0]) == len(decode(found, 1.0)[0]) == 0
        assert len(decode(found, 0.0)[0]) <= 400

    def test_what_lies_beside_the_picture_is_left_out(self) -> None:
        found = output({3840 - 1: 3.0, 0: 3.0})
        assert len(decode_corners(found, MANIFEST, (640, 384), 0.5)[0]) == 2
        assert decode_corners(found, MANIFEST, (640, 360), 0.5)[0].mean(axis=1).tolist() == [[4, 4]]

    def test_of_too_many_cells_the_most_confident_are_taken_and_of_equal_ones_the_first(self) -> None:
        found = output(dict.fromkeys(range(900, 1500), 3.0) | {3000: 4.0})
        middles = decode(found)[0].mean(axis=1)
        first = decode(output({3000: 4.0}))[0].mean(axis=1)
        assert len(middles) == 400
        assert np.array_equal(middles[:1], first)
        assert np.array_equal(middles[1:], decode(output(dict.fromkeys(range(900, 1299), 3.0)))[0].mean(axis=1))

    def test_what_is_no_quadrilateral_is_left_out(self) -> None:
        found = output(dict.fromkeys(range(900, 905), 3.0))
        found[900, 1:] = np.nan
        found[901, 1:] = np.array(OFFSETS).reshape(4, 2)[::-1].ravel()
        found[902, 1:] = 0
        found[903, 0] = np.inf
        assert decode(found)[0].shape == (1, 4, 2)

    @given(arrays.arrays(np.float32, (CELLS, 9), elements=st.floats(width=32), fill=st.floats(width=32)))
    @settings(max_examples=30)
    def test_any_output_gives_plates_in_the_picture(self, found: NDArray[np.float32]) -> None:
        corners, logits = decode(found, 0.3)
        assert np.isfinite(corners).all() and np.isfinite(logits).all()
        kept = suppress(corners, logits)
        assert len(kept) <= MOST_PLATES
        middles = corners.mean(axis=1)
        assert (middles >= 0).all() and (middles < [640, 384]).all()


class TestSuppression:
    def test_the_most_confident_of_a_plate_stays(self) -> None:
        corners, logits = decode(output({1000: 3.0, 1001: 5.0, 1002: 4.0, 1010: 1.0}))
        assert logits[suppress(corners, logits)].tolist() == [5, 1]

    def test_a_plate_on_a_plate_goes_and_one_beside_it_stays(self) -> None:
        plate = np.array([[0, 0], [100, 0], [100, 20], [0, 20]], float)
        small, beside, above = plate * 0.3, plate + np.array([104, 0]), plate + np.array([0, 21])
        overlapping = plate + np.array([0, 10.5])
        corners = np.stack([plate, small, beside, above, overlapping])
        assert suppress(corners, np.array([5.0, 4, 3, 2, 1])).tolist() == [0, 2, 3]
        assert suppress(corners, np.array([1.0, 4, 3, 2, 5])).tolist() == [4, 1, 2]

    def test_tilted_plates_whose_boxes_overlap_stay(self) -> None:
        plate = np.array([[0, 0], [100, 100], [90, 110], [-10, 10]], float)
        corners = np.stack([plate, plate + np.array([0, 40])])
        assert suppress(corners, np.array([2.0, 1])).tolist() == [0, 1]

    def test_there_are_at_most_32_plates(self) -> None:
        cells = {80 * row + column: 3.0 for row in range(0, 48, 4) for column in range(4, 80, 8)}
        assert len(cells) > MOST_PLATES == 32
        assert len(suppress(*decode(output(cells)))) == MOST_PLATES

    def test_nothing_is_no_error(self) -> None:
        assert suppress(np.zeros((0, 4, 2)), np.zeros(0)).tolist() == []

    @given(st.lists(st.tuples(*[st.floats(0, 600)] * 2, st.floats(10, 200), st.floats(-3, 3)), max_size=30))
    def test_those_that_stay_lie_apart(self, plates: list[tuple[float, float, float, float]]) -> None:
        square = np.array([[-1, -0.3], [1, -0.3], [1, 0.3], [-1, 0.3]])
        corners = np.array([square * size + [x, y] for x, y, size, _ in plates]).reshape(-1, 4, 2)
        logits = np.array([logit for *_, logit in plates])
        kept = [tuple(map(tuple, corners[place].tolist())) for place in suppress(corners, logits)]
        assert bool(kept) == bool(plates)
        for number, one in enumerate(kept):
            assert all(polygon_iou(one, other) <= 0.3 for other in kept[:number])


class TestMerging:
    PLATE = np.array([[0, 0], [100, 0], [100, 20], [0, 20]], float)

    def test_corners_are_the_mean_of_all_cells_of_a_plate(self) -> None:
        corners = np.stack([self.PLATE, self.PLATE + 4, self.PLATE + np.array([300, 0]), self.PLATE * 3])
        merged = merge(corners, np.array([2.0, 2.0, 3.0, 1.0]), np.array([2, 0]))
        assert np.allclose(merged, [corners[2], self.PLATE + 2])

    def test_the_more_confident_count_more(self) -> None:
        corners = np.stack([self.PLATE, self.PLATE + 4])
        (merged,) = merge(corners, np.array([40.0, math.log(0.25 / 0.75)]), np.array([0]))
        assert np.allclose(merged, self.PLATE + 0.8)

    @given(st.lists(st.tuples(*[st.floats(-30, 30)] * 8), min_size=1, max_size=8))
    def test_what_comes_out_is_a_plate_again(self, shifts: list[tuple[float, ...]]) -> None:
        corners = np.array([self.PLATE + np.array(shift).reshape(4, 2) for shift in shifts])
        corners = corners[is_plate_shaped(corners)]
        kept = suppress(corners, np.zeros(len(corners)))
        assert is_plate_shaped(merge(corners, np.zeros(len(corners)), kept)).all()


class TestViews:
    def test_a_camera_s_frame_is_looked_at_once(self) -> None:
        for size in ((1280, 720), (1920, 1080), (640, 480), (720, 1280), (60, 40)):
            assert len(find_views(*size, SPEC)) == 1

    def test_a_crop_is_also_looked_at_from_afar(self) -> None:
        assert [view.reduction for view in find_views(640, 160, SPEC)] == [1, 2]
        assert [view.reduction for view in find_views(1300, 300, SPEC)] == [1, 6]
        assert len(find_views(300, 80, SPEC)) == 1

    @given(st.integers(1, 40_000), st.integers(1, 40_000))
    def test_views_are_few_and_cover_the_picture(self, width: int, height: int) -> None:
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

    def test_a_plate_too_small_for_the_whole_is_found_in_its_tile(self, make_detector: MakeModel) -> None:
        views = find_views(5120, 2880, SPEC)
        place = next(view for view in views if view.tile and view.x and view.y)
        frame = np.zeros((2880, 5120), np.uint8)
        shrink = place.width / 640
        small = draw_frame({(2, 3): "AB12XYZ"})
        size = round(1280 * shrink / 2), round(720 * shrink / 2)
        part = np.asarray(Image.fromarray(small).resize(size, Image.Resampling.BILINEAR))
        frame[place.y : place.y + size[1], place.x : place.x + size[0]] = part
        wanted = tuple((place.x + x * shrink / 2, place.y + y * shrink / 2) for x, y in plate_corners(2, 3))
        with open_model(make_detector(), "detector") as model:
            assert any(polygon_iou(one.corners, wanted) > 0.9 for one in NetworkDetector(model).detect(frame))

    def test_the_largest_pictures_take_bounded_time_and_memory(self, make_detector: MakeModel) -> None:
        import tracemalloc

        frame = np.random.default_rng(0).integers(0, 256, (5770, 8660), np.uint8)
        with open_model(make_detector(), "detector") as model:
            NetworkDetector(model).detect(frame[:100])
            tracemalloc.start()
            started = time.process_time()
            NetworkDetector(model).detect(frame)
            _, peak = tracemalloc.get_traced_memory()
            tracemalloc.stop()
        assert time.process_time() - started < 10
        assert peak < 60_000_000  # of Python and numpy; the picture itself has 50 MB


@pytest.mark.parametrize("shape", [(1, 1), (1, 9000), (9000, 1), (3, 20), (384, 640), (2000, 30)])
def test_a_picture_of_any_shape_is_no_error(shape: tuple[int, int], make_detector: MakeModel) -> None:
    with open_model(make_detector(thresholds={"min_detection": 0.0}), "detector") as model:
        for one in NetworkDetector(model).detect(np.full(shape, 200, np.uint8)):
            assert np.isfinite(one.corners).all()


class TestRectifying:
    def plate(self) -> NDArray[np.uint8]:
        """A plate of 200x50 with a mark in each quarter, as tones."""
        tones = np.full((50, 200), 60, np.uint8)
        tones[5:20, 10:90], tones[5:20, 110:190], tones[30:45, 10:90], tones[30:45, 110:190] = 100, 140, 180, 220
        return tones

    def test_an_upright_plate_is_cut_out_as_it_is(self) -> None:
        gray = np.zeros((200, 400), np.uint8)
        gray[70:120, 90:290] = self.plate()
        found = rectify(gray, ((90, 70), (290, 70), (290, 120), (90, 120)), (0, 0))
        assert np.array_equal(found, self.plate())
        grown = rectify(gray, ((90, 70), (290, 70), (290, 120), (90, 120)))
        assert grown.shape == (55, 220)
        assert grown[27, 55] == 60 and grown[27, 0] < 60

    @given(
        st.lists(st.tuples(st.floats(-12, 12), st.floats(-12, 12)), min_size=4, max_size=4),
        st.floats(-math.pi, math.pi), st.floats(0.8, 4.0),
    )  # fmt: skip
    @settings(max_examples=25)
    def test_a_plate_seen_from_anywhere_comes_back(
        self, shifts: list[tuple[float, float]], angle: float, size: float
    ) -> None:
        cos, sin = math.cos(angle) * size, math.sin(angle) * size
        flat = ((-100, -25), (100, -25), (100, 25), (-100, 25))
        seen: Corners = tuple(
            (500 + (x + a) * cos - (y + b) * sin, 500 + (x + a) * sin + (y + b) * cos)
            for (x, y), (a, b) in zip(flat, shifts, strict=True)
        )
        flat_on = square_to(((0, 0), (200, 0), (200, 50), (0, 50)))
        back = flat_on @ np.linalg.inv(square_to(seen))
        frame = Image.fromarray(self.plate()).transform(
            (1000, 1000),
            Image.Transform.PERSPECTIVE,
            (back / back[2, 2]).ravel()[:8].tolist(),
            Image.Resampling.NEAREST,
        )
        found = Image.fromarray(rectify(np.asarray(frame), seen, (0, 0))).resize((200, 50), Image.Resampling.BOX)
        for y, x, tone in ((12, 50, 100), (12, 150, 140), (37, 50, 180), (37, 150, 220)):
            assert abs(int(np.asarray(found)[y, x]) - tone) < 12

    def test_large_plates_are_made_smaller_without_flicker(self) -> None:
        gray = np.zeros((900, 2600), np.uint8)
        gray[:, ::2] = 200
        found = rectify(gray, ((20, 20), (2500, 20), (2500, 800), (20, 800)))
        assert found.shape[1] == 320
        assert found.min() >= 80 and found.max() <= 120

    @pytest.mark.parametrize(
        "picture", [np.zeros((50, 99, 3), np.uint8), np.zeros((50, 99)), np.zeros((0, 9), np.uint8)]
    )
    def test_only_gray_pictures_are_rectified(self, picture: NDArray[np.uint8]) -> None:
        with pytest.raises(UsageError, match=r"expected a gray picture, uint8 \(h, w\), not"):
            rectify(picture, ((10, 10), (60, 10), (60, 30), (10, 30)))

    def test_a_hardly_visible_plate_is_a_crop_of_two_pixels(self) -> None:
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
    def test_corners_that_are_none_are_refused(self, corners: Any) -> None:
        with pytest.raises(UsageError, match="corners"):
            rectify(np.zeros((100, 200), np.uint8), corners)

    @given(st.lists(st.tuples(st.floats(-900, 900), st.floats(-900, 900)), min_size=4, max_size=4))
    def test_any_corners_give_a_small_picture_or_one_error(self, corners: list[tuple[float, float]]) -> None:
        gray = np.full((90, 120), 77, np.uint8)
        try:
            found = rectify(gray, tuple(corners))
        except UsageError:
            return
        assert found.dtype == np.uint8 and min(found.shape) >= 2 and max(found.shape) <= 320
        assert (found == 77).all()

    def test_a_plate_cut_by_the_edge_continues_in_its_mean_tone(self) -> None:
        gray = np.full((100, 200), 120, np.uint8)
        assert (rectify(gray, ((-30, 10), (70, 10), (70, 40), (-30, 40))) == 120).all()


def test_the_fake_finds_a_plate_in_the_middle(make_detector: MakeModel) -> None:
    spec = {"input": SPEC, "strides": (8, 16, 32), "temperature": 2.0}
    with open_model(make_detector(**spec), "detector", "fake:AB1") as model:
        (found,) = NetworkDetector(model).detect(np.zeros((768, 1280), np.uint8))
    assert found.confidence == pytest.approx(0.98)
    assert np.mean(found.corners, axis=0).tolist() == [672, 416]


def test_project_is_exact_for_a_shift() -> None:
    assert project(np.array([[1.0, 0, 5], [0, 1, -2], [0, 0, 1]]), [(1, 2)]) == ((6, 0),)
    assert DETECTOR_SPEC == SPEC
