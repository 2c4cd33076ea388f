"""Comparisons: equal sizes, nothing trained twice, a table and a plot of what is finished."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import compare_networks as compare
import pytest
from compare_networks import Experiment
from PIL import Image
from small_plates import small_store

from plate_runtime.errors import DataError
from plate_train.networks.multiply_adds import multiply_adds
from plate_train.plates.architectures import Size, build


def report(experiment: Experiment, folder: Path) -> None:
    """Write what a training would leave: wider networks read more."""
    folder.mkdir(parents=True)
    right = round(100 * experiment.width) + experiment.seed
    settings = {name: getattr(experiment, name) for name in ("model", "width", "depth", "seed")}
    training: dict[str, Any] = {"settings": settings, "parameters": 9, "step": 5, "hours": 1.0}
    training["multiply_adds"] = round(1e7 * experiment.width)
    scores = {"drawn": {"folded": right, "count": 200}}
    (folder / "report.json").write_text(json.dumps({"training": training, "scores": scores}))


EXPERIMENTS = [Experiment("ctc", width, 2, seed) for width in (0.5, 1.0) for seed in (0, 1)]


def test_what_has_a_report_is_not_trained_again(tmp_path: Path) -> None:
    trained: list[str] = []

    def fail_once(experiment: Experiment, folder: Path) -> None:
        if len(trained) == 2:
            raise DataError("no")
        trained.append(experiment.name)
        report(experiment, folder)

    with pytest.raises(DataError):
        compare.compare(EXPERIMENTS, tmp_path, fail_once)
    compare.compare(EXPERIMENTS, tmp_path, report)
    assert trained == ["ctc-0.5x2-seed-0", "ctc-0.5x2-seed-1"]
    rows = list(csv.DictReader((tmp_path / compare.TABLE).open()))
    assert [row["drawn %"] for row in rows] == ["25.0", "25.5", "50.0", "50.5"]
    assert Image.open(tmp_path / compare.PLOT).size[0] > 300


def test_means_are_taken_over_seeds() -> None:
    rows = [{"multiply_adds": cost, "x %": value} for cost, value in ((2, 10.0), (1, 4.0), (2, 20.0))]
    assert compare.mean_by_cost(rows, "x %") == {1: 4.0, 2: 15.0}


def test_architectures_are_compared_at_one_size() -> None:
    found = compare.architectures(6e6, seeds=2)
    assert len(found) == 6
    assert {experiment.seed for experiment in found} == {0, 1}
    sizes = {one.model: multiply_adds(build(one.model, Size(one.width, one.depth))) for one in found}
    assert set(sizes) == {"ctc-rows", "ctc", "slots"}
    assert all(4e6 < size < 8e6 for size in sizes.values())


def test_a_training_is_started_or_gone_on_with(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    called: list[list[str]] = []
    code = [0, 0, 130, 2]

    def start(line: list[str], check: bool) -> subprocess.CompletedProcess[str]:
        called.append(line)
        return subprocess.CompletedProcess(line, code[len(called) - 1])

    monkeypatch.setattr(subprocess, "run", start)
    folder = tmp_path / "one"
    compare.train(EXPERIMENTS[0], folder, ["--hours", "1"])
    assert called[0][0] == sys.executable
    assert called[0][3:8] == ["plate", "--model", "ctc", "--width", "0.5"]
    folder.mkdir()
    (folder / "checkpoint.npz").touch()
    compare.train(EXPERIMENTS[0], folder, [])
    assert called[1][3:] == ["plate", "--resume", "--out", str(folder)]
    with pytest.raises(KeyboardInterrupt):
        compare.train(EXPERIMENTS[0], folder, [])
    with pytest.raises(DataError, match="code 2"):
        compare.train(EXPERIMENTS[0], folder, [])


def test_drawings_are_made_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compare, "Settings", type("S", (), {"shard": 4, "workers": 1}))
    compare.render(small_store(tmp_path), 2)
    assert len(list(small_store(tmp_path).folder.iterdir())) >= 2


def test_a_damaged_report_is_named(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "one/report.json").write_text("{}")
    with pytest.raises(DataError, match=r"report\.json"):
        compare.write(tmp_path)


def test_trainings_are_equally_long_in_hours_or_in_steps() -> None:
    given = ["sizes", "--out", "runs/sizes", "--hours", "2"]
    assert compare.length(compare.parse(given)) == ["--hours", "2.0"]
    assert compare.length(compare.parse([*given, "--steps", "500"])) == ["--steps", "500"]
