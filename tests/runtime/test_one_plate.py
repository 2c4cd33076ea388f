"""A picture that is one plate, recognised in the default mode."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from tiny_detectors import draw_frame
from tiny_plates import draw_cells

from plate_runtime import PlateReader, one_plate
from plate_runtime.labels import read_labels
from plate_runtime.manifest import InputSpec
from plate_runtime.model import open_model
from plate_runtime.one_plate import may_be_cut_plate, may_be_one_plate, read_one_plate
from plate_runtime.pictures.open_picture import open_picture
from plate_runtime.reader import PLATE_AT_LEAST
from plate_runtime.results import Character, Reading
from plate_runtime.script import LATIN
from plate_runtime.search import Search, joint_confidence
from plate_runtime.steps import Steps
from plate_runtime.thumbnail import add_thumbnail

MakeModel = Callable[..., Path]
SPEC = InputSpec(shape=(384, 640, 1), polarity="any", resize="fit")


class TestThumbnail:
    @pytest.mark.parametrize(
        ("size", "expected"),
        [((760, 560), (96, 70)), ((300, 200), None), ((500, 380), (96, 72)), ((1000, 500), (96, 48)), ((1, 1), None),
         ((1280, 720), None), ((60, 2000), None)],
    )  # fmt: skip
    def test_the_copy_is_small_and_beside_the_picture(
        self, size: tuple[int, int], expected: tuple[int, int] | None
    ) -> None:
        gray = np.full(size[::-1], 200, np.uint8)
        copy = add_thumbnail(gray, SPEC)
        assert (copy and (copy.width, copy.height)) == expected
        if copy is not None:
            assert (copy.left + copy.width, copy.top + copy.height) == (640, 384)
            assert (copy.sheet[copy.top :, copy.left :] == 200).all()
            copy.sheet[copy.top :, copy.left :] = 0
            without = np.zeros((384, 640), np.uint8)
            with_picture = add_thumbnail(np.zeros_like(gray), SPEC)
            assert with_picture is not None and (with_picture.sheet == without).all()
            width, height = min(640, round(size[0] * min(1, 640 / size[0], 384 / size[1]))), 0
            height = round(width * size[1] / size[0])
            assert (copy.sheet[:height, :width] == 200).all() and not copy.sheet[height:].any()


class TestRecognised:
    @pytest.mark.parametrize("width", [150, 900])
    def test_a_plate_that_fills_its_picture(self, repository: Path, width: int) -> None:
        """One row or two, small or large: what is read is what the mode "plate" reads."""
        with PlateReader(as_="auto") as reader:
            for sample in read_labels(repository / "devices" / "plate_devices" / "samples" / "labels.csv"):
                with Image.open(sample.path) as image:
                    picture = image.convert("RGB").resize((width, round(width * image.height / image.width)))
                (as_plate,), (found,) = reader.read(picture, "plate"), reader.read(picture, "auto")
                assert (found.text, found.confidence) == (as_plate.text, as_plate.confidence), sample.path.name
                assert found.text == sample.text and found.box == (0, 0, *picture.size)
                assert found.detection_confidence > 0.8

    def test_the_better_reading_is_kept(
        self, make_detector: MakeModel, make_plate_model: MakeModel, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A frame that seems filled and is read worse as one plate stays a frame."""
        frame = draw_frame({(2, 3): "AB12XYZ"})
        monkeypatch.setattr(Search, "filled", property(lambda _: 1.0))
        with PlateReader(make_plate_model(), as_="auto", detector=make_detector()) as reader:
            assert [one.text for one in reader.read(frame, "auto")] == ["AB12XYZ"]
            assert [one.text for one in reader.read(frame, "frame")] == ["AB12XYZ"]

    def test_a_named_model_reads_crops_and_frames(self, make_plate_model: MakeModel) -> None:
        crop = draw_cells("CJ12A8C", 2)
        with PlateReader(make_plate_model(), as_="auto") as reader:
            (plate,) = reader.read(crop, "auto")
            assert plate.text == "CJ12A8C"
            assert plate.box == (0, 0, crop.shape[1], crop.shape[0])

    @pytest.mark.parametrize(("least", "texts"), [(0.6, ["CJ12A8C"]), (1.01, [])])
    def test_a_crop_without_a_detection_is_read_if_its_text_is_plain(
        self, make_plate_model: MakeModel, monkeypatch: pytest.MonkeyPatch, least: float, texts: list[str]
    ) -> None:
        monkeypatch.setattr(one_plate, "may_be_one_plate", lambda *_: False)
        monkeypatch.setattr(one_plate, "ENOUGH_OF_CUT", least)
        steps = Steps()
        with PlateReader(make_plate_model(), as_="auto") as reader:
            found = reader.read(draw_cells("CJ12A8C", 2), "auto", min_confidence=0.0, steps=steps)
        assert [one.text for one in found] == texts
        assert steps.read_as == ("plate" if texts else "frame")

    @pytest.mark.parametrize(
        ("text", "filled", "read"),
        [
            ("ATHEIST", 0.9997, True),
            ("ATHEIST", 0.97, False),
            ("8780", 0.97, True),
            ("8780", None, False),
            ("AY513C", None, True),
        ],
    )
    def test_a_word_is_a_plate_only_where_one_is_plainly_detected(
        self, text: str, filled: float | None, read: bool
    ) -> None:
        class Word:
            script = LATIN

            def recognise(self, crops: Sequence[NDArray[np.uint8]], region: str | None) -> list[Reading]:
                return [Reading(tuple(Character(one, 0.99) for one in text), 0.97, text) for _ in crops]

        plate = read_one_plate(open_picture(np.zeros((60, 200, 3), np.uint8)), Word(), filled=filled)
        assert (joint_confidence(plate) >= PLATE_AT_LEAST) == read

    def test_frames_of_a_camera_get_no_copy(self) -> None:
        with open_model(None, "detector") as model:
            gray = np.random.default_rng(3).integers(0, 255, (720, 1280), np.uint8)
            found, usual = Search(gray, model, may_be_filled=True), Search(gray, model)
            assert found.detections == usual.detections
            assert not may_be_one_plate(found, 1280, 720)


