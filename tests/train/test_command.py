"""`plate-train` as a user meets it: results, exit codes, one-line errors, nothing left behind."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import h5py
import numpy as np
import pytest

from plate_runtime.errors import DataError, UsageError
from plate_train.characters import run, synthetic_set
from plate_train.command import command
from plate_train.loop import lock
from plate_train.networks import weights_file

Start = Callable[..., subprocess.CompletedProcess[str]]
START = "from plate_train.command import main; main()"
PROGRESS = r": \d+ of \d+ "
INTERRUPTIBLE = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)"
"""A process started in the background ignores Ctrl-C, and hands that on."""
TINY = ["--first-filters", "4", "--second-filters", "4", "--first-dense", "16", "--second-dense", "16"]
PICTURES = {"learning_curves.png", "confusion_matrix.png", "errors.png"}


def weights_digest(path: Path) -> str:
    content = hashlib.sha256()
    with h5py.File(path) as file:
        found: list[str] = []
        file["model_weights"].visit(found.append)
        for name in sorted(found):
            if isinstance(file["model_weights"][name], h5py.Dataset):
                content.update(name.encode() + np.asarray(file["model_weights"][name]).tobytes())
    return content.hexdigest()


def one_line(done: subprocess.CompletedProcess[str] | str) -> str:
    """Return the message of an error; lines of progress may stand before it on a slow machine."""
    text = done if isinstance(done, str) else done.stderr
    *progress, message = text.splitlines(keepends=True)
    assert message.startswith("plate-train: "), text
    assert all(re.search(PROGRESS, line) for line in progress), text
    return message


def train(folder: Path, out: Path, more: Sequence[str] = ()) -> list[str]:
    return ["character", "--data", str(folder), "--epochs", "2", "--out", str(out), *TINY, *more]


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


@pytest.fixture(scope="module")
def finished(small_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of two seeds in this process."""
    out = tmp_path_factory.mktemp("runs") / "first"
    assert command(train(small_folder, out, ["--seeds", "2", "--seed", "5"])) == 0
    return out


def test_a_run_leaves_model_report_and_pictures(finished: Path, small_folder: Path) -> None:
    names = {entry.name for entry in finished.iterdir()}
    assert names == {"model.h5", "report.json", "settings.json"} | PICTURES
    report = json.loads((finished / "report.json").read_text())
    assert [entry["seed"] for entry in report["seeds"]] == [5, 6]
    assert report["protocol"] == "honest"
    assert report["data_check"]["val_copied_from_train"] == 0
    assert report["summary"]["val"]["count"] == 36
    assert len(report["summary"]["robustness"]) == 7
    assert report["training"]["recipe"]["threads"] == 1
    assert report["training"]["path"] == str(small_folder)
    assert len(report["errors"]) == 36 - report["seeds"][0]["val"]["right"]


def test_the_model_file_tells_its_input_and_training(finished: Path) -> None:
    meta = weights_file.read_meta(finished / "model.h5")
    assert meta is not None
    assert meta.name == "first"
    assert (meta.input.polarity, meta.input.resize, meta.input.scale) == ("light-on-dark", "stretch", 1 / 255)
    assert meta.training["seed"] == 5
    assert meta.training["seeds"] == [5, 6]
    assert set(meta.training["sets"]) == {"train", "val"}
    assert "keras" in meta.training["libraries"]
    weights_file.load(finished / "model.h5")


def test_same_seed_in_another_process_gives_the_same_weights(
    finished: Path, small_folder: Path, tmp_path: Path, plate_train: Start
) -> None:
    """Two processes, and the one of this test: nothing may depend on what ran before."""
    digests = {weights_digest(finished / "model.h5")}
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


