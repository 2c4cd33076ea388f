"""The export of a detector, from the `.h5` to the files."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from same_reading import recorded_plates, require_same_plates
from tiny_detectors import CELL, COLUMNS, DETECTOR_SPEC, ROWS, convolution, draw_frame, plate_corners

from plate_export.check_sets.scene_set import Frames, load_frames
from plate_export.checks import reading_process
from plate_export.checks.frame_check import more_false
from plate_export.checks.frame_texts import FoundPlate
from plate_export.checks.reading_process import Reading
from plate_export.checks.text_check import Limits
from plate_export.command import export_command
from plate_export.source import load_network, open_source
from plate_runtime.errors import AccuracyError, DataError, ModelError, PlateEdgeError
from plate_runtime.evaluate import DetectionScore
from plate_runtime.labels import read_labels, set_digest
from plate_runtime.model import open_model
from plate_runtime.model_file import read_model_file
from plate_runtime.results import Detection
from plate_runtime.search import NetworkDetector
from plate_train.detector.recorded import SceneSet
from plate_train.networks import weights_file
from plate_train.networks.weights_file import ModelMeta

ALL_FOUR = {
    f"small-detector-1.0.0-{precision}.{format_}" for precision in ("float32", "int8") for format_ in ("tflite", "onnx")
}
REPORT = {f"small-detector-1.0.0-report.{suffix}" for suffix in ("json", "md", "png")}
DIGEST = "d" * 64
BLOCK = 16  # pixels that the network looks at as one; TensorFlow ends the process over kernels of hundreds of pixels
CELLS_WITH_PLATES = [(row, column) for row in range(1, ROWS - 1) for column in range(2, COLUMNS - 2)]


def _names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()} if folder.exists() else set()


def scenes(name: str, count: int) -> SceneSet:
    """Scenes of the size of the input: a plate in every second one, and one to be ignored in the first."""
    pictures, plates = [], []
    for number in range(count):
        cell = CELLS_WITH_PLATES[number % len(CELLS_WITH_PLATES)]
        there = number % 2 == 1
        frame = draw_frame({cell: "AB12XYZ"} if there or number == 0 else {}, (768, 1280))
        pictures.append(np.asarray(Image.fromarray(frame).reduce(2)))
        corners = np.array(plate_corners(*cell, scale=1), np.float32)
        plates.append([(corners, "AB12XYZ")] if there else [])
    ignored: list[Any] = [[] for _ in plates]
    ignored[0] = [(np.array(plate_corners(*CELLS_WITH_PLATES[0], scale=1), np.float32), "")]
    return SceneSet(name, np.stack(pictures), plates, ignored)


@pytest.fixture(scope="module")
def detector_network(keras: Any) -> Any:
    """The tiny detector as a Keras network."""
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input(DETECTOR_SPEC.shape),
            layers.AveragePooling2D(BLOCK),
            layers.Conv2D(9, (CELL // BLOCK, 5 * CELL // BLOCK), strides=CELL // BLOCK, padding="same"),
            layers.Reshape((ROWS * COLUMNS, 9)),
        ]
    )
    weights, bias = convolution()
    blocks = weights.reshape(9, CELL // BLOCK, BLOCK, 5 * CELL // BLOCK, BLOCK, 1).sum(axis=(2, 4))
    model.set_weights([blocks.transpose(1, 2, 3, 0), bias])
    return model


@pytest.fixture(scope="module")
def detector_meta() -> ModelMeta:
    """What `plate-train detector` would record."""
    return ModelMeta(
        alphabet="", input=DETECTOR_SPEC, name="small-detector", kind="detector", decoding="corners", strides=(CELL,),
        temperature=1.2, thresholds={"min_detection": 0.4, "min_confidence": 0.25}, training={"kind": "drawn"},
    )  # fmt: skip


@pytest.fixture(scope="module")
def detector_h5(detector_network: Any, detector_meta: ModelMeta, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The network as plate-train saves it."""
    path = tmp_path_factory.mktemp("detectors") / "model.h5"
    weights_file.save(detector_network, path, detector_meta)
    return path


def _draw(patch: pytest.MonkeyPatch, count: int = 40) -> None:
    patch.setattr(
        "plate_train.detector.recorded.validation_scenes", lambda meta: (scenes("drawn-scenes/val", count), DIGEST)
    )
    patch.setattr(
        "plate_train.detector.recorded.training_scenes", lambda meta, count: scenes("drawn-scenes/train", count)
    )


@pytest.fixture
def generator(monkeypatch: pytest.MonkeyPatch) -> None:
    """Renders the recorded scenes with `scenes`."""
    _draw(monkeypatch)


@pytest.fixture
def frames(tmp_path: Path) -> Path:
    """Ten labelled frames with two plates each, and one without any."""
    folder = tmp_path / "my-frames"
    folder.mkdir()
    rows = ["image,text,corners", "none.png,,"]
    Image.new("L", (1280, 720)).save(folder / "none.png")
    for number in range(10):
        plates = {CELLS_WITH_PLATES[number]: "AB12XYZ", (0, 4): "CD34EFG"}
        Image.fromarray(draw_frame(plates)).save(folder / f"{number}.png")
        for cell, text in plates.items():
            corners = " ".join(f"{x} {y}" for point in plate_corners(*cell) for x, y in [point])
            rows.append(f"{number}.png,{text},{corners}")
    (folder / "labels.csv").write_text("\n".join(rows))
    return folder


