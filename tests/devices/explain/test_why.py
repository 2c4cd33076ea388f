"""The likeliest cause for a rendered car whose plate is small, blurred, dark, tilted, cut off, and so on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from explain_scenes import car_scene
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from plate_devices.explain.causes import of_plate
from plate_devices.explain.explanation import Explanation, explain, part_of
from plate_devices.explain.picture_quality import PlateQuality
from plate_devices.explain.trials import Trials
from plate_runtime import PlateReader
from plate_runtime.steps import Steps

Roi = tuple[int, int, int, int]


@pytest.fixture(scope="module")
def reader() -> Iterator[PlateReader]:
    """The shipped models."""
    with PlateReader(as_="auto") as opened:
        yield opened


def explained(
    reader: PlateReader, picture: Image.Image, roi: Roi | None = None, as_: str = "frame", trials: bool = True
) -> Explanation:
    """Read and explain a picture."""
    rgb, steps = np.asarray(picture), Steps()
    reader.read(part_of(rgb, roi), as_, steps=steps)
    return explain(rgb, roi, steps, reader=reader if trials else None)


def smeared(picture: Image.Image) -> Image.Image:
    rows: NDArray[np.float64] = np.asarray(picture, np.float64)
    return Image.fromarray(np.mean([np.roll(rows, step, 1) for step in range(30)], axis=0).astype(np.uint8))


TROUBLES: dict[str, Callable[[], Image.Image]] = {
    "none": car_scene,
    "small": lambda: car_scene(0.11),
    "focus": lambda: car_scene().filter(ImageFilter.GaussianBlur(6)),
    "motion": lambda: smeared(car_scene()),
    "dark": lambda: car_scene().point(lambda tone: tone * 0.015),
    "bright": lambda: car_scene().point(lambda tone: 150 + tone * 6),
    "low contrast": lambda: car_scene().point(lambda tone: 120 + tone * 0.02),
    "tilted": lambda: car_scene().rotate(42, Image.Resampling.BICUBIC, fillcolor=(110, 110, 110)),
    "cut off": lambda: car_scene().crop((270, 0, 640, 480)),
    "no plate": lambda: car_scene(text=""),
}


@pytest.mark.parametrize("kind", TROUBLES)
def test_the_cause_is_named(reader: PlateReader, kind: str) -> None:
    explanation = explained(reader, TROUBLES[kind]())
    assert (explanation.cause.name if explanation.cause else "none") == kind, explanation.describe()
    if explanation.cause is not None:
        assert explanation.cause.fact and explanation.cause.remedy


def test_a_plate_outside_the_roi_is_found_there(reader: PlateReader) -> None:
    explanation = explained(reader, car_scene(), (0, 0, 640, 240))
    assert explanation.cause is not None and explanation.cause.name == "outside the ROI"
    assert "KR59ABC" in explanation.cause.fact
    inside = explained(reader, car_scene(), (100, 230, 440, 220))
    assert inside.cause is None
    ((x, y), *_) = inside.candidates[0].corners
    assert 150 < x < 250 and 300 < y < 360  # in pixels of the frame, not of the ROI


def test_without_trials_a_tilted_plate_is_not_recognised(reader: PlateReader) -> None:
    cause = explained(reader, TROUBLES["tilted"](), trials=False).cause
    assert cause is not None and cause.name == "no plate"


def test_each_reading_has_its_rule(reader: PlateReader) -> None:
    explanation = explained(reader, car_scene())
    rules = {one.plate.text if one.plate else None: one.dropped for one in explanation.candidates}
    assert rules["KR59ABC"] == ""
    for one in explanation.candidates:
        if one.crop is None:
            assert "below 0.10, the detector's threshold" in one.dropped
        elif one.plate is None:
            assert one.dropped == "no text is read there"


@pytest.mark.parametrize(("as_", "picture"), [("plate", car_scene().crop((190, 310, 450, 360)))])
def test_a_crop_is_explained_too(reader: PlateReader, as_: str, picture: Image.Image) -> None:
    assert explained(reader, picture, as_=as_).cause is None
    blurred = explained(reader, picture.filter(ImageFilter.GaussianBlur(5)), as_=as_).cause
    assert blurred is not None and blurred.name == "focus"


def test_the_measure_farthest_beyond_its_limit_is_the_cause() -> None:
    good = PlateQuality(150.0, 0.0, 0.012, 1.0, 40.0, 210.0)
    assert of_plate(good) == []
    assert [one.name for one in of_plate(good._replace(width=30.0))] == ["small"]
    both = of_plate(good._replace(blur=0.05, light=75.0))
    assert [one.name for one in both] == ["focus", "dark"]
    assert [one.name for one in of_plate(good._replace(blur=0.05, light=20.0, dark=5.0))] == ["dark", "focus"]
    assert [one.name for one in of_plate(good._replace(blur=0.08, smear=3.0))] == ["motion"]
    # An edge of two pixels is a sharp one, however small the plate is.
    assert [one.name for one in of_plate(good._replace(width=40.0, blur=0.05))] == ["small"]


def test_rotated_and_enlarged_plates_are_placed_in_the_picture(reader: PlateReader) -> None:
    gray = np.asarray(car_scene().convert("L"))
    tilted = np.asarray(Image.fromarray(gray).rotate(40, Image.Resampling.BICUBIC, fillcolor=110))
    best = max((found[0] for found in Trials(reader, tilted).rotated() if found), key=lambda one: one.product)
    (x, y) = np.mean(best.corners, axis=0)
    angle = np.radians(40)
    across, down = 0.0, 336 - 240  # the plate is below the middle of the picture
    assert abs(x - (320 + np.cos(angle) * across + np.sin(angle) * down)) < 12
    assert abs(y - (240 - np.sin(angle) * across + np.cos(angle) * down)) < 12
    for found in (Trials(reader, gray).enlarged(), Trials(reader, gray).with_margin()):
        (x, y) = np.mean(max(found, key=lambda one: one.detected).corners, axis=0)
        assert abs(x - 320) < 40 and abs(y - 336) < 20


def test_a_small_plate_is_detected_again_in_a_close_up(reader: PlateReader) -> None:
    trials = Trials(reader, np.asarray(car_scene(0.11).convert("L")))
    plate = max(trials.enlarged(), key=lambda one: one.detected)
    assert trials.close_up(plate) > 0.4
    road = tuple((x, y + 80) for x, y in plate.corners)
    assert trials.close_up(plate._replace(corners=road)) < 0.1


def test_a_tiny_picture_is_explained(reader: PlateReader, tmp_path: Path) -> None:
    for size in ((1, 1), (3, 200), (200, 3)):
        cause = explained(reader, Image.new("RGB", size, (120, 120, 120))).cause
        assert cause is not None