def test_training_goes_on_from_a_model(finished: Path, small_folder: Path, tmp_path: Path, plate_train: Start) -> None:
    # In a process of its own: here TensorFlow's threads are fixed already.
    done = plate_train(train(small_folder, tmp_path / "on", ["--from", str(finished / "model.h5"), "--no-augment"]))
    assert done.returncode == 0, done.stderr
    report = json.loads((tmp_path / "on/report.json").read_text())
    assert report["training"]["recipe"]["hyper"] == {"learning_rate": 1e-3}
    meta = weights_file.read_meta(tmp_path / "on/model.h5")
    before = weights_file.read_meta(finished / "model.h5")
    assert meta is not None
    assert before is not None
    assert meta.training["start"]["training"] == before.training
    assert meta.training["start"]["sha256"] == hashlib.sha256((finished / "model.h5").read_bytes()).hexdigest()


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


def test_help_shows_examples(capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in (["--help"], ["character", "--help"]):
        with pytest.raises(SystemExit) as end:
            command(arguments)
        assert end.value.code == 0
        assert "plate-train character --data characters --seeds 5" in capsys.readouterr().out


def test_each_kind_of_training_has_examples(capsys: pytest.CaptureFixture[str]) -> None:
    for kind in ("plate", "detector"):
        with pytest.raises(SystemExit) as end:
            command([kind, "--help"])
        assert end.value.code == 0
        assert f"plate-train {kind} --resume" in capsys.readouterr().out


@pytest.mark.parametrize(
    "wrong",
    [
        [], ["characters"], ["character", "--epochs", "0"], ["character", "--seeds", "many"],
        ["character", "--model", "huge"], ["character", "--augment", "9"], ["character", "--learning-rate", "nan"],
        ["detector", "--width", "9"],
    ],
)  # fmt: skip
def test_wrong_options_end_with_2(wrong: list[str]) -> None:
    with pytest.raises(SystemExit) as end:
        command(wrong)
    assert end.value.code == 2


@pytest.mark.parametrize(
    "contradiction",
    [["--model", "baseline", "--trials", "2"], ["--protocol", "mission"], ["--from", "a.h5", "--trials", "1"]],
)
def test_contradictions_are_wrong_use(contradiction: list[str], tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        command(["character", "--out", str(tmp_path / "run"), *contradiction])
    assert not (tmp_path / "run").exists()


def test_empty_class_folder_ends_with_2_one_line_and_nothing_written(
    own_folder: Path, tmp_path: Path, plate_train: Start
) -> None:
    for picture in (own_folder / "train/class_Q").iterdir():
        picture.unlink()
    done = plate_train(train(own_folder, tmp_path / "run"))
    assert done.returncode == 2
    assert "class_Q" in one_line(done)
    assert not (tmp_path / "run").exists()


def test_without_tensorflow_the_extra_is_named(small_folder: Path, tmp_path: Path, plate_train: Start) -> None:
    done = plate_train(train(small_folder, tmp_path / "run"), before="import sys; sys.modules['tensorflow'] = None")
    assert done.returncode == 2
    assert "pip install '.[train]'" in one_line(done)
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("place", ["save", "search"])
def test_full_disk_is_one_line_and_leaves_no_model(
    small_folder: Path, tmp_path: Path, plate_train: Start, place: str
) -> None:
    """A file may grow to 30 kB, the model of about 600 kB does not fit."""
    limit = "import resource, signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
    limit += f"resource.setrlimit(resource.RLIMIT_FSIZE, ({30_000 if place == 'save' else 100},) * 2)"
    more = ["--first-dense", "256"] if place == "save" else ["--trials", "1"]
    done = plate_train(train(small_folder, tmp_path / "run", more), before=limit)
    assert done.returncode == 4, done.stderr
    assert "cannot be read or written (File too large)" in one_line(done)
    assert not list(tmp_path.rglob("model.h5")) + list(tmp_path.rglob("*.png"))
    assert not list(tmp_path.rglob("report.json"))


def test_folder_that_cannot_be_made_is_one_line(small_folder: Path, tmp_path: Path, plate_train: Start) -> None:
    (tmp_path / "file").write_text("not a folder")
    done = plate_train(train(small_folder, tmp_path / "file" / "run"))
    assert done.returncode == 4
    assert "cannot be read or written" in one_line(done)


def test_ctrl_c_ends_with_130_and_leaves_nothing(
    small_folder: Path, tmp_path: Path, environment: dict[str, str]
) -> None:
    out = tmp_path / "run"
    child = subprocess.Popen(
        [sys.executable, "-c", f"{INTERRUPTIBLE}\n{START}", *train(small_folder, out), "--epochs", "5000"],
        env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        deadline = time.monotonic() + 240
        while not (out / "settings.json").exists():
            assert time.monotonic() < deadline
            time.sleep(0.05)
        time.sleep(1)
        os.kill(child.pid, signal.SIGINT)
        _, errors = child.communicate(timeout=240)
    finally:
        child.kill()
    assert child.returncode == 130
    assert "Traceback" not in errors
    assert not out.exists()


def test_finished_run_is_not_overwritten(finished: Path, small_folder: Path) -> None:
    before = weights_digest(finished / "model.h5")
    with pytest.raises(UsageError, match="finished run"):
        command(train(small_folder, finished))
    assert weights_digest(finished / "model.h5") == before
    assert (finished / "settings.json").exists()


def test_two_processes_do_not_train_in_one_folder(small_folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    out.mkdir()
    (out / "settings.json").write_text("of the other one")
    with lock.alone(out), pytest.raises(UsageError, match="another process trains"):
        command(train(small_folder, out))
    assert [path.name for path in out.iterdir()] == ["settings.json"]
    assert (out / "settings.json").read_text() == "of the other one"


def test_a_data_folder_that_cannot_be_recorded_is_refused_before_training(small_folder: Path, tmp_path: Path) -> None:
    strange = Path(os.fsdecode(bytes(tmp_path) + b"/\xff"))
    shutil.copytree(small_folder, strange)
    with pytest.raises(UsageError, match="rename the folder"):
        command(train(strange, tmp_path / "run"))
    assert not (tmp_path / "run").exists()


def test_an_interrupted_run_without_a_search_offers_no_resume(
    small_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupt(*_arguments: object, **_named: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(run, "gather", interrupt)
    with pytest.raises(KeyboardInterrupt):
        command(train(small_folder, tmp_path))
    assert "--resume" not in capsys.readouterr().err


def test_unfinished_search_is_not_overwritten_by_accident(small_folder: Path, tmp_path: Path) -> None:
    (tmp_path / "run/search").mkdir(parents=True)
    with pytest.raises(UsageError, match="--resume"):
        command(train(small_folder, tmp_path / "run", ["--trials", "1"]))


def test_resume_without_a_run_is_wrong_use(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match="no unfinished search"):
        command(["character", "--resume"])
    with pytest.raises(UsageError, match="no run that could be resumed"):
        command(["character", "--resume", "--out", "elsewhere"])


def test_resume_takes_the_newest_unfinished_run_and_its_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for age, (name, ended) in enumerate((("newest-but-done", True), ("wanted", False), ("older", False))):
        folder = Path("runs") / name
        (folder / "search").mkdir(parents=True)
        settings = run.Settings(data="there", trials=9, epochs=7, seed=age, augment=0.5)
        (folder / "settings.json").write_text(json.dumps(vars(settings)))
        os.utime(folder / "settings.json", (1000 - age, 1000 - age))
        if ended:
            (folder / "report.json").write_text("{}")
    taken: list[tuple[object, ...]] = []
    monkeypatch.setattr(run, "run", lambda *arguments, chief: taken.append(arguments))
    assert command(["character", "--resume", "--trials", "12"]) == 0
    settings, folder, resume = taken[0][:3]
    assert settings == run.Settings(data="there", trials=12, epochs=7, seed=1, augment=0.5)
    assert (folder, resume) == (Path("runs/wanted"), True)


def test_wrong_network_to_start_from_is_a_data_error(small_folder: Path, tmp_path: Path) -> None:
    from plate_train.networks.tensorflow_setup import import_keras

    keras = import_keras()
    keras.Sequential([keras.Input((28, 28, 1)), keras.layers.Flatten(), keras.layers.Dense(10)]).save(
        tmp_path / "ten.h5"
    )
    with pytest.raises(DataError, match="distinguishes 10 classes"):
        command(train(small_folder, tmp_path / "run", ["--from", str(tmp_path / "ten.h5")]))
