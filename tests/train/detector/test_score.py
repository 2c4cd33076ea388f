"""Counting what was found: overlaps, each plate once, what is ignored, thresholds; and frames read from disk."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from small_scenes import small_shard, write_frames

from plate_runtime.errors import DataError
from plate_runtime.evaluate import Matches
from plate_runtime.results import Detection
from plate_train.detector import report
from plate_train.detector.score import FrameSet, labelled_set, match, score, synthetic_set
from plate_train.loop.shards import Shard
from plate_train.synthetic.scenes.labels import PlateLabel, decode, encode
from plate_train.synthetic.scenes.spec import SCENE_SPEC


def box(x: float, y: float, width: float = 80, height: float = 20) -> np.ndarray:
    return np.array([(x, y), (x + width, y), (x + width, y + height), (x, y + height)], np.float64)


def found(*entries: tuple[np.ndarray, float]) -> list[Detection]:
    return [Detection(tuple(map(tuple, corners.tolist())), confidence) for corners, confidence in entries]


def test_a_plate_is_found_once_and_the_rest_is_outside() -> None:
    labels = [PlateLabel(box(100, 100).astype(np.float32), "A"), PlateLabel(box(300, 100).astype(np.float32), "B")]
    entry = found((box(102, 101), 0.9), (box(98, 99), 0.8), (box(500, 300), 0.7), (box(330, 100), 0.6))
    assert match(entry, labels) == Matches((0, None), (2,))


def test_detections_on_what_is_ignored_are_neither_right_nor_false() -> None:
    labels = [PlateLabel(box(100, 100).astype(np.float32), "A", required=False)]
    assert match(found((box(100, 100), 0.9), (box(110, 104, 40, 10), 0.8)), labels) == Matches((), ())


def test_counts_follow_the_threshold() -> None:
    labels = [[PlateLabel(box(100, 100).astype(np.float32), "A")], []]
    frames = FrameSet("x", np.zeros((2, 384, 640), np.uint8), labels, [(640, 384)] * 2)
    counted = score([found((box(100, 100), 0.45)), found((box(9, 9), 0.65))], frames)
    assert (counted.frames, counted.plates, counted.found, counted.false) == (2, 1, 0, 1)
    assert counted.curve["0.4"] == [1, 1]
    assert counted.curve["0.7"] == [0, 0]
    assert counted.percent == 0
    assert "0 of 1 plates" in str(counted)


def test_frames_on_disk_become_inputs_with_their_corners(tmp_path: Path) -> None:
    frames = labelled_set(write_frames(tmp_path / "gate", 3))
    assert frames.name == "gate"
    assert frames.pictures.shape == (3, 384, 640)
    assert frames.sizes == [(640, 360)] * 3
    for picture, labels in zip(frames.pictures, frames.labels, strict=True):
        (left, top), (right, bottom) = labels[0].corners[0], labels[0].corners[2]
        assert picture[int(top + bottom) // 2, int(right) - 4] > 200
        assert left < right <= 641
        assert top >= 0
    with pytest.raises(DataError):
        labelled_set(tmp_path / "none.csv")


def test_marks_survive_being_written() -> None:
    labels = [
        PlateLabel(box(1.25, 2.5).astype(np.float32), "AB1"),
        PlateLabel(box(-7, 3).astype(np.float32), "C", required=False),
    ]
    again = decode(encode(labels))
    assert [(label.text, label.required) for label in again] == [("AB1", True), ("C", False)]
    np.testing.assert_allclose(again[1].corners, labels[1].corners)
    assert decode("") == []
    with pytest.raises(DataError):
        decode("p AB 1 2 3")


def test_the_threshold_leaves_a_false_one_in_two_frames() -> None:
    sure = np.concatenate([np.linspace(0.4, 0.99, 500), np.linspace(0.2, 0.62, 100)])
    right = np.arange(600) < 500
    assert 0.4 <= report.fit_threshold(sure, right, 100, 1.0) <= 0.44
    assert report.fit_threshold(sure, right, 500, 1.0) == 0.1
    assert report.fit_threshold(sure, right, 0, 0.5) == 0.6
    assert 0.25 <= report.fit_temperature(sure, right) <= 2.0
    assert report.fit_temperature(sure[:9], right[:9]) == 1.0


def test_drawn_scenes_are_a_set() -> None:
    pictures, texts = small_shard(1, 0, 2, SCENE_SPEC, "measure")
    frames = synthetic_set("drawn", Shard(pictures, texts))
    assert len(frames) == 2
    assert frames.sizes[0] == (640, 384)