LEAST = {"us": 0.95, "romania": 0.95, "argentina": 0.95, "ny": 0.92, "vn": 0.9}
"""Fractions of the crops that are read as "plate" and have to be read the same in the default mode."""


@pytest.mark.parametrize("name", LEAST)
def test_real_crops_are_read_as_in_the_mode_plate(shared_data: Path, name: str) -> None:
    folder = shared_data / f"plates-{name}"
    with PlateReader(as_="auto") as reader:
        pictures = [open_picture(one.path) for one in read_labels(folder / "labels.csv")[::16]]
        pairs = [(reader.read(one, "plate"), reader.read(one, "auto")) for one in pictures]
    read = [(crop[0].text, found and found[0].text) for crop, found in pairs if crop]
    assert sum(one == other for one, other in read) >= LEAST[name] * len(read)


@pytest.mark.parametrize("name", ["romania", "china", "no-plates"])
def test_real_frames_are_read_as_in_the_mode_frame(shared_data: Path, name: str) -> None:
    folder = shared_data / f"frames-{name}"
    paths = sorted({one.path for one in read_labels(folder / "labels.csv")})[::16]
    with PlateReader(as_="auto") as reader:
        for picture in map(open_picture, paths):
            usual, found = reader.read(picture, "frame"), reader.read(picture, "auto")
            assert sorted(one.text for one in usual) == sorted(one.text for one in found), picture


class Looked:
    """What a search says of a picture."""

    def __init__(self, filled: float, detections: int) -> None:
        self.filled, self.detections = filled, [None] * detections


@pytest.mark.parametrize(
    ("width", "filled", "detections", "plate"),
    [(179, 0.89, 0, False), (179, 0.9, 1, True), (180, 0.04, 1, False), (180, 0.05, 1, True), (180, 0.0, 0, True)],
)
def test_of_a_wide_picture_a_hint_of_a_plate_is_enough(width: int, filled: float, detections: int, plate: bool) -> None:
    assert may_be_one_plate(Looked(filled, detections), width, 100) == plate  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("size", "plate"),
    [((640, 384), True), ((641, 384), False), ((640, 385), False), ((1800, 1000), True), ((1799, 1000), False)],
)
def test_frames_of_a_camera_are_no_cut_plates(size: tuple[int, int], plate: bool) -> None:
    assert may_be_cut_plate(*size) == plate
