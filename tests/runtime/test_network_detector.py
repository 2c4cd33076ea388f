"""A detector network finds the plates of pictures of any shape and size, in every format."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tiny_detectors import DETECTOR_SPEC, draw_frame, plate_corners

from plate_runtime.errors import ModelError, UsageError
from plate_runtime.geometry import polygon_iou
from plate_runtime.model import open_model
from plate_runtime.pictures.open_picture import Picture
from plate_runtime.search import NetworkDetector
from plate_runtime.tiles import find_views

MakeModel = Callable[..., Path]
KINDS = [("tflite", "float32"), ("tflite", "int8"), ("onnx", "float32")]


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


def test_a_plate_too_small_for_the_whole_is_found_in_its_tile(make_detector: MakeModel) -> None:
    views = find_views(5120, 2880, DETECTOR_SPEC)
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


def test_the_largest_pictures_take_bounded_time_and_memory(make_detector: MakeModel) -> None:
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


def test_the_fake_finds_a_plate_in_the_middle(make_detector: MakeModel) -> None:
    spec = {"strides": (8, 16, 32), "temperature": 2.0}
    with open_model(make_detector(**spec), "detector", "fake:AB1") as model:
        (found,) = NetworkDetector(model).detect(np.zeros((768, 1280), np.uint8))
    assert found.confidence == pytest.approx(0.98)
    assert np.mean(found.corners, axis=0).tolist() == [672, 416]
