"""What a run of `plate-train character` leaves, and what it is trained on and from."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from pathlib import Path

import pytest
from character_runs import PROGRESS, TINY, Start, train, weights_digest

from plate_runtime.errors import DataError
from plate_train.characters import synthetic_set
from plate_train.command import command
from plate_train.networks import weights_file

PICTURES = {"learning_curves.png", "confusion_matrix.png", "errors.png"}


def test_a_run_leaves_model_report_and_pictures(finished_run: Path, small_folder: Path) -> None:
    names = {entry.name for entry in finished_run.iterdir()}
    assert names == {"model.h5", "report.json", "settings.json"} | PICTURES
    report = json.loads((finished_run / "report.json").read_text())
    assert [entry["seed"] for entry in report["seeds"]] == [5, 6]
    assert report["protocol"] == "honest"
    assert report["data_check"]["val_copied_from_train"] == 0
    assert report["summary"]["val"]["count"] == 36
    assert len(report["summary"]["robustness"]) == 7
    assert report["training"]["recipe"]["threads"] == 1
    assert report["training"]["path"] == str(small_folder)
    assert len(report["errors"]) == 36 - report["seeds"][0]["val"]["right"]


def test_the_model_file_tells_its_input_and_training(finished_run: Path) -> None:
    meta = weights_file.read_meta(finished_run / "model.h5")
    assert meta is not None
    assert meta.name == "first"
    assert (meta.input.polarity, meta.input.resize, meta.input.scale) == ("light-on-dark", "stretch", 1 / 255)
    assert meta.training["seed"] == 5
    assert meta.training["seeds"] == [5, 6]
    assert set(meta.training["sets"]) == {"train", "val"}
    assert "keras" in meta.training["libraries"]
    weights_file.load(finished_run / "model.h5")


def test_the_classes_of_the_data_are_those_of_the_network(
    own_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for split in ("train", "val"):
        for sign in "IQ":
            shutil.rmtree(own_folder / split / f"class_{sign}")
    out = tmp_path / "run"
    assert command(train(own_folder, out, ["--protocol", "mission"])) == 0
    assert "the data has no I, Q" in capsys.readouterr().out
    meta = weights_file.read_meta(out / "model.h5")
    assert meta is not None and len(meta.alphabet) == 34 and not set("IQ") & set(meta.alphabet)
    assert weights_file.load(out / "model.h5").output_shape == (None, 34)
    with pytest.raises(DataError, match=r"--from needs .* and 34"):
        command(train(own_folder, tmp_path / "next", ["--from", str(weights_file.find("plate-character"))]))


def test_same_seed_in_another_process_gives_the_same_weights(
    finished_run: Path, small_folder: Path, tmp_path: Path, plate_train: Start
) -> None:
    """Two processes, and the one of this test: nothing may depend on what ran before."""
    digests = {weights_digest(finished_run / "model.h5")}
    for name, seed in (("again", "5"), ("other", "6")):
        done = plate_train(train(small_folder, tmp_path / name, ["--seed", seed]))
        assert done.returncode == 0, done.stderr
        assert all(re.search(PROGRESS, line) for line in done.stderr.splitlines()), done.stderr
        assert "protocol: honest" in done.stdout
        digests.add(weights_digest(tmp_path / name / "model.h5"))
    assert len(digests) == 2


def test_mission_protocol_is_labelled(small_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command(train(small_folder, tmp_path / "run", ["--protocol", "mission", "--no-augment"]))
    assert "best epoch chosen on val/" in capsys.readouterr().out
    report = json.loads((tmp_path / "run/report.json").read_text())
    assert report["protocol"] == "mission"
    assert report["training"]["recipe"]["augment"] is None
    assert report["training"]["recipe"]["schedule"] == "constant"
    assert report["seeds"][0]["last_epoch"]["val_right"] <= report["seeds"][0]["val"]["right"]


def test_training_goes_on_from_a_model(
    finished_run: Path, small_folder: Path, tmp_path: Path, plate_train: Start
) -> None:
    # In a process of its own: here TensorFlow's threads are fixed already.
    done = plate_train(train(small_folder, tmp_path / "on", ["--from", str(finished_run / "model.h5"), "--no-augment"]))
    assert done.returncode == 0, done.stderr
    report = json.loads((tmp_path / "on/report.json").read_text())
    assert report["training"]["recipe"]["hyper"] == {"learning_rate": 1e-3}
    meta = weights_file.read_meta(tmp_path / "on/model.h5")
    before = weights_file.read_meta(finished_run / "model.h5")
    assert meta is not None
    assert before is not None
    assert meta.training["start"]["training"] == before.training
    assert meta.training["start"]["sha256"] == hashlib.sha256((finished_run / "model.h5").read_bytes()).hexdigest()


def test_wrong_network_to_start_from_is_a_data_error(small_folder: Path, tmp_path: Path) -> None:
    from plate_train.networks.tensorflow_setup import import_keras

    keras = import_keras()
    keras.Sequential([keras.Input((28, 28, 1)), keras.layers.Flatten(), keras.layers.Dense(10)]).save(
        tmp_path / "ten.h5"
    )
    with pytest.raises(DataError, match="distinguishes 10 classes"):
        command(train(small_folder, tmp_path / "run", ["--from", str(tmp_path / "ten.h5")]))


def test_without_data_it_draws(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(synthetic_set, "installed_fonts", list)
    out = tmp_path / "run"
    assert command(["character", "--drawn", "180", "--epochs", "1", "--out", str(out), *TINY]) == 0
    assert "rendered 180 characters to train and 36 to validate" in capsys.readouterr().out
    meta = weights_file.read_meta(out / "model.h5")
    assert meta is not None
    assert meta.input.polarity == "any"
    assert meta.training["kind"] == "drawn"
    assert meta.training["sets"]["train"]["count"] == 180


def test_without_fonts_the_command_that_fetches_them_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLATE_EDGE_FONTS", str(tmp_path / "none"))
    with pytest.raises(DataError, match="plate-train fonts"):
        command(["character", "--out", str(tmp_path / "run")])
    assert not (tmp_path / "run").exists()


def test_preview_draws_and_trains_nothing(small_folder: Path, tmp_path: Path) -> None:
    done = command(["character", "--data", str(small_folder), "--preview", str(tmp_path / "seen.png")])
    assert done == 0
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["seen-1.png", "seen-2.png"]


def test_preview_of_drawings_draws_few(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(synthetic_set, "installed_fonts", list)
    assert command(["character", "--preview", str(tmp_path / "seen.png")]) == 0
    assert "rendered 288 characters" in capsys.readouterr().out
    assert (tmp_path / "seen-1.png").stat().st_size > 10_000
