"""The export of a whole-plate network, from the `.h5` to the files."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cell_plates import draw_cells, template_weights
from PIL import Image
from same_reading import recorded_texts, require_same

from plate_export.check_sets.labelled import CheckSet, Labelled
from plate_export.check_sets.load_check_set import load_check_set
from plate_export.checks import reading_process
from plate_export.checks.reading_process import Reading
from plate_export.command import export_command
from plate_export.source import load_network, open_source
from plate_runtime.decode import decode_logits
from plate_runtime.errors import AccuracyError, DataError, ModelError, PlateEdgeError
from plate_runtime.labels import read_labels, set_digest
from plate_runtime.model import open_model
from plate_runtime.model_file import read_model_file
from plate_runtime.preprocess import standardise
from plate_train import score_h5
from plate_train.networks import weights_file
from plate_train.networks.weights_file import ModelMeta
from plate_train.plates.user_data import split_labelled
from plate_train.synthetic.plates.spec import PLATE_SPEC

from .conftest import PLATES

ALL_FOUR = {
    f"small-reader-1.0.0-{precision}.{format_}" for precision in ("float32", "int8") for format_ in ("tflite", "onnx")
}
REPORT = {f"small-reader-1.0.0-report.{suffix}" for suffix in ("json", "md", "png")}
Draw = Callable[..., tuple[Any, list[str]]]


def _names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()} if folder.exists() else set()


@pytest.fixture
def crops(tmp_path: Path) -> Path:
    """A folder of 30 labelled crops that the network reads, and one without a text."""
    folder = tmp_path / "my-crops"
    folder.mkdir()
    pictures, texts = draw_cells(77, 0, 30, PLATE_SPEC)
    lines = ["image,text", "0.png,"]
    for place, (picture, text) in enumerate(zip(pictures, texts, strict=True)):
        Image.fromarray(picture).resize((240, 72)).save(folder / f"{place}.png")
        lines += [f"{place}.png,{text[:3]}-{text[3:].lower()}"]
    (folder / "labels.csv").write_text("\n".join(lines))
    return folder


@pytest.fixture(scope="module")
def exported(plate_h5: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All four files, checked with the drawings that the `.h5` records."""
    out = tmp_path_factory.mktemp("exported")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("plate_train.plates.recorded.shard", draw_cells)
        assert export_command([str(plate_h5), "--out", str(out), "--calibration", "50"]) == 0
    return out


def test_all_four_files_say_what_they_are(exported: Path, plate_meta: ModelMeta) -> None:
    assert _names(exported) == ALL_FOUR | REPORT
    for name in ALL_FOUR:
        manifest = read_model_file(exported / name).manifest
        assert (manifest.kind, manifest.decoding, manifest.steps) == ("plate", "ctc", 8)
        assert manifest.input.contrast == "standardise"
        assert manifest.output_shape == (8, 37)
        assert manifest.training["generators"] == plate_meta.training["generators"]
        calibration = manifest.training["export"].get("calibration")
        assert (calibration is None) == (manifest.precision == "float32")
        if calibration:
            assert (calibration["set"], calibration["count"]) == ("drawn-plates/train", 50)
        assert manifest.scores
        for score in manifest.scores:
            assert (score.set, score.digest) == ("drawn-plates/val", plate_meta.training["sets"]["val"]["digest"])
            assert score.count == PLATES
            assert score.right >= 0.99 * PLATES


def test_the_runtime_reads_in_every_file_what_the_h5_reads(exported: Path) -> None:
    pictures, texts = draw_cells(5, 0, 40, PLATE_SPEC)
    for name in ALL_FOUR:
        with open_model(exported / name, "plate") as model:
            logits = model.predict_pictures(list(pictures))
            manifest = model.manifest
        readings = decode_logits(logits, manifest.decoding, manifest.script)
        assert [one.raw_text for one in readings] == texts, name


