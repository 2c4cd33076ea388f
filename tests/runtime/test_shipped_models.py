"""The models that ship: each is whole, is what its name says, and reads what its manifest claims."""

from __future__ import annotations

from pathlib import Path

import pytest

from plate_runtime import PlateReader
from plate_runtime.alphabet import ALPHABET
from plate_runtime.errors import UsageError
from plate_runtime.evaluate import score_texts
from plate_runtime.labels import read_class_folders, read_labels
from plate_runtime.model import MODELS, named_model, open_model, shipped_model
from plate_runtime.model_file import read_model_file
from plate_runtime.pictures.open_picture import open_picture

FILES = sorted(path.name for path in MODELS.iterdir() if path.suffix in (".tflite", ".onnx"))
CHARACTERS = [name for name in FILES if name.startswith("plate-character-")]
PLATES = [name for name in FILES if name.startswith("plate-reader-")]
DETECTORS = [name for name in FILES if name.startswith("plate-detector-")]


def test_characters_ship_in_all_four_forms_and_plates_at_least_as_int8() -> None:
    assert sorted(CHARACTERS + PLATES + DETECTORS) == FILES
    assert DETECTORS == ["plate-detector-1.1.0-int8.onnx", "plate-detector-1.1.0-int8.tflite"]
    ends = ("float32.onnx", "float32.tflite", "int8.onnx", "int8.tflite")
    assert [f"plate-character-1.0.0-{end}" for end in ends] == CHARACTERS
    for kind in ("character", "plate", "detector"):
        for backend, suffix in (("auto", "tflite"), ("onnx", "onnx")):
            path = shipped_model(kind, backend)
            assert path.name.endswith(f"-int8.{suffix}")
            assert read_model_file(path).manifest.kind == kind
    assert shipped_model("plate") == named_model("plate-reader")
    assert shipped_model("frame") == named_model("plate-reader-nano")
    assert shipped_model("frame").stat().st_size < shipped_model("plate").stat().st_size / 2


@pytest.mark.parametrize("backend", ["auto", "onnx"])
def test_each_is_found_by_its_name(backend: str) -> None:
    for file in (MODELS / name for name in FILES if "int8" in name):
        name = read_model_file(file).manifest.name
        assert named_model(name, backend).name == file.with_suffix(".onnx" if backend == "onnx" else ".tflite").name


def test_frames_and_crops_have_a_threshold_each() -> None:
    with PlateReader(as_="auto") as reader:
        modes = ("auto", "frame", "plate", "character")
        assert [reader.least_confidence(mode) for mode in modes] == [0.4, 0.4, 0.2, 0.5]


def test_a_file_goes_before_a_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match=r"no model called unknown ships; .*plate-character"):
        named_model("unknown")
    Path("plate-character").touch()
    assert named_model("plate-character") == Path("plate-character")
    assert named_model("unknown.tflite") == Path("unknown.tflite")
    assert named_model(tmp_path / "unknown") == tmp_path / "unknown"


@pytest.mark.parametrize("name", FILES)
def test_each_is_whole_and_what_its_name_says(name: str) -> None:
    manifest = read_model_file(MODELS / name).manifest
    assert f"{manifest.name}-{manifest.version}-{manifest.precision}.{name.rpartition('.')[2]}" == name
    assert manifest.alphabet == ("" if manifest.kind == "detector" else ALPHABET)
    least = {"character": 0.95, "plate": 0.8, "detector": 0.9}[manifest.kind]
    assert manifest.scores and all(score.folded >= least * score.count for score in manifest.scores)
    assert manifest.training["kind"] == "drawn"
    settings = manifest.training.get("settings", {})
    assert not [value for value in settings.values() if isinstance(value, str) and value.startswith("/")]


def test_the_int8_file_is_small() -> None:
    assert shipped_model("character").stat().st_size <= 500_000


@pytest.mark.parametrize("name", CHARACTERS)
def test_each_reads_the_mission_s_pictures(name: str, shared_data: object) -> None:
    found = read_class_folders(f"{shared_data}/characters-india/val")
    with open_model(MODELS / name) as model:
        outputs = model.predict_pictures([open_picture(entry.path).gray() for entry in found]).argmax(axis=1)
    score = score_texts([ALPHABET[i] for i in outputs], [entry.text for entry in found])
    assert score.count == 216
    assert score.exact >= 208
    assert score.folded >= 212


@pytest.mark.parametrize(("plates", "least"), [("plates-us", 344), ("plates-romania", 317), ("plates-argentina", 130)])
def test_whole_plates_are_read(plates: str, least: int, shared_data: object) -> None:
    found = read_labels(f"{shared_data}/{plates}/labels.csv")
    with PlateReader(shipped_model("frame")) as reader:
        read = [reader.read(entry.path, min_confidence=0.0) for entry in found]
    texts = [plates[0].text if plates else "" for plates in read]
    assert score_texts(texts, [entry.text for entry in found]).folded >= least
