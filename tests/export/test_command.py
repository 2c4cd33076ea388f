from __future__ import annotations

import contextlib
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from same_reading import recorded_texts, require_same

from plate_export.checks import reading_process, text_check
from plate_export.checks.reading_process import Reading
from plate_export.command import export_command
from plate_export.convert import libraries
from plate_export.source import Source
from plate_runtime.alphabet import ALPHABET
from plate_runtime.errors import AccuracyError, DataError, MissingPartError, ModelError, PlateEdgeError, UsageError
from plate_runtime.labels import read_class_folders, set_digest
from plate_runtime.model import open_model
from plate_runtime.model_file import read_model_file
from plate_train.networks import weights_file

from .conftest import VAL

ALL_FOUR = {f"tiny-2.1.0-{precision}.{format_}" for precision in ("float32", "int8") for format_ in ("tflite", "onnx")}
REPORT = {f"tiny-2.1.0-report.{suffix}" for suffix in ("json", "md", "png")}


def _names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()} if folder.exists() else set()


@pytest.fixture(scope="module")
def exported(own_h5: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All four files of `own_h5`, checked with the data it records."""
    out = tmp_path_factory.mktemp("exported")
    assert export_command([str(own_h5), "--out", str(out), "--calibration", "72", "--seed", "5"]) == 0
    return out


def test_no_flag_makes_all_four_files_and_the_report(exported: Path) -> None:
    assert _names(exported) == ALL_FOUR | REPORT


def test_files_say_what_they_are_and_what_they_scored(exported: Path, data: Path, own_h5: Path) -> None:
    installed = reading_process.installed()
    digest = set_digest(read_class_folders(data / "val"))
    for name in ALL_FOUR:
        manifest = read_model_file(exported / name).manifest
        assert (manifest.name, manifest.version, manifest.alphabet) == ("tiny", "2.1.0", ALPHABET)
        assert manifest.temperature == 1.3
        assert manifest.precision in name
        assert manifest.training["kind"] == "folders"
        assert manifest.training["path"] == data.name
        calibration = manifest.training["export"].get("calibration")
        assert (calibration is not None) == (manifest.precision == "int8")
        if calibration:
            assert (calibration["count"], calibration["per_class"], calibration["seed"]) == (72, 2, 5)
            assert calibration["set"] == f"{data.name}/train"
        able = ["onnx"] if name.endswith("onnx") else ["litert", "tflite"]
        assert [score.backend for score in manifest.scores] == [one for one in able if installed[one]]
        for score in manifest.scores:
            assert (score.set, score.digest, score.count) == (f"{data.name}/val", digest, 36 * VAL)
            assert score.backend_version == installed[score.backend]
            assert score.right >= 0.95 * score.count


def test_files_read_in_the_runtime_as_their_scores_say(exported: Path, data: Path) -> None:
    from plate_runtime.pictures.open_picture import open_picture

    listed = read_class_folders(data / "val")
    pictures = [open_picture(entry.path).gray() for entry in listed]
    for name in ALL_FOUR:
        with open_model(exported / name) as model:
            result = model.predict_pictures(pictures).argmax(1)
            right = sum(ALPHABET[place] == entry.text for place, entry in zip(result, listed, strict=True))
            assert right == model.manifest.scores[0].right


def test_the_report_holds_the_same_figures(exported: Path) -> None:
    report = json.loads((exported / "tiny-2.1.0-report.json").read_text())
    assert {entry["file"] for entry in report["artefacts"]} == ALL_FOUR
    for entry in report["artefacts"]:
        scores = read_model_file(exported / entry["file"]).manifest.scores
        assert [(one["backend"], one["right"], one["folded"]) for one in entry["checks"]] == [
            (score.backend, score.right, score.folded) for score in scores
        ]
        assert entry["bytes"] == (exported / entry["file"]).stat().st_size
    assert all(name in (exported / "tiny-2.1.0-report.md").read_text() for name in ALL_FOUR)
    assert set(report["not_run"]) == {name for name, version in report["interpreters"].items() if version is None}


def test_the_same_export_gives_the_same_bytes(exported: Path, own_h5: Path, tmp_path: Path) -> None:
    export_command([str(own_h5), "--out", str(tmp_path), "--calibration", "72", "--seed", "5"])
    for name in ALL_FOUR | REPORT:
        assert (tmp_path / name).read_bytes() == (exported / name).read_bytes(), name


def test_a_notebooks_file_works_with_the_folders_names(
    foreign_h5: Path, data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = [
        str(foreign_h5),
        "--data",
        str(data),
        "--int8",
        "--name",
        "mine",
        "--model-version",
        "3.0",
        "--out",
        str(tmp_path),
    ]
    assert export_command(arguments) == 0
    assert _names(tmp_path) == {
        "mine-3.0-int8.tflite", "mine-3.0-report.json", "mine-3.0-report.md", "mine-3.0-report.png",
    }  # fmt: skip
    said = capsys.readouterr().out
    assert "was not saved by plate-train: its 36 classes are" in said
    assert "class folders" in said
    assert read_model_file(tmp_path / "mine-3.0-int8.tflite").manifest.licence == "NOASSERTION"


@pytest.mark.parametrize("polarity", ["light-on-dark", "dark-on-light"])
def test_users_read_what_the_export_counted(
    network: Any, keras: Any, data: Path, tmp_path: Path, polarity: str,
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    model, pictures = keras.models.clone_model(network), tmp_path / "data"
    model.set_weights(network.get_weights())
    shutil.copytree(data, pictures)
    if polarity == "dark-on-light":
        _turn_dark(model, pictures)
    path, out = tmp_path / "mine.h5", tmp_path / "out"
    model.save(path)
    texts = recorded_texts(monkeypatch)
    assert export_command([str(path), "--data", str(pictures), "--out", str(out)]) == 0
    assert f"{polarity} (of 144 training pictures" in capsys.readouterr().out
    assert require_same(out, pictures / "val", "character", texts, capsys) == 4
    manifest = read_model_file(out / "mine-1.0.0-int8.tflite").manifest
    assert manifest.input.polarity == polarity
    assert manifest.scores[0].right >= 0.95 * manifest.scores[0].count


def _turn_dark(model: Any, pictures: Path) -> None:
    """Invert all pictures, and the first kernel: the network reads the dark ones as it read the light ones."""
    for picture in pictures.rglob("*.png"):
        Image.fromarray(255 - np.asarray(Image.open(picture))).save(picture)
    kernel, bias, *rest = model.get_weights()
    model.set_weights([-kernel, bias + kernel.sum(axis=(0, 1, 2)), *rest])


def _refused(error: type[PlateEdgeError], arguments: list[object], out: Path, match: str) -> str:
    """Run the command, expect one clear line, and nothing left behind."""
    with pytest.raises(error, match=match) as caught:
        export_command([*map(str, arguments), "--out", str(out)])
    assert _names(out) == set()
    text = str(caught.value)
    assert "\n" not in text.strip()
    return text


def test_shuffled_labels_are_exit_3(own_h5: Path, data: Path, tmp_path: Path) -> None:
    shutil.copytree(data, tmp_path / "data")
    folders = sorted((tmp_path / "data" / "val").iterdir())
    for folder in folders:
        folder.rename(folder.with_name(f"was_{folder.name}"))
    for place, folder in enumerate(folders):
        folder.with_name(f"was_{folder.name}").rename(folders[(place + 5) % len(folders)])
    text = _refused(AccuracyError, [own_h5, "--data", tmp_path / "data"], tmp_path / "out", "nothing was published")
    assert "95 % are needed" in text
    assert AccuracyError.exit_code == 3


def test_a_file_that_lost_accuracy_is_exit_3_and_old_files_stay(
    own_h5: Path, exported: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(exported, tmp_path / "out")
    before = {name: (tmp_path / "out" / name).read_bytes() for name in _names(tmp_path / "out")}
    honest = reading_process.read_all

    def forgetful(path: Path, backend: str, *rest: object, **options: object) -> Reading:
        """An interpreter that takes every B for an 8."""
        found = honest(path, backend, *rest, **options)  # type: ignore[arg-type]
        if "int8" in path.name:
            is_b = found.outputs.argmax(1) == ALPHABET.index("B")
            found.outputs[is_b] = np.eye(36, dtype=np.float32)[8]
        return found

    monkeypatch.setattr("plate_export.export.read_all", forgetful)
    with pytest.raises(AccuracyError, match=r"int8\.tflite in litert reads .* worse at B \(2 -> 0\)"):
        export_command([str(own_h5), "--out", str(tmp_path / "out")])
    assert {name: (tmp_path / "out" / name).read_bytes() for name in _names(tmp_path / "out")} == before
    assert "B as 8" in capsys.readouterr().out


def test_a_network_that_quantises_badly_is_exit_3(
    keras: Any, network: Any, own_source: Source, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # A fifth filter that never fires, and a huge weight behind it: nothing to float, the whole scale to int8.
    wide = keras.models.clone_model(network, clone_function=_with_five_filters)
    kernel, bias, first, *rest = network.get_weights()
    side = int((first.shape[0] // kernel.shape[-1]) ** 0.5)
    dense = np.zeros((side, side, 5, first.shape[1]), np.float32)
    dense[..., :4, :] = first.reshape(side, side, 4, -1)
    dense[0, 0, 4, 0] = 1e5
    kernel = np.concatenate([kernel, np.zeros_like(kernel[..., :1])], axis=-1)
    wide.set_weights([kernel, np.append(bias, -1), dense.reshape(-1, first.shape[1]), *rest])
    path = tmp_path / "fragile.h5"
    weights_file.save(wide, path, own_source.meta)
    out = tmp_path / "out"
    assert export_command([str(path), "--float", "--out", str(out)]) == 0
    with pytest.raises(AccuracyError, match=r"int8\.tflite in litert reads .* worse at "):
        export_command([str(path), "--int8", "--out", str(out)])
    assert _names(out) == {"tiny-2.1.0-float32.tflite"} | REPORT
    assert "pictures are read differently" in capsys.readouterr().out


def _with_five_filters(layer: Any) -> Any:
    config = layer.get_config()
    if "filters" in config:
        config["filters"] = 5
    return type(layer).from_config(config)


def test_limits_can_be_set(own_h5: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[text_check.Limits] = []
    monkeypatch.setattr(text_check, "judge", lambda _reference, _checks, _labels, limits: seen.append(limits))
    export_command([str(own_h5), "--float", "--min-accuracy", "12.5", "--max-drop", "3", "--out", str(tmp_path)])
    assert (seen[-1].min_accuracy, seen[-1].max_drop, seen[-1].folded) == (12.5, 3, False)


def test_wrong_models_and_data_are_exit_2(own_h5: Path, foreign_h5: Path, data: Path, tmp_path: Path) -> None:
    truncated = tmp_path / "truncated.h5"
    truncated.write_bytes(own_h5.read_bytes()[:5000])
    empty = tmp_path / "data"
    shutil.copytree(data, empty)
    for picture in (empty / "train" / "class_7").iterdir():
        picture.unlink()
    out = tmp_path / "out"
    _refused(ModelError, [truncated, "--data", data], out, "not a complete HDF5 file")
    _refused(DataError, [own_h5, "--data", empty], out, "class_7")
    _refused(DataError, [own_h5, "--data", tmp_path / "nowhere"], out, "nowhere")
    _refused(DataError, [foreign_h5], out, "--data")
    for error in (ModelError, DataError, UsageError, MissingPartError):
        assert error.exit_code == 2


@pytest.mark.parametrize(
    "arguments",
    [
        ["--min-accuracy", "101"], ["--max-drop", "-1"], ["--max-drop", "nan"], ["--calibration", "0"],
        ["--seed", "-1"], ["--seed", "x"], ["--unknown"], ["a.h5", "b.h5"], ["--out"],
    ],
)  # fmt: skip
def test_wrong_use_is_one_line(arguments: list[str]) -> None:
    with pytest.raises(UsageError, match="see plate-export --help"):
        export_command(arguments)


def test_help_has_examples(capsys: pytest.CaptureFixture[str]) -> None:
    with contextlib.suppress(SystemExit):
        export_command(["--help"])
    said = capsys.readouterr().out
    assert "examples:" in said
    assert "95" in said


def test_missing_libraries_are_exit_2(monkeypatch: pytest.MonkeyPatch, own_h5: Path, tmp_path: Path) -> None:
    monkeypatch.setattr(libraries, "_is_there", lambda module: module != "tf2onnx")
    _refused(MissingPartError, [own_h5], tmp_path / "out", r"tf2onnx; in the checkout: pip install '.\[export\]'")


def test_int8_that_does_not_fit_publishes_nothing(
    own_h5: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("plate_export.convert.tflite.tensor_types", lambda _content: {"float32": 2, "int8": 9})
    _refused(ModelError, [own_h5], tmp_path / "out", "not int8 throughout")


def test_the_command_prints_only_its_progress_and_exits_with_the_code(
    foreign_h5: Path, data: Path, tmp_path: Path, environment: dict[str, str]
) -> None:
    def run(*arguments: object) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "plate_export.command", *map(str, arguments)]
        return subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True, check=False)

    good = run(foreign_h5, "--data", data)
    assert good.returncode == 0
    assert {line.partition(":")[0] for line in good.stderr.splitlines()} == {"My-Notebook"}
    assert len(_names(tmp_path / "exports")) == 7
    bad = run(foreign_h5, "--data", data, "--min-accuracy", "100", "--classes", ALPHABET[::-1], "--out", "bad")
    assert bad.returncode == 3
    *progress, message = bad.stderr.splitlines()
    assert {line.partition(":")[0] for line in progress} == {"My-Notebook"}
    assert message.startswith("plate-export: nothing was published: My Notebook.h5 itself reads ")
    assert not (tmp_path / "bad").exists()
