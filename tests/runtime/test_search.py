"""First and second looks at a picture, with a detector of which each look is made up."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from plate_runtime.manifest import InputSpec, Manifest
from plate_runtime.results import Character, Detection, Reading
from plate_runtime.script import LATIN
from plate_runtime.search import NetworkDetector, Search, search_frame

SPEC = InputSpec(shape=(384, 640, 1), polarity="any", resize="fit")
MANIFEST = Manifest(
    "detector", "test", "1.0.0", "", SPEC, decoding="corners", strides=(8,), thresholds={"min_detection": 0.1}
)
FRAME = np.zeros((720, 1280), np.uint8)
Seen = dict[tuple[int, int], tuple[float, float]]
"""Cell, row and column -> confidence and width in pixels of the input."""


class Detector:
    """Says of each picture what is next in a list, and keeps the pictures."""

    manifest = MANIFEST

    def __init__(self, *looks: Seen) -> None:
        self.looks, self.pictures = list(looks), list[NDArray[np.uint8]]()

    def predict_pictures(self, pictures: list[NDArray[np.uint8]]) -> NDArray[np.float32]:
        """Return values for one picture."""
        (picture,) = pictures
        self.pictures.append(picture)
        values = np.zeros((48, 80, 9), np.float32)
        values[..., 0] = -20
        for (row, column), (confidence, width) in self.looks.pop(0).items():
            half = width / 16
            values[row, column, 0] = math.log(confidence / (1 - confidence))
            values[row, column, 1:] = [-half, -half / 4, half, -half / 4, half, half / 4, -half, half / 4]
        return values.reshape(1, -1, 9)


def found(detector: Detector, frame: NDArray[np.uint8] = FRAME) -> list[Detection]:
    """What is found without reading."""
    model: Any = detector
    return NetworkDetector(model).detect(frame)


def test_a_small_plate_is_looked_at_closer() -> None:
    frame = np.arange(720 * 1280, dtype=np.uint32).reshape(720, 1280).astype(np.uint8)
    detector = Detector({(20, 30): (0.09, 20)}, {(24, 40): (0.95, 40)})
    (plate,) = found(detector, frame)
    # The cell's middle, (244, 164) in the input, is (488, 328) in the frame, and the middle of the tile.
    assert np.array_equal(detector.pictures[1], frame[136:520, 168:808])
    assert np.mean(plate.corners, axis=0).tolist() == pytest.approx([168 + 324, 136 + 196])
    assert math.dist(*plate.corners[:2]) == pytest.approx(40)


def test_a_tile_stays_inside_the_picture() -> None:
    detector = Detector({(0, 0): (0.2, 20)}, {})
    (plate,) = found(detector)
    assert detector.pictures[1].shape == (384, 640)
    assert plate.confidence == pytest.approx(0.2)


def test_a_wide_plate_is_looked_at_from_farther() -> None:
    detector = Detector({(20, 30): (0.2, 500)}, {(10, 15): (0.95, 260)})
    (plate,) = found(detector)
    assert detector.pictures[1].shape == (180, 320)
    assert np.mean(plate.corners, axis=0).tolist() == pytest.approx([124 * 4, 84 * 4], abs=3)
    assert math.dist(*plate.corners[:2]) == pytest.approx(260 * 4, rel=0.02)


@pytest.mark.parametrize(
    "seen",
    [
        {},
        {(20, 30): (0.4, 100.0)},
        {(20, 30): (0.02, 20.0)},
        {(20, 30): (0.09, 300.0)},
        {(20, 30): (0.09, 20.0), (40, 60): (0.93, 90.0)},
    ],
    ids=["nothing", "of a good size", "too faint", "too faint for a wide one", "another one is plain"],
)
def test_there_is_no_second_look_without_need(seen: Seen) -> None:
    detector = Detector(seen)
    assert len(found(detector)) == sum(confidence >= 0.1 for confidence, _ in seen.values())
    assert len(detector.pictures) == 1


def test_what_was_read_at_the_first_look_is_not_read_again() -> None:
    texts = iter(["FIRST1", "NEW2"])

    class Reader:
        script = LATIN

        def recognise(self, crops: Sequence[NDArray[np.uint8]], region: str | None) -> list[Reading]:
            return [Reading((Character("A", 0.3),), 0.3, next(texts)) for _ in crops]

    detector: Any = Detector({(20, 30): (0.3, 100.0), (40, 60): (0.09, 20.0)}, {(24, 40): (0.95, 60)})
    looked = search_frame(Search(FRAME, detector), Reader())
    assert len(detector.pictures) == 2
    assert [plate and (plate.raw_text, plate.corners) for _, plate in looked] == [
        ("NEW2", looked[0][0].corners),
        ("FIRST1", looked[1][0].corners),
    ]


@pytest.mark.parametrize(("confidence", "width", "again"), [(0.49, 300.0, 1), (0.51, 300.0, 0), (0.51, 30.0, 1)])
def test_a_wide_plate_that_is_surely_one_is_not_looked_at_again(confidence: float, width: float, again: int) -> None:
    class Blind:
        script = LATIN

        def recognise(self, crops: Sequence[NDArray[np.uint8]], region: str | None) -> list[None]:
            return [None for _ in crops]

    detector: Any = Detector({(20, 30): (confidence, width)}, {})
    search_frame(Search(FRAME, detector), Blind())
    assert len(detector.pictures) == 1 + again


def test_the_most_confident_of_two_hints_is_looked_at() -> None:
    for small, wide, size in ((0.3, 0.2, (384, 640)), (0.2, 0.3, (180, 320))):
        detector: Any = Detector({(20, 30): (small, 20.0), (40, 40): (wide, 300.0)}, {})
        assert Search(FRAME, detector).look_again()
        assert detector.pictures[1].shape == size


def test_a_picture_that_the_input_takes_as_it_is_has_no_closer_look() -> None:
    detector = Detector({(20, 30): (0.09, 20.0)})
    assert found(detector, np.zeros((384, 640), np.uint8)) == []
    assert len(detector.pictures) == 1


def test_a_hint_is_no_detection() -> None:
    detector: Any = Detector({(20, 30): (0.09, 20.0)}, {})
    search = Search(FRAME, detector)
    assert search.detections == []
    assert search.look_again()
    assert search.detections == []


def test_the_threshold_asked_for_goes_before_the_model_s() -> None:
    looks: list[Seen] = [{(20, 30): (0.15, 100.0)}] * 3
    detector: Any = Detector(*looks)
    assert [len(Search(FRAME, detector, least).detections) for least in (None, 0.2, 0.01)] == [1, 0, 1]


@pytest.mark.parametrize(
    ("confidence", "width", "again"),
    [(0.075, 20.0, 0), (0.085, 20.0, 1), (0.3, 34.0, 1), (0.3, 36.0, 0), (0.3, 199.0, 0), (0.3, 201.0, 1),
     (0.095, 300.0, 0), (0.105, 300.0, 1)],
)  # fmt: skip
def test_small_and_wide_hints_have_their_limits(confidence: float, width: float, again: int) -> None:
    detector = Detector({(20, 30): (confidence, width)}, {})
    found(detector)
    assert len(detector.pictures) == 1 + again


@pytest.mark.parametrize(("confidence", "again"), [(0.49, 1), (0.51, 0)])
def test_there_is_no_second_look_if_something_is_confident(confidence: float, again: int) -> None:
    detector = Detector({(20, 30): (confidence, 30)}, {})
    found(detector)
    assert len(detector.pictures) == 1 + again


def test_beside_a_small_copy_the_picture_is_searched_as_without_it() -> None:
    detector: Any = Detector({(10, 30): (0.9, 100), (46, 76): (0.8, 40)})
    search = Search(np.zeros((640, 1200), np.uint8), detector, may_be_filled=True)
    (one,) = search.detections
    # The cell's middle is (244, 84) in the input; what is detected in the copy, at the bottom right, does not count.
    assert np.mean(one.corners, axis=0).tolist() == pytest.approx([244 * 1200 / 640, 84 * 640 / 341], abs=0.01)
    assert one.confidence == pytest.approx(0.9)


@pytest.mark.parametrize(("width", "filled"), [(64, 0.8), (50, 0.8), (45, 0.0)])
def test_a_picture_is_filled_by_what_covers_a_quarter_of_its_copy(width: float, filled: float) -> None:
    # The copy has 65x35 pixels.
    for may_be_filled, expected in ((True, filled), (False, 0.0)):
        detector: Any = Detector({(45, 75): (0.8, width)})
        search = Search(np.zeros((640, 1200), np.uint8), detector, may_be_filled=may_be_filled)
        assert search.filled == pytest.approx(expected)
