"""`plate-train` as a user meets it: help, exit codes, one-line errors, nothing left behind."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from character_runs import PROGRESS, START, Start, train

from plate_runtime.errors import UsageError
from plate_train.command import command

INTERRUPTIBLE = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)"
"""A process started in the background ignores Ctrl-C, and hands that on."""


def one_line(done: subprocess.CompletedProcess[str] | str) -> str:
    """Return the message of an error; lines of progress may stand before it on a slow machine."""
    text = done if isinstance(done, str) else done.stderr
    *progress, message = text.splitlines(keepends=True)
    assert message.startswith("plate-train: "), text
    assert all(re.search(PROGRESS, line) for line in progress), text
    return message


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
        ["detector", "--width", "9"], ["plate", "--preview", "."], ["detector", "--preview", "scenes.exe"],
    ],
)  # fmt: skip
def test_wrong_options_are_one_line(wrong: list[str]) -> None:
    with pytest.raises(UsageError, match=r"^[^\n]*; see plate-train.* --help$"):
        command(wrong)


def test_a_wrong_number_is_named_with_what_is_allowed() -> None:
    with pytest.raises(UsageError, match="--seed: '99999999999999999999' is not a whole number from 0 to"):
        command(["plate", "--seed", "99999999999999999999"])
    with pytest.raises(UsageError, match="--epochs: 'ten' is not a whole number from 1 to 1000000000; see"):
        command(["character", "--epochs", "ten"])
    with pytest.raises(UsageError, match=r"--hours: 'x' is not a number from 0\.001 to 1000; see"):
        command(["plate", "--hours", "x"])


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


def test_a_data_folder_that_cannot_be_recorded_is_refused_before_training(small_folder: Path, tmp_path: Path) -> None:
    strange = Path(os.fsdecode(bytes(tmp_path) + b"/\xff"))
    shutil.copytree(small_folder, strange)
    with pytest.raises(UsageError, match="rename the folder"):
        command(train(strange, tmp_path / "run"))
    assert not (tmp_path / "run").exists()
