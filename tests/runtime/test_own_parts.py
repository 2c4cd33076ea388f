"""`PlateReader` with a detector or a recogniser of the user's own in place of a model."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from tiny_detectors import draw_frame, plate_corners

from plate_runtime import PlateReader
from plate_runtime.errors import UsageError
from plate_runtime.model import open_model
from plate_runtime.plate_evidence import plate_probability
from plate_runtime.recognise import recogniser_of
from plate_runtime.results import Character, Corners, Detection, Reading
from plate_runtime.script import LATIN, Script
from plate_runtime.search import NetworkDetector

MakeModel = Callable[..., Path]
FRAME = draw_frame({(2, 3): "AB12XYZ", (4, 7): "KR59ABC"})


class Fixed:
    """A detector that gives the same detections for every picture, and keeps the pictures."""

    def __init__(self, *found: Detection) -> None:
        self.found, self.pictures = list(found), list[NDArray[np.uint8]]()

    def detect(self, gray: NDArray[np.uint8]) -> list[Detection]:
        """Give them."""
        self.pictures.append(gray)
        return self.found


class Same:
    """A recogniser that gives the same reading for every crop, and keeps the crops and the region."""

    script = LATIN

    def __init__(self, text: str, confidence: float = 0.9) -> None:
        self.reading = Reading(tuple(Character(one, 0.95) for one in text), confidence, text)
        self.crops, self.region = list[NDArray[np.uint8]](), "none yet"

    def recognise(self, crops: Sequence[NDArray[np.uint8]], region: str | None) -> list[Reading | None]:
        """Give it."""
        self.crops += crops
        self.region = str(region)
        return [self.reading] * len(crops)


def rectangle(x: float, y: float, width: float, height: float) -> Corners:
    return ((x, y), (x + width, y), (x + width, y + height), (x, y + height))


def test_both_of_ones_own_read_a_frame_without_any_model(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("plate_runtime.reader_models.open_model", None)
    faint, plain = Detection(rectangle(100, 50, 200, 50), 0.6), Detection(rectangle(40, 300, 300, 60), 0.95)
    detector, recogniser = Fixed(faint, plain), Same("B123ABC")
    with PlateReader(recogniser, detector=detector, as_="auto") as reader:
        plates = reader.read(FRAME, "frame", region="Romania", min_confidence=0)
        assert [plate.corners for plate in plates] == [plain.corners, faint.corners]
        assert reader.find(FRAME) == [plain, faint]
        assert reader.find(FRAME, min_confidence=0.9) == [plain]
        assert [one for one, _ in reader.search(FRAME)] == [plain, faint]
    assert (plates[0].text, plates[0].raw_text, plates[0].region) == ("B123ABC", "B123ABC", "ro")
    assert (plates[0].confidence, plates[0].box) == (0.9, (40, 300, 300, 60))
    assert plates[0].detection_confidence == pytest.approx(plate_probability(0.95, "B123ABC", "ro"), abs=1e-4)
    assert recogniser.region == "None" and [crop.shape for crop in recogniser.crops[:2]] == [(64, 320), (55, 220)]
    assert all(np.array_equal(gray, FRAME) for gray in detector.pictures) and len(detector.pictures) == 4


def test_the_threshold_of_a_frame_holds_for_the_product() -> None:
    with PlateReader(Same("B123ABC", 0.4), detector=Fixed(Detection(rectangle(40, 300, 300, 60), 0.9))) as reader:
        assert reader.least_confidence("frame") == 0.4
        assert reader.read(FRAME, "frame") == []
        (plate,) = reader.read(FRAME, "frame", min_confidence=0.3)
        assert plate.text == "B123ABC"


def test_a_recogniser_of_ones_own_reads_a_crop() -> None:
    crop = np.full((40, 160), 90, np.uint8)
    recogniser = Same("B123ABC")
    with PlateReader(recogniser) as reader:
        (plate,) = reader.read(crop)
        assert (plate.text, plate.box, plate.detection_confidence) == ("B123ABC", (0, 0, 160, 40), 1.0)
        assert np.array_equal(recogniser.crops[0], crop)
        assert reader.read(crop, min_confidence=0.95) == []
    with PlateReader(Same("")) as reader:
        assert reader.read(crop) == []


@pytest.mark.parametrize(("width", "texts"), [(1000, ["B123ABC"]), (200, [])])
def test_the_default_mode_reads_a_picture_that_is_filled_by_one_plate(width: int, texts: list[str]) -> None:
    """As one plate in 1000 of 1100 pixels; a small detection of a picture of this aspect is read as one of a frame."""
    detector = Fixed(Detection(rectangle(20, 20, width, 0.4 * width), 0.95))
    with PlateReader(Same("B123ABC"), detector=detector, as_="auto") as reader:
        plates = reader.read(np.zeros((700, 1100), np.uint8), "auto")
    assert [plate.text for plate in plates if plate.box == (0, 0, 1100, 700)] == texts


@pytest.mark.parametrize(("confidence", "crops"), [(0.5, 1), (0.49, 2)])
def test_a_picture_that_is_read_as_one_plate_is_searched_only_in_doubt(confidence: float, crops: int) -> None:
    recogniser = Same("B123ABC", confidence)
    with PlateReader(recogniser, detector=Fixed(Detection(rectangle(20, 20, 1000, 400), 0.95)), as_="auto") as reader:
        assert len(reader.read(np.zeros((700, 1100), np.uint8), "auto")) == 1
    assert len(recogniser.crops) == crops


@pytest.mark.parametrize(
    "returned",
    [None, ["B123ABC"], [("B123ABC", 0.9)],
     [Reading("AB", 0.9)],  # type: ignore[arg-type]
     [Reading((Character("A", 0.9),), float("nan"))], [Reading((Character("A", 7),), 0.9)],
     [Reading((Character("Ж", 0.9),), 0.9)], [Reading((Character("AB", 0.9),), 0.9)]],
)  # fmt: skip
def test_anything_but_readings_is_wrong_use(returned: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    recogniser = Same("B123ABC")
    monkeypatch.setattr(recogniser, "recognise", lambda crops, region: returned)
    with PlateReader(recogniser) as reader, pytest.raises(UsageError, match="the recogniser returned something else"):
        reader.read(np.zeros((60, 200), np.uint8))


def test_numbers_of_numpy_become_floats_and_any_iterable_will_do(monkeypatch: pytest.MonkeyPatch) -> None:
    recogniser, narrow = Same("B"), np.float32(0.5)
    reading = Reading((Character("B", narrow),), narrow)  # type: ignore[arg-type]
    monkeypatch.setattr(recogniser, "recognise", lambda crops, region: (reading for _ in crops))
    with PlateReader(recogniser) as reader:
        (plate,) = reader.read(np.zeros((60, 200), np.uint8))
    assert type(plate.confidence) is type(plate.characters[0].confidence) is float


def test_a_recogniser_names_its_characters_by_a_script(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Same, "script", "ABC")
    with pytest.raises(UsageError, match="a Script"):
        PlateReader(Same("B123ABC"))


def test_each_goes_with_a_model_for_the_other(make_detector: MakeModel, make_plate_model: MakeModel) -> None:
    with PlateReader(make_plate_model(), detector=Fixed(Detection(plate_corners(2, 3), 0.95))) as reader:
        (plate,) = reader.read(FRAME, "frame")
        assert plate.text == "AB12XYZ" and reader.model.manifest.kind == "plate"
        with pytest.raises(UsageError, match="a detector of your own"):
            reader.detector()
    with PlateReader(Same("B123ABC"), detector=make_detector(), as_="frame") as reader:
        assert [plate.text for plate in reader.read(FRAME, "frame")] == ["B123ABC"] * 2
        for call in (lambda: reader.model, lambda: reader.read(FRAME, "character")):
            with pytest.raises(UsageError, match="a recogniser of your own"):
                call()


def test_the_networks_of_models_are_such_parts(make_detector: MakeModel, make_plate_model: MakeModel) -> None:
    files = make_plate_model(), make_detector()
    with PlateReader(files[0], detector=files[1]) as reader:
        expected = reader.read(FRAME, "frame", min_confidence=0)
    with (
        open_model(files[0], "plate") as reads,
        open_model(files[1], "detector") as detects,
        PlateReader(recogniser_of(reads), detector=NetworkDetector(detects)) as reader,
    ):
        assert reader.read(FRAME, "frame", min_confidence=0) == expected
        assert reader.find(FRAME) == NetworkDetector(detects).detect(FRAME)
        assert reader.find(FRAME, min_confidence=0.9999) == NetworkDetector(detects, 0.9999).detect(FRAME) == []


class Mute(Same):
    """Gives no reading at all."""

    def recognise(self, crops: Sequence[NDArray[np.uint8]], region: str | None) -> list[Reading | None]:
        """Give nothing."""
        return []


@pytest.mark.parametrize(
    "found",
    [
        3,
        [Detection(((0, 0), (9, 0), (9, 9)), 0.9)],
        [Detection(rectangle(0, 0, float("nan"), 9), 0.9)],
        [Detection(rectangle(0, 0, 40, 9), 1.5)],
        [Detection(rectangle(0, 0, 40, 9), float("nan"))],
        [rectangle(0, 0, 40, 9)],
        [Detection("corners", 0.5)],  # type: ignore[arg-type]
    ],
)
def test_what_a_detector_must_not_return_is_one_error(found: Any) -> None:
    detector = Fixed()
    detector.found = found
    message = "the detector returned something else than detections"
    with PlateReader(Same("B1"), detector=detector) as reader, pytest.raises(UsageError, match=message):
        reader.read(FRAME, "frame")


def test_wrong_parts_are_refused() -> None:
    with pytest.raises(UsageError, match="int is not a recogniser"):
        PlateReader(3)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="Same is not a detector"):
        PlateReader(Same("B1"), detector=Same("B1"))  # type: ignore[arg-type]
    with PlateReader(Mute("B1")) as reader, pytest.raises(UsageError, match="0 readings for 1 crops"):
        reader.read(np.zeros((9, 30), np.uint8))
    outside = Fixed(Detection(rectangle(5000, 0, 40, 9), 0.9))
    with PlateReader(Same("B1"), detector=outside) as reader, pytest.raises(UsageError, match="outside the picture"):
        reader.read(FRAME, "frame")
    few = Same("123")
    few.script = Script("0123456789")
    with PlateReader(few) as reader, pytest.raises(UsageError, match="other characters than this model reads"):
        reader.read(np.zeros((9, 30), np.uint8), region="de")
