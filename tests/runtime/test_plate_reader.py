"""Whole plates read at once: which model reads what, and formats of a region."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tiny_models import draw_character, draw_text
from tiny_plates import draw_cells

from plate_runtime import PlateReader, shipped
from plate_runtime.alphabet import fold
from plate_runtime.errors import ModelError, UsageError

MakeModel = Callable[..., Path]
Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.mark.parametrize("decoding", ["ctc", "slots"])
@pytest.mark.parametrize(("format_", "precision"), [("tflite", "int8"), ("onnx", "int8")])
def test_a_plate_is_read_at_once(format_: str, precision: str, decoding: str, make_plate_model: MakeModel) -> None:
    picture = np.repeat(draw_cells("AB12XYZ", 3)[:, :, None], 3, axis=2)
    with PlateReader(make_plate_model(format_, precision, decoding)) as reader:
        (plate,) = reader.read(picture)
        assert plate.text == plate.raw_text == "AB12XYZ"
        assert plate.confidence > 0.9
        assert (plate.box, plate.region) == ((0, 0, picture.shape[1], picture.shape[0]), None)
        assert plate.corners == ((0, 0), (672, 0), (672, 84), (0, 84))
        assert reader.model.manifest.label == "tiny-plates@1.0.0"
        assert reader.read(picture, min_confidence=1) == []
        assert reader.read(np.full((40, 90), 99, np.uint8)) == []


def test_a_plate_exactly_at_the_threshold_is_read(make_plate_model: MakeModel) -> None:
    with PlateReader(make_plate_model(), backend="fake:AB1") as reader:
        (plate,) = reader.read(draw_cells(""), min_confidence=0)
        assert reader.read(draw_cells(""), min_confidence=plate.confidence) == [plate]
        assert reader.read(draw_cells(""), min_confidence=plate.confidence + 1e-4) == []
    with PlateReader(make_plate_model(thresholds={"min_confidence": plate.confidence}), backend="fake:AB1") as reader:
        assert reader.read(draw_cells("")) == [plate]
    with PlateReader(make_plate_model(thresholds={}), backend="fake:AB1") as reader:
        assert reader.read(draw_cells("")) == [plate]


def test_a_closed_reader_says_so(make_plate_model: MakeModel) -> None:
    with PlateReader(make_plate_model()) as reader:
        assert reader.read(draw_cells("AB1"))
    with pytest.raises(UsageError, match="closed"):
        reader.read(draw_cells("AB1"))
    reader.close()


@pytest.mark.parametrize("shape", [(1, 1), (10, 20_000), (20_000, 10), (1, 500)])
def test_a_picture_of_any_shape_is_no_error(shape: tuple[int, int], make_plate_model: MakeModel) -> None:
    noise = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    with PlateReader(make_plate_model()) as reader:
        for plate in reader.read(noise, region="RO", min_confidence=0):
            assert plate.text and 0 <= plate.confidence <= 1 and plate.box == (0, 0, shape[1], shape[0])


def test_a_model_of_plates_reads_no_single_character(make_plate_model: MakeModel) -> None:
    with PlateReader(make_plate_model()) as reader, pytest.raises(ModelError, match="reads no single character"):
        reader.read(draw_character("A"), as_="character")
    with pytest.raises(ModelError, match="reads no single character"):
        PlateReader(make_plate_model(), as_="character")


def test_a_model_of_another_kind_is_refused(make_detector: MakeModel) -> None:
    with pytest.raises(ModelError, match="detector"):
        PlateReader(make_detector())


class TestShippedModels:
    @pytest.fixture
    def models(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, make_model_file: MakeModel) -> Path:
        """An installation of its own, with a character model and nothing else."""
        folder = tmp_path / "models"
        folder.mkdir()
        shutil.copy(make_model_file(), folder / "plate-character-1.0.0-int8.tflite")
        monkeypatch.setattr(shipped, "MODELS", folder)
        return folder

    def test_without_a_model_of_plates_a_crop_is_segmented(self, models: Path) -> None:
        with PlateReader() as reader:
            assert reader.model.manifest.kind == "character"
            assert reader.read(draw_text("AB12XYZ"))[0].text == "AB12XYZ"

    def test_with_one_a_crop_is_read_at_once_and_a_character_by_the_other(
        self, models: Path, make_plate_model: MakeModel
    ) -> None:
        for purpose in ("plate", "frame"):
            shutil.copy(make_plate_model(), models / f"{shipped.NAMES[purpose]}.tflite")
        with PlateReader() as reader:
            assert reader.model.manifest.kind == "plate"
            assert reader.read(draw_cells("AB12XYZ"))[0].text == "AB12XYZ"
            assert reader.read(draw_character("K"), as_="character")[0].text == "K"
            assert reader.model_for("character").manifest.label == "tiny@1.0.0"
        with PlateReader(as_="character") as reader:
            assert reader.model.manifest.kind == "character"
        with PlateReader(models / "plate-character-1.0.0-int8.tflite") as reader:
            assert reader.read(draw_text("AB12XYZ"))[0].text == "AB12XYZ"


def test_reading_at_once_imports_no_segmentation(make_plate_model: MakeModel) -> None:
    code = (
        "import sys, numpy as np; from plate_runtime import PlateReader; "
        f"reader = PlateReader({str(make_plate_model())!r}, backend='fake:AB1'); "
        "print(reader.read(np.eye(40, 90, dtype=np.uint8))[0].text); "
        "print([name for name in sys.modules if name.startswith('plate_runtime.segment')])"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert ended.stdout == "AB1\n[]\n"


def test_the_package_itself_reads_a_picture_with_a_region(make_plate_model: MakeModel, tmp_path: Path) -> None:
    Image.fromarray(draw_cells("B123ABC")).save(tmp_path / "crop.png")
    line = [sys.executable, "-m", "plate_runtime", "--as=plate", "--model", str(make_plate_model())]
    line += ["--region=ro", "crop.png"]
    ended = subprocess.run(line, capture_output=True, text=True, timeout=60, check=True, cwd=tmp_path)
    assert ended.stdout.startswith("B123ABC\t")
    line[-2] = "--region=atlantis"
    ended = subprocess.run(line, capture_output=True, text=True, timeout=60, check=False, cwd=tmp_path)
    assert (ended.returncode, ended.stderr.count("\n")) == (2, 1)


@pytest.fixture
def copied(tmp_path: Path, repository: Path, make_plate_model: MakeModel) -> Run:
    """The runtime's folder under another name, and nothing else of this project to import."""
    ignored = shutil.ignore_patterns("models", "__pycache__")
    shutil.copytree(repository / "runtime" / "plate_runtime", tmp_path / "reader", ignore=ignored)
    Image.fromarray(draw_cells("CJO1ABC")).save(tmp_path / "crop.png")
    finder = "import sys; sys.modules['plate_runtime'] = None; import runpy; "
    code = f"{finder}runpy.run_module('reader', run_name='__main__', alter_sys=True)"

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        line = [sys.executable, "-c", code, "--as=plate", "--model", str(make_plate_model()), *arguments]
        return subprocess.run(line, capture_output=True, text=True, timeout=60, check=False, cwd=tmp_path)

    return run


