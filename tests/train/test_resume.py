"""Runs that have begun or ended before: continued with --resume, and never overwritten."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from character_runs import train, weights_digest

from plate_runtime.errors import UsageError
from plate_train.characters import run
from plate_train.command import command
from plate_train.loop import lock


def test_finished_run_is_not_overwritten(finished_run: Path, small_folder: Path) -> None:
    before = weights_digest(finished_run / "model.h5")
    with pytest.raises(UsageError, match="finished run"):
        command(train(small_folder, finished_run))
    assert weights_digest(finished_run / "model.h5") == before
    assert (finished_run / "settings.json").exists()


def test_two_processes_do_not_train_in_one_folder(small_folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    out.mkdir()
    (out / "settings.json").write_text("of the other one")
    with lock.alone(out), pytest.raises(UsageError, match="another process trains"):
        command(train(small_folder, out))
    assert [path.name for path in out.iterdir()] == ["settings.json"]
    assert (out / "settings.json").read_text() == "of the other one"


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
