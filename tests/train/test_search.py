"""The search: its space, its record on disk, going on after it was killed."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from character_runs import START

from plate_runtime.errors import DataError, UsageError
from plate_runtime.manifest import InputSpec
from plate_train.characters import search as searching
from plate_train.characters.datasets import CharacterSet
from plate_train.characters.fit import Recipe
from plate_train.loop import search_record

KILLED = """
import os, signal, sys
from pathlib import Path
import plate_train.characters.fit as fit
from plate_train.loop import search_record
batches = fit.batches
def killing(*arguments):
    if search_record.completed_trials(Path(sys.argv[-1]) / "search"):
        os.kill(os.getpid(), signal.SIGKILL)
    yield from batches(*arguments)
fit.batches = killing
"""
"""A search that kills itself in its second trial: from outside, it could be further before the signal comes."""
QUICK = Recipe(epochs=1, batch=48, augment=None)


def tiny_space(_hp: object) -> searching.Hyperparameters:
    return searching.Hyperparameters(2, 2, 4, 4)


def search(
    run: Path, train: CharacterSet, held: CharacterSet, trials: int, resume: bool = False
) -> searching.SearchResult:
    return searching.search(QUICK, train, held, spec=InputSpec(), seed=1, trials=trials, run=run, resume=resume)


def test_space_is_the_one_that_was_asked_for() -> None:
    import keras_tuner

    hp = keras_tuner.HyperParameters()
    searching.space(hp)
    found = {entry.name: entry for entry in hp.space}
    ranges = {name: (found[name].min_value, found[name].max_value, found[name].step) for name in found}
    assert ranges == {
        "first_filters": (16, 64, 16),
        "second_filters": (32, 128, 16),
        "first_dense": (128, 512, 64),
        "dropout": (0.2, 0.5, 0.1),
        "learning_rate": (1e-5, 1e-3, None),
    }
    assert found["learning_rate"].sampling == "log"


def test_trials_are_scored_on_the_held_part_and_the_best_is_told(
    tmp_path: Path, small_train: CharacterSet, small_val: CharacterSet, capfd: pytest.CaptureFixture[str]
) -> None:
    result = search(tmp_path, small_train, small_val, 2)
    assert [trial.number for trial in result.trials] == ["0", "1"]
    assert result.best.accuracy == max(trial.accuracy for trial in result.trials)
    assert all(0 <= trial.accuracy * 36 <= 36 for trial in result.trials)
    assert result.trials[0].hyper != result.trials[1].hyper
    assert search_record.completed_trials(tmp_path / "search") == 2
    assert capfd.readouterr().out == ""
    more = search(tmp_path, small_train, small_val, 3, resume=True)
    assert more.resumed_after == 2
    assert more.trials[:2] == result.trials
    assert len(more.trials) == 3


def test_trials_on_other_data_are_not_counted(
    tmp_path: Path, small_train: CharacterSet, small_val: CharacterSet
) -> None:
    search(tmp_path, small_train, small_val, 1)
    with pytest.raises(UsageError, match=r"other data.*another --out"):
        search(tmp_path, small_val, small_train, 2, resume=True)
    assert search_record.completed_trials(tmp_path / "search") == 1


def test_an_error_in_a_trial_ends_the_search_as_itself(
    tmp_path: Path, small_train: CharacterSet, small_val: CharacterSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_arguments: object, **_options: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(searching, "fit", full)
    with pytest.raises(OSError, match="No space left"):
        search(tmp_path, small_train, small_val, 2)


@pytest.mark.parametrize(
    "record", ['{"half": ', "[]", '{"../escape.json": ""}', '{"oracle.json": "{}", "tuner0.json": "{}"}']
)
def test_damaged_record_is_a_data_error(
    tmp_path: Path, small_train: CharacterSet, small_val: CharacterSet, record: str
) -> None:
    (tmp_path / "search").mkdir()
    (tmp_path / "search" / search_record.FILE).write_text(record)
    with pytest.raises(DataError, match="without --resume"):
        search(tmp_path, small_train, small_val, 1, resume=True)


def test_killed_search_goes_on_where_it_was(
    small_folder: Path,
    tmp_path: Path,
    environment: dict[str, str],
    plate_train: Callable[..., subprocess.CompletedProcess[str]],
) -> None:
    """Killed, not interrupted: nothing can be tidied up, in the middle of writing a file or not."""
    run = tmp_path / "run"
    options = ["character", "--data", str(small_folder), "--epochs", "2", "--trials", "3", "--out", str(run)]
    line = [sys.executable, "-c", f"{KILLED}\n{START}", *options]
    child = subprocess.run(line, env=environment, stdout=subprocess.DEVNULL, check=False, timeout=300)
    assert child.returncode == -signal.SIGKILL
    (run / "search/oracle.json").write_text('{"half": ')
    first = json.loads((run / "search/trial_0/trial.json").read_text())
    done = plate_train(["character", "--resume", "--out", run])
    assert done.returncode == 0, done.stderr
    assert "resuming after 1 of 3 trials" in done.stdout
    report = json.loads((run / "report.json").read_text())
    assert report["search"]["resumed_after"] == 1
    assert len(report["search"]["trials"]) == 3
    assert report["search"]["trials"][0]["accuracy"] == first["score"]
    assert report["training"]["recipe"]["epochs"] == 2
    assert report["training"]["recipe"]["hyper"] == report["search"]["best"]["hyper"]
    assert (run / "search.png").is_file()


def test_the_recipe_of_the_search_stays_out_of_the_choice(
    tmp_path: Path, small_train: CharacterSet, small_val: CharacterSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(searching, "space", lambda hp: (hp.Int("first_filters", 16, 64, step=16), tiny_space(hp))[1])
    found = searching.search(
        replace(QUICK, model="baseline"), small_train, small_val,
        spec=InputSpec(), seed=1, trials=1, run=tmp_path,
    )  # fmt: skip
    assert len(found.trials) == 1
