"""The steps of a reading: what was detected, cropped, read and returned."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray
from tiny_detectors import draw_frame

from plate_devices.imaging.plate_picture import draw_plate
from plate_runtime import PlateReader
from plate_runtime.rectify import rectify
from plate_runtime.results import Character, Corners, Detection, Reading
from plate_runtime.script import LATIN
from plate_runtime.search import joint_confidence
from plate_runtime.steps import Steps

FRAME = draw_frame({(2, 3): "AB12XYZ", (4, 7): "KR59ABC"})


def rectangle(x: float, y: float, width: float, height: float) -> Corners:
    return ((x, y), (x + width, y), (x + width, y + height), (x, y + height))


class Fixed:
    """A detector with three detections."""

    found = (
        Detection(rectangle(100, 50, 200, 50), 0.6),
        Detection(rectangle(40, 300, 300, 60), 0.95),
        Detection(rectangle(300, 200, 80, 20), 0.7),
    )

    def detect(self, gray: NDArray[np.uint8]) -> list[Detection]:
        """Give them."""
        return list(self.found)


class ByHeight:
    """A recogniser that reads high crops well, low ones with doubt, and the lowest not at all."""

    script = LATIN

    def recognise(self, crops: Sequence[NDArray[np.uint8]], region: str | None) -> list[Reading | None]:
        """Read."""
        return [self.read(crop.shape[0]) for crop in crops]

    def read(self, height: int) -> Reading | None:
        """Read a crop of this height."""
        if height < 30:
            return None
        confidence = 0.9 if height > 60 else 0.2
        return Reading(tuple(Character(one, confidence) for one in "B123ABC"), confidence, "B123A8C")


def test_every_step_of_a_frame_is_kept() -> None:
    steps = Steps()
    with PlateReader(ByHeight(), detector=Fixed()) as reader:
        plates = reader.read(FRAME, "frame", steps=steps)
        assert plates == reader.read(FRAME, "frame")
        assert steps.least_confidence == reader.least_confidence("frame")
    assert (steps.read_as, steps.plates, len(plates)) == ("frame", plates, 1)
    assert [one.confidence for one, _ in steps.found] == [0.95, 0.7, 0.6]
    assert [plate and plate.text for _, plate in steps.found] == ["B123ABC", None, "B123ABC"]
    assert steps.found[0][1] is plates[0]
    assert [crop.shape for crop in steps.crops] == [rectify(FRAME, one.corners).shape for one, _ in steps.found]
    assert joint_confidence(steps.found[2][1]) < steps.least_confidence
    assert [tuple(view[:4]) for view in steps.views] == [(0, 0, FRAME.shape[1], FRAME.shape[0])]


@pytest.mark.parametrize("as_", ["plate", "character"])
def test_a_crop_has_one_step(as_: str) -> None:
    steps = Steps()
    crop = np.asarray(draw_plate("KR59ABC", 70, width=220).convert("L"))
    with PlateReader(as_=as_) as reader:
        plates = reader.read(crop, as_, min_confidence=0.0, steps=steps)
    assert (steps.read_as, steps.plates, steps.least_confidence) == (as_, plates, 0.0)
    ((detection, plate),) = steps.found
    assert [plate] == plates and detection.corners[2] == (220.0, 70.0)
    assert np.array_equal(steps.crops[0], crop) and not steps.views and not steps.unread


def test_the_shipped_detector_keeps_hints_below_its_threshold() -> None:
    random, steps = np.random.default_rng(3), Steps()
    picture = np.clip(np.repeat(np.repeat(random.normal(120, 90, (45, 80)), 16, 0), 16, 1), 0, 255).astype(np.uint8)
    picture[200:260, 300:520] = rectify(FRAME, rectangle(90, 40, 220, 60), (0, 0))
    with PlateReader(as_="frame") as reader:
        plates = reader.read(picture, "frame", min_confidence=0.0, steps=steps)
        found = reader.find(picture, min_confidence=0.0)
    assert plates == [plate for _, plate in steps.found if plate is not None]
    assert all(one.confidence >= steps.least_detection for one, _ in steps.found)
    assert all(0.05 <= one.confidence < steps.least_detection for one in steps.unread)
    assert len(steps.crops) == len(steps.found)
    assert len(steps.found) + len(steps.unread) <= len(found)


def test_a_picture_that_is_one_plate_is_kept_as_one() -> None:
    steps = Steps()
    with PlateReader(as_="auto") as reader:
        (plate,) = reader.read(draw_plate("KR59ABC", 70), "auto", steps=steps)
    assert (steps.read_as, steps.whole) == ("plate", plate)
    assert [one for _, one in steps.found] == [plate] and not steps.unread
    assert steps.crops[0].shape[0] == 70
