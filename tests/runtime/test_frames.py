"""Plates of whole frames: detected, rectified, read, and dropped if they are false positives."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from tiny_detectors import draw_frame, plate_corners
from tiny_models import draw_text

from plate_runtime import PlateReader, shipped
from plate_runtime.errors import ModelError, UsageError
from plate_runtime.pictures.open_picture import Picture
from plate_runtime.plate_evidence import plate_probability
from plate_runtime.shipped import default_as

MakeModel = Callable[..., Path]
PLATES = {(2, 3): "AB12XYZ", (4, 7): "KR59ABC"}


@pytest.fixture
def frame() -> NDArray[np.uint8]:
    """A frame of 1280x720 with two plates."""
    return draw_frame(PLATES)


@pytest.mark.parametrize(("format_", "precision"), [("tflite", "int8"), ("onnx", "float32")])
def test_every_plate_of_a_frame_is_read(
    format_: str, precision: str, make_detector: MakeModel, make_plate_model: MakeModel, frame: NDArray[np.uint8]
) -> None:
    detector, reader_file = make_detector(format_, precision), make_plate_model(format_, precision)
    with PlateReader(reader_file, as_="frame", detector=detector) as reader:
        plates = reader.read(frame, as_="frame")
        assert {plate.text: plate.corners for plate in plates} == {
            text: plate_corners(*cell) for cell, text in PLATES.items()
        }
        for plate in plates:
            assert plate.box[2:] == (512, 64)
            assert plate.confidence > 0.5 and 0.9 < plate.detection_confidence < 1
        found = reader.find(frame)
        assert [one.corners for one in found] == [plate.corners for plate in plates]
        assert reader.model.manifest.kind == "plate"
        assert reader.detector().manifest.kind == "detector"
        assert reader.read(np.zeros((720, 1280), np.uint8), as_="frame") == []
        assert [
            plate.text
            for plate in reader.read(draw_frame({(3, 4): "CJO1ABC"}), "frame", region="ro", min_confidence=0.3)
        ] == ["CJ01ABC"]


def test_colours_and_kinds_of_pictures_make_no_difference(
    make_detector: MakeModel, make_plate_model: MakeModel, frame: NDArray[np.uint8], tmp_path: Path
) -> None:
    rgb = np.repeat(frame[:, :, None], 3, axis=2)
    Image.fromarray(frame).save(tmp_path / "frame.png")
    with PlateReader(make_plate_model(), detector=make_detector()) as reader:
        expected = reader.read(frame, as_="frame")
        for picture in (rgb, Image.fromarray(frame), tmp_path / "frame.png", Picture(rgb, "frame")):
            assert reader.read(picture, as_="frame") == expected
            assert reader.find(picture) == reader.find(frame)


def test_false_positives_are_dropped_by_the_product_of_both(
    make_detector: MakeModel, make_plate_model: MakeModel, frame: NDArray[np.uint8]
) -> None:
    with PlateReader(make_plate_model(), detector=make_detector()) as reader:
        both = reader.read(frame, as_="frame", min_confidence=0)
        products = [plate.confidence * plate.detection_confidence for plate in both]
        assert len(set(products)) == 2
        (best,) = reader.read(frame, as_="frame", min_confidence=max(products))
        assert best == both[products.index(max(products))]
        assert reader.read(frame, as_="frame", min_confidence=1) == []
    for least, count in ((min(products), 2), (max(products), 1), (1.0, 0)):
        thresholds = {"min_detection": 0.5, "min_confidence": least}
        with PlateReader(make_plate_model(), detector=make_detector(thresholds=thresholds)) as reader:
            assert len(reader.read(frame, as_="frame")) == count


def test_something_plate_like_without_characters_is_none(make_detector: MakeModel, make_plate_model: MakeModel) -> None:
    with PlateReader(make_plate_model(), detector=make_detector()) as reader:
        blank = draw_frame({(2, 3): ""})
        blank[blank > 0] = 220
        assert len(reader.find(blank)) == 1
        assert reader.read(blank, as_="frame", min_confidence=0) == []


def test_a_model_of_characters_reads_frames_segmented(make_detector: MakeModel, make_model_file: MakeModel) -> None:
    frame = np.zeros((720, 1280), np.uint8)
    text = draw_text("AB12XYZ")
    frame[286:354, 184:712] = 255
    frame[320 - text.shape[0] // 2 :, 448 - text.shape[1] // 2 :][: text.shape[0], : text.shape[1]] = text
    with PlateReader(make_model_file(), detector=make_detector()) as reader:
        (found,) = reader.read(frame, as_="frame", min_confidence=0)
    assert found.text == "AB12XYZ"
    assert found.corners == plate_corners(2, 3)


def test_the_fake_reads_its_text_in_the_middle_of_any_frame(
    make_detector: MakeModel, make_plate_model: MakeModel
) -> None:
    with PlateReader(make_plate_model(), "fake:AB12", as_="frame", detector=make_detector()) as reader:
        (plate,) = reader.read(np.zeros((768, 1280), np.uint8), as_="frame")
        assert plate.text == "AB12"
        assert plate.detection_confidence == pytest.approx(plate_probability(0.98, "AB12"), abs=1e-4)
        assert (plate.box, plate.corners[0]) == ((512, 384, 384, 128), (512, 384))


def test_a_missing_or_wrong_detector_is_wrong_use(
    make_detector: MakeModel, make_plate_model: MakeModel, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(shipped, "MODELS", tmp_path / "none")
    with pytest.raises(UsageError, match="no detector model ships yet"):
        PlateReader(make_plate_model(), as_="frame")
    with pytest.raises(ModelError, match="plate model where a detector"):
        PlateReader(make_plate_model(), as_="frame", detector=make_plate_model())
    with pytest.raises(ModelError, match="detector model and reads no single plate"):
        PlateReader(make_detector(), as_="frame", detector=make_detector())
    reader = PlateReader(make_plate_model(), detector=make_detector())
    reader.close()
    with pytest.raises(UsageError, match="closed"):
        reader.find(np.zeros((9, 9), np.uint8))


class TestTheDefault:
    @pytest.fixture
    def models(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        """An installation without models."""
        folder = tmp_path / "models"
        folder.mkdir()
        monkeypatch.setattr(shipped, "MODELS", folder)
        return folder

    def test_frames_are_the_default_once_a_detector_ships(self, models: Path, make_detector: MakeModel) -> None:
        assert default_as() is None
        shutil.copy(make_detector(), models / f"{shipped.NAMES['detector']}.tflite")
        assert default_as() == default_as("fake:AB1") == "auto"
        assert default_as("onnx") is None

    def test_frames_and_crops_have_a_model_each_and_a_named_one_reads_both(
        self, models: Path, make_detector: MakeModel, make_plate_model: MakeModel, frame: NDArray[np.uint8]
    ) -> None:
        shutil.copy(make_detector(), models / f"{shipped.NAMES['detector']}.tflite")
        for part in ("plate", "frame"):
            shutil.copy(make_plate_model(name=part), models / f"{shipped.NAMES[part]}.tflite")
        with PlateReader(as_="frame") as reader:
            assert reader.model is reader.model_for("auto") is reader.model_for("frame")
            assert [reader.model_for(mode).manifest.name for mode in ("auto", "plate")] == ["frame", "plate"]
            assert {plate.text for plate in reader.read(frame, as_="frame")} == set(PLATES.values())
        with PlateReader(make_plate_model(name="named"), as_="frame") as reader:
            assert reader.model is reader.model_for("plate")
            assert reader.model.manifest.name == "named"

    def test_a_missing_model_of_plates_is_reported(self, models: Path, make_detector: MakeModel) -> None:
        shutil.copy(make_detector(), models / f"{shipped.NAMES['detector']}.tflite")
        missing = f"{shipped.NAMES['frame']}.tflite is missing from the installation"
        with pytest.raises(ModelError, match=missing):
            PlateReader(as_="frame")
        with pytest.raises(ModelError, match=missing.replace("tflite", "onnx")):
            PlateReader(as_="frame", backend="onnx", detector=make_detector("onnx"))

    def test_a_missing_second_model_is_reported_when_the_first_is_opened(
        self, models: Path, make_detector: MakeModel, make_plate_model: MakeModel
    ) -> None:
        shutil.copy(make_detector(), models / f"{shipped.NAMES['detector']}.tflite")
        for there, modes, gone in (("plate", ("plate",), "frame"), ("frame", ("frame", "auto", "plate"), "plate")):
            shutil.copy(make_plate_model(name=there), models / f"{shipped.NAMES[there]}.tflite")
            missing = f"{shipped.NAMES[gone]}.tflite is missing from the installation"
            for mode in modes:
                with pytest.raises(ModelError, match=missing):
                    PlateReader(as_=mode)
            (models / f"{shipped.NAMES[there]}.tflite").unlink()
        for part in ("plate", "frame"):
            shutil.copy(make_plate_model(name=part), models / f"{shipped.NAMES[part]}.tflite")
        for mode, expected in (("auto", ("frame", "plate")), ("plate", ("plate", "frame"))):
            with PlateReader(as_=mode) as reader:
                names = {part: manifest.name for part, manifest in reader.manifests(mode).items()}
                assert (names["reader"], names["second_reader"]) == expected
                assert ("detector" in names) == (mode == "auto")
        with PlateReader(make_plate_model(name="named")) as reader:
            assert list(reader.manifests("plate")) == ["reader"]

    def test_asking_costs_no_numpy(self) -> None:
        code = "import sys, plate_runtime.shipped as s; s.default_as(); print('numpy' in sys.modules)"
        ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
        assert ended.stdout == "False\n"


def test_the_package_itself_reads_frames(
    make_detector: MakeModel, make_plate_model: MakeModel, tmp_path: Path, frame: NDArray[np.uint8]
) -> None:
    Image.fromarray(frame).save(tmp_path / "frame.png")
    models = ["--model", str(make_plate_model()), "--detector", str(make_detector())]
    line = [sys.executable, "-m", "plate_runtime", "--as", "frame", *models, "frame.png"]
    ended = subprocess.run(line, capture_output=True, text=True, timeout=60, check=True, cwd=tmp_path)
    assert sorted(row.split("\t")[0] for row in ended.stdout.splitlines()) == sorted(PLATES.values())