@pytest.fixture(scope="module")
def exported(detector_h5: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All four files, checked with synthetic scenes."""
    out = tmp_path_factory.mktemp("exported")
    with pytest.MonkeyPatch.context() as patch:
        _draw(patch)
        assert export_command([str(detector_h5), "--out", str(out), "--calibration", "8"]) == 0
    return out


def test_what_a_h5_says_of_a_detector_is_read_again(detector_h5: Path, detector_meta: ModelMeta) -> None:
    assert weights_file.read_meta(detector_h5) == detector_meta


def test_all_four_files_say_what_they_are(exported: Path) -> None:
    assert _names(exported) == ALL_FOUR | REPORT
    for name in ALL_FOUR:
        manifest = read_model_file(exported / name).manifest
        assert (manifest.kind, manifest.decoding, manifest.strides, manifest.steps) == (
            "detector",
            "corners",
            (CELL,),
            0,
        )
        assert (manifest.input.resize, manifest.output_shape) == ("fit", (60, 9))
        assert manifest.thresholds == {"min_detection": 0.4, "min_confidence": 0.25}
        assert manifest.temperature == 1.2
        assert manifest.scores
        for score in manifest.scores:
            assert (score.set, score.digest, score.frames) == ("drawn-scenes/val", DIGEST, 40)
            assert (score.count, score.right, score.false) == (20, 20, 0)


def test_the_runtime_finds_with_every_file_what_the_h5_finds(exported: Path) -> None:
    frame = draw_frame({(2, 3): "AB12XYZ", (4, 7): "KR55"})
    for name in ALL_FOUR:
        with open_model(exported / name, "detector") as model:
            found = NetworkDetector(model).detect(frame)
        assert len(found) == 2
        for one in found:
            wanted = min((plate_corners(2, 3), plate_corners(4, 7)), key=lambda c: abs(c[0][0] - one.corners[0][0]))
            assert np.abs(np.array(one.corners) - wanted).max() < 20, name


def test_the_int8_file_is_int8_from_end_to_end(exported: Path) -> None:
    with open_model(exported / "small-detector-1.0.0-int8.tflite", "detector") as model:
        assert (model.backend.input_dtype, model.backend.output_dtype) == ("int8", "int8")


def test_the_report_speaks_of_frames(exported: Path) -> None:
    report = json.loads((exported / "small-detector-1.0.0-report.json").read_text())
    assert (report["set"]["count"], report["set"]["plates"], report["set"]["drawn"]) == (40, 20, True)
    assert (report["limits"]["min_accuracy"], report["limits"]["needed"]) == (90, 18)
    assert (report["h5"]["found"], report["h5"]["on_no_plate"]) == (20, 0)
    assert sum(entry["plates"] for entry in report["h5"]["widths"]) == 20
    assert {check["agreement"] for one in report["artefacts"] for check in one["checks"]} == {1}
    text = (exported / "small-detector-1.0.0-report.md").read_text()
    assert "drawn-scenes/val (synthetic, not real pictures): 40 frames with 20 plates" in text
    assert "20/20" in text and "Every file finds the plates that the .h5 finds." in text
    with Image.open(exported / "small-detector-1.0.0-report.png") as picture:
        assert picture.width > 400


def test_labelled_frames_are_checked(detector_h5: Path, frames: Path, tmp_path: Path, generator: None) -> None:
    out = tmp_path / "out"
    assert (
        export_command([str(detector_h5), "--data", str(frames), "--int8", "--calibration", "4", "--out", str(out)])
        == 0
    )
    manifest = read_model_file(out / "small-detector-1.0.0-int8.tflite").manifest
    assert manifest.training["export"]["calibration"]["set"] == "drawn-scenes/train"
    digest = set_digest(read_labels(frames / "labels.csv"))
    for score in manifest.scores:
        assert (score.set, score.digest, score.count, score.frames) == ("my-frames", digest, 20, 11)
    report = json.loads((out / "small-detector-1.0.0-report.json").read_text())
    assert report["set"]["texts"] == 20 and report["h5"]["read"] is not None


def test_each_file_finds_in_use_what_its_check_found(
    detector_h5: Path, frames: Path, tmp_path: Path, generator: None,
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    # One look at the whole of a large frame misses a plate that a closer look finds.
    large = np.zeros((1536, 2560), np.uint8)
    large[:720, :1280] = draw_frame({CELLS_WITH_PLATES[0]: "AB12XYZ"})
    Image.fromarray(large).save(frames / "large.png")
    corners = " ".join(f"{x} {y}" for x, y in plate_corners(*CELLS_WITH_PLATES[0]))
    with (frames / "labels.csv").open("a") as labels:
        labels.write(f"\nlarge.png,AB12XYZ,{corners}\n")
    plates = recorded_plates(monkeypatch)
    arguments = [str(detector_h5), "--data", str(frames), "--out", str(tmp_path / "out"), "--calibration", "4"]
    assert export_command(arguments) == 0
    assert require_same_plates(tmp_path / "out", frames, plates, capsys) == 4
    for found in plates.values():
        assert len(found[-1]) == 1
    report = json.loads((tmp_path / "out" / "small-detector-1.0.0-report.json").read_text())
    assert (report["h5"]["found"], report["set"]["plates"]) == (21, 21)


def _refused(error: type[PlateEdgeError], arguments: list[object], out: Path, match: str) -> None:
    """Run the command, expect one clear line, and nothing left behind."""
    with pytest.raises(error, match=match) as caught:
        export_command([*map(str, arguments), "--out", str(out)])
    assert _names(out) == set()
    assert "\n" not in str(caught.value).strip()


def _finding(change: Callable[[list[list[FoundPlate]]], None]) -> Callable[..., Reading]:
    real = reading_process.read_all

    def read(*arguments: Any, **options: Any) -> Reading:
        read = real(*arguments, **options)
        change(read.plates)
        return read

    return read


def test_a_file_that_loses_plates_is_exit_3(
    detector_h5: Path, tmp_path: Path, generator: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lose(plates: list[list[FoundPlate]]) -> None:
        plates[1:6] = [[] for _ in plates[1:6]]

    monkeypatch.setattr("plate_export.export.read_all", _finding(lose))
    match = r"finds 17 of 20 plates \(85.0 %\), the .h5 20, 1 fewer are allowed"
    _refused(AccuracyError, [detector_h5, "--float"], tmp_path / "out", match)


def test_a_file_that_sees_plates_where_none_are_is_exit_3(
    detector_h5: Path, tmp_path: Path, generator: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def see(plates: list[list[FoundPlate]]) -> None:
        for place in (2, 4) if plates else ():
            plates[place].append(FoundPlate(Detection(plate_corners(0, 2, scale=1), 0.9), None))

    monkeypatch.setattr("plate_export.export.read_all", _finding(see))
    match = "has 2 detections on no plate in 40 frames, the .h5 0, 1 more are allowed"
    _refused(AccuracyError, [detector_h5, "--float"], tmp_path / "out", match)


def test_a_network_that_finds_too_little_is_exit_3(
    detector_network: Any, detector_meta: ModelMeta, tmp_path: Path, generator: None, keras: Any
) -> None:
    blind = keras.models.clone_model(detector_network)
    weights, bias = detector_network.get_weights()
    blind.set_weights([weights, bias - np.eye(9)[0] * 20])
    weights_file.save(blind, tmp_path / "blind.h5", detector_meta)
    match = r"the .h5 itself finds 0 of 20 plates \(0.0 %\), 90 % are needed"
    _refused(AccuracyError, [tmp_path / "blind.h5", "--float"], tmp_path / "out", match)


def test_data_that_does_not_fit_is_exit_2(detector_h5: Path, frames: Path, tmp_path: Path, generator: None) -> None:
    (tmp_path / "empty").mkdir()
    _refused(DataError, [detector_h5, "--data", tmp_path / "empty", "--float"], tmp_path / "out", "labelled frames")
    (frames / "labels.csv").write_text("image,text,corners\n0.png,AB12XYZ,\n")
    _refused(DataError, [detector_h5, "--data", frames, "--float"], tmp_path / "out", "has no corners")
    (frames / "labels.csv").write_text("image,text,corners\nnone.png,,\n")
    _refused(DataError, [detector_h5, "--data", frames, "--float"], tmp_path / "out", "shows no plate")
    (frames / "labels.csv").write_text("image,text,corners\ngone.png,,1 1 9 1 9 4 1 4\n")
    _refused(DataError, [detector_h5, "--data", frames, "--float"], tmp_path / "out", "gone.png")


def test_an_output_that_does_not_fit_the_strides_is_refused(
    detector_network: Any, detector_meta: ModelMeta, tmp_path: Path
) -> None:
    weights_file.save(detector_network, tmp_path / "m.h5", dataclasses.replace(detector_meta, strides=(32,)))
    with pytest.raises(ModelError, match="does not fit its 240 cells of 9 numbers"):
        load_network(open_source(tmp_path / "m.h5"))


def test_frames_are_labelled_in_pixels_of_the_frame(detector_meta: ModelMeta, frames: Path) -> None:
    val = load_frames(detector_meta, frames, 0).val
    assert isinstance(val, Frames)
    assert (len(val), val.count) == (11, 20)
    assert val.plates[1][0] == (plate_corners(*CELLS_WITH_PLATES[0]), "AB12XYZ")
    assert val.scales[0] == 0.5


def test_how_many_more_false_detections_are_allowed() -> None:
    def more(frames: int, outside: int, drop: float = 0.5) -> int:
        return more_false(Limits(90, drop), DetectionScore(frames, 100, 95, outside))

    assert [more(frames, 0) for frames in (10, 400, 2000)] == [1, 2, 10]
    assert [more(400, outside) for outside in (9, 29, 30, 255)] == [2, 2, 3, 25]
    assert more(400, 255, drop=0) == 0