def test_a_copied_folder_reads_by_a_region_in_any_case(copied: Run, tmp_path: Path) -> None:
    ended = copied("--region", "RO", "crop.png")
    assert (ended.returncode, ended.stdout[:8], ended.stderr) == (0, "CJ01ABC\t", "")
    (tmp_path / "reader" / "formats.toml").unlink()
    assert copied("crop.png").returncode == 0, "formats are asked for a region alone"
    (tmp_path / "reader" / "decode" / "prior.json").unlink()
    for file, arguments in (("formats.toml", ["--region", "ro"]), ("prior.json", [])):
        ended = copied(*arguments, "crop.png")
        assert (ended.returncode, ended.stdout) == (2, "")
        assert f"{file} cannot be read: No such file" in ended.stderr and "Errno" not in ended.stderr


@pytest.mark.parametrize("arguments", [("--region", "ro"), ("--region", "crop.png"), ("crop.png", "--region")])
def test_a_command_line_with_nothing_to_read_is_wrong_use(
    arguments: tuple[str, ...], copied: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    ended = copied(*arguments)
    assert (ended.returncode, ended.stdout, ended.stderr.count("\n")) == (2, "", 1)


class TestRegions:
    @pytest.mark.parametrize(
        ("seen", "region", "text"),
        [("B123ABC", "ro", "B123ABC"), ("BI23ABC", "ro", "B123ABC"), ("CJO1ABC", "ro", "CJ01ABC")],
    )
    def test_formats_decide_what_cannot_stand_there(
        self, seen: str, region: str, text: str, make_plate_model: MakeModel
    ) -> None:
        with PlateReader(make_plate_model(decoding="slots"), backend=f"fake:{seen}") as reader:
            (raw,) = reader.read(draw_cells(""))
            (plate,) = reader.read(draw_cells(""), region=region, min_confidence=0)
        assert (raw.raw_text, raw.region) == (seen, None)
        assert (plate.text, plate.raw_text, plate.region) == (text, seen, region)
        assert "".join(character.text for character in plate.characters) == text

    def test_a_text_that_no_format_fits_stays_as_it_is(self, make_plate_model: MakeModel) -> None:
        with PlateReader(make_plate_model(decoding="slots"), backend="fake:WWWW") as reader:
            (plate,) = reader.read(draw_cells(""), region="ro")
        assert (plate.text, plate.raw_text, plate.region) == ("WWWW", "WWWW", None)

    def test_segmented_plates_are_decided_too(self, make_model_file: MakeModel) -> None:
        with PlateReader(make_model_file()) as reader:
            (plate,) = reader.read(draw_text("CJO1ABC"), region="ro", min_confidence=0)
            assert (plate.text, fold(plate.raw_text), plate.region) == ("CJ01ABC", "CJ01ABC", "ro")