def test_the_int8_file_is_int8_from_end_to_end(exported: Path) -> None:
    with open_model(exported / "small-reader-1.0.0-int8.tflite", "plate") as model:
        assert (model.backend.input_dtype, model.backend.output_dtype) == ("int8", "int8")


def test_the_report_speaks_of_plates(exported: Path) -> None:
    report = json.loads((exported / "small-reader-1.0.0-report.json").read_text())
    assert (report["set"]["drawn"], report["limits"]["min_accuracy"], report["limits"]["counted"]) == (
        True, 80, "folded",
    )  # fmt: skip
    assert report["h5"]["cer"] < 0.002, "characters that the prior and other looks at a doubtful crop decide otherwise"
    assert "per_class" not in report["calibration"]
    text = (exported / "small-reader-1.0.0-report.md").read_text()
    assert "drawn-plates/val (synthetic, not real pictures)" in text
    assert "50 pictures of drawn-plates/train, seed 0" in text
    assert "0.00 %" in text


def test_labelled_crops_check_and_synthetic_pictures_calibrate(
    plate_h5: Path, crops: Path, tmp_path: Path, cell_generator: None,
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    texts = recorded_texts(monkeypatch)
    assert export_command([str(plate_h5), "--data", str(crops), "--out", str(tmp_path / "out")]) == 0
    assert require_same(tmp_path / "out", crops, "plate", texts, capsys) == 4
    manifest = read_model_file(tmp_path / "out" / "small-reader-1.0.0-int8.tflite").manifest
    assert manifest.training["export"]["calibration"]["set"] == "drawn-plates/train"
    labelled = [entry for entry in read_labels(crops / "labels.csv") if entry.text]
    for score in manifest.scores:
        assert (score.set, score.count, score.digest) == ("my-crops", 30, set_digest(labelled))
    report = json.loads((tmp_path / "out" / "small-reader-1.0.0-report.json").read_text())
    assert report["limits"]["counted"] == "right"
    trained = score_h5.score(*score_h5.load(plate_h5), crops / "labels.csv")
    (score, *_) = read_model_file(tmp_path / "out" / "small-reader-1.0.0-float32.tflite").manifest.scores
    assert (trained.count, trained.exact, trained.folded) == (score.count, score.right, score.folded)


def test_crops_that_the_network_went_on_with_are_left_out(
    plate_network: Any, plate_meta: ModelMeta, crops: Path, tmp_path: Path, cell_generator: None
) -> None:
    train, val = split_labelled(read_labels(crops / "labels.csv"))
    own = {"path": "/home/me/my-crops", "sets": {"train": {"digest": set_digest(train)}}}
    before = {**plate_meta.training, "own": own}
    settings = {"shard": 100, "data": "/home/me/other", "watch": ["/home/me/a.csv"]}
    later = {**plate_meta.training, "settings": settings, "start": {"sha256": "a" * 64, "training": before}}
    path, out = tmp_path / "m.h5", tmp_path / "out"
    weights_file.save(plate_network, path, dataclasses.replace(plate_meta, training=later))
    assert export_command([str(path), "--data", str(crops), "--float", "--out", str(out)]) == 0
    manifest = read_model_file(out / "small-reader-1.0.0-float32.tflite").manifest
    assert {(score.set, score.count, score.digest) for score in manifest.scores} == {
        ("my-crops/val", len(val), set_digest(val))
    }
    assert "/home/me" not in manifest.to_json()
    assert manifest.training["settings"] == {"shard": 100, "data": "other", "watch": ["a.csv"]}
    assert manifest.training["start"]["training"]["own"]["path"] == "my-crops"


class Shipped:
    """A shipped network, and one that was trained from it."""

    def __init__(self, network: Any, meta: ModelMeta, start: Path, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        digest = hashlib.sha256(start.read_bytes()).hexdigest()
        between = {**meta.training, "start": {"sha256": digest, "training": dict(meta.training)}}
        later = {**meta.training, "start": {"sha256": "a" * 64, "training": between}}
        weights_file.save(network, path, dataclasses.replace(meta, training=later))
        self.path = path
        monkeypatch.setattr("plate_export.checks.start_check.SHIPPED", start.parent)
        monkeypatch.setattr("plate_export.checks.start_check.load_packaged", self.packaged)

    def packaged(self, meta: ModelMeta) -> CheckSet:
        pictures, texts = draw_cells(5, 0, 40, PLATE_SPEC)
        val = Labelled(standardise(pictures), texts, [str(place) for place in range(40)], list(pictures))
        return CheckSet("packaged-plates/val", "", val.digest, val, val, True, np.ones(40, bool))


@pytest.fixture
def trained_further(
    plate_network: Any, plate_meta: ModelMeta, plate_h5: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Path:
    return Shipped(plate_network, plate_meta, plate_h5, tmp_path / "m.h5", monkeypatch).path


def test_a_network_trained_further_still_reads_what_the_shipped_one_reads(
    trained_further: Path, crops: Path, tmp_path: Path
) -> None:
    arguments = [str(trained_further), "--data", str(crops), "--float", "--out", str(tmp_path / "out")]
    assert export_command(arguments) == 0
    kept = json.loads((tmp_path / "out" / "small-reader-1.0.0-report.json").read_text())["kept"]
    assert (kept["start"], kept["set_name"], kept["count"]) == ("small-reader 1.0.0", "packaged-plates/val", 40)
    assert kept["allowed"] == 1 and set(kept["after"].values()) == {kept["before"]} and kept["before"] >= 39


def test_a_network_that_has_forgotten_is_exit_3(
    trained_further: Path, crops: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    honest = reading_process.read_all

    def forgetful(path: Path, *rest: Any, **options: Any) -> Reading:
        found = honest(path, *rest, **options)
        if len(found.texts) == 40:
            found.texts[:3] = ["", "", ""]
        return found

    monkeypatch.setattr("plate_export.export.read_all", forgetful)
    match = r"small-reader-1\.0\.0-float32\.tflite in litert has forgotten plates, it reads 3[67] of 40"
    _refused(AccuracyError, [trained_further, "--data", crops, "--float"], tmp_path / "out", match)


def test_a_network_trained_further_has_to_read_as_many_crops_as_the_one_before_it(
    trained_further: Path, crops: Path, tmp_path: Path
) -> None:
    lines = (crops / "labels.csv").read_text().splitlines()
    wrong = [line if place % 2 else line.replace(",", ",Z") for place, line in enumerate(lines[2:])]
    (crops / "labels.csv").write_text("\n".join(["image,text", *wrong]))
    arguments = [str(trained_further), "--data", str(crops), "--float", "--out", str(tmp_path / "out")]
    assert export_command(arguments) == 0, "half of these labels are wrong, for both"
    text = _refused(
        AccuracyError, [trained_further, "--data", crops, "--float", "--min-accuracy", "80"], tmp_path / "no", "80 %"
    )
    assert "the .h5 itself reads 15 of 30" in text


def test_no_generator_is_needed_for_float_files_of_labelled_crops(
    plate_h5: Path, crops: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("plate_train.plates.recorded.shard", lambda *_, **__: pytest.fail("drawn"))
    assert export_command([str(plate_h5), "--data", str(crops), "--float", "--out", str(tmp_path / "out")]) == 0


def test_calibration_uses_the_last_training_shards(plate_meta: ModelMeta, cell_generator: None) -> None:
    found = load_check_set(plate_meta, None, 30)
    # from plate 200 on, a hundred a shard: the first lot of 30 begins at plate 210
    pictures, texts = draw_cells(3, 7, 30, PLATE_SPEC)
    assert found.train.texts == texts
    assert np.array_equal(found.train.pictures, standardise(pictures))
    assert (found.name, found.train_name, len(found.val)) == ("drawn-plates/val", "drawn-plates/train", PLATES)


def _refused(error: type[PlateEdgeError], arguments: list[object], out: Path, match: str) -> str:
    """Run the command, expect one clear line, and nothing left behind."""
    with pytest.raises(error, match=match) as caught:
        export_command([*map(str, arguments), "--out", str(out)])
    assert _names(out) == set()
    text = str(caught.value)
    assert "\n" not in text.strip()
    return text


def test_a_generator_that_changed_is_exit_2(plate_h5: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def newer(*arguments: Any, **options: Any) -> tuple[Any, list[str]]:
        pictures, texts = draw_cells(*arguments, **options)
        pictures[0, 0, 0] ^= 1
        return pictures, texts

    monkeypatch.setattr("plate_train.plates.recorded.shard", newer)
    _refused(DataError, [plate_h5], tmp_path / "out", "renders other plates than those that were recorded")
    assert DataError.exit_code == 2


@pytest.mark.parametrize("training", [{}, {"kind": "drawn"}, {"kind": "drawn", "sets": {"val": {"seed": 1}}}])
def test_a_model_without_a_record_needs_data(
    training: dict[str, Any], plate_network: Any, plate_meta: ModelMeta, tmp_path: Path
) -> None:
    path = tmp_path / "m.h5"
    weights_file.save(plate_network, path, dataclasses.replace(plate_meta, training=training))
    _refused(DataError, [path, "--float"], tmp_path / "out", "--data DIR")


def test_class_folders_are_no_plates(plate_h5: Path, data: Path, tmp_path: Path, cell_generator: None) -> None:
    _refused(DataError, [plate_h5, "--data", data], tmp_path / "out", "has no labels.csv")


def test_wrong_labels_are_exit_3(plate_h5: Path, crops: Path, tmp_path: Path, cell_generator: None) -> None:
    lines = (crops / "labels.csv").read_text().splitlines()
    texts = [line.split(",")[1] for line in lines[2:]]
    moved = [f"{place}.png,{text}" for place, text in enumerate([*texts[7:], *texts[:7]])]
    (crops / "labels.csv").write_text("\n".join(["image,text", *moved]))
    text = _refused(AccuracyError, [plate_h5, "--data", crops], tmp_path / "out", "nothing was published")
    assert "80 % are needed" in text
    assert AccuracyError.exit_code == 3


def test_a_file_that_reads_worse_is_exit_3(
    plate_h5: Path, tmp_path: Path, cell_generator: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    honest = reading_process.read_all

    def forgetful(path: Path, *rest: Any, **options: Any) -> Reading:
        """An interpreter that takes every 7 for a T."""
        found = honest(path, *rest, **options)
        if "int8" in path.name:
            found.texts[:] = [text.replace("7", "T") for text in found.texts]
        return found

    monkeypatch.setattr("plate_export.export.read_all", forgetful)
    text = _refused(AccuracyError, [plate_h5], tmp_path / "out", r"small-reader-1\.0\.0-int8\.tflite in litert reads")
    assert "worse at 7 (" in text


def test_a_network_that_quantises_badly_is_exit_3(
    keras: Any, plate_network: Any, plate_meta: ModelMeta, tmp_path: Path, cell_generator: None
) -> None:
    # One logit a thousand times below all others: nothing to float, the whole scale to int8.
    fragile = keras.models.clone_model(plate_network)
    kernel, bias = template_weights()
    bias[ord("Q") - ord("A") + 10] = -20_000
    fragile.set_weights([kernel, bias])
    path = tmp_path / "fragile.h5"
    weights_file.save(fragile, path, plate_meta)
    _refused(AccuracyError, [path, "--float", "--int8", "--min-accuracy", "10"], tmp_path / "out", "int8.tflite in")


def test_a_network_of_another_size_is_refused(plate_network: Any, plate_meta: ModelMeta, tmp_path: Path) -> None:
    path = tmp_path / "m.h5"
    weights_file.save(plate_network, path, dataclasses.replace(plate_meta, steps=80))
    with pytest.raises(ModelError, match="has outputs of shape nx8x37, which does not fit its 36 characters and"):
        load_network(open_source(path))
