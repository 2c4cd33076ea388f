"""Whole runs on small scenes: interrupted and gone on with, and what they leave behind."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from small_scenes import small_run, small_settings, small_store, write_frames

from plate_runtime.errors import DataError, UsageError
from plate_train import score_h5
from plate_train.detector import recorded
from plate_train.detector.architectures import Size, build
from plate_train.detector.options import read_settings
from plate_train.detector.run import run
from plate_train.detector.settings import Settings
from plate_train.loop import checkpoint
from plate_train.networks import weights_file
from plate_train.networks.multiply_adds import multiply_adds

QUIET = {"say": lambda _line: None}


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that nothing disturbed; not to be changed."""
    folder = tmp_path_factory.mktemp("runs") / "whole"
    watch = write_frames(folder.parent / "gate", 2)
    run(small_settings(watch=(str(watch),)), folder, small_store(folder.parent / "drawings"), **QUIET)  # type: ignore[arg-type]
    return folder


def test_a_set_that_is_missing_is_named_before_anything_is_rendered(tmp_path: Path) -> None:
    settings = small_settings(watch=(str(tmp_path / "labels.csv"),))
    with pytest.raises(DataError, match=r"labels\.csv"):
        run(settings, tmp_path / "run", small_store(tmp_path / "drawings"), **QUIET)  # type: ignore[arg-type]
    assert not list(tmp_path.iterdir())


def test_interrupted_and_gone_on_with_is_never_interrupted(
    finished: Path, tmp_path: Path, environment: dict[str, str]
) -> None:
    folder = tmp_path / "cut"
    ends = f"from signalled_steps import signal_before; signal_before(5, {signal.SIGINT.value})"
    program = f"{ends}\nfrom small_scenes import small_run; small_run({str(folder)!r})"
    first = subprocess.run(
        [sys.executable, "-c", program], env=environment, stderr=subprocess.PIPE, text=True, check=False, timeout=300
    )
    assert first.stderr.count("Traceback") <= 1
    assert 0 < checkpoint.load(folder)[0].step < 12
    small_run(str(folder), resume=True)
    whole, cut = (checkpoint.load(path)[1] for path in (finished, folder))
    assert all(np.array_equal(one, other) for one, other in zip(whole, cut, strict=True))


def test_a_finished_run_leaves_everything(finished: Path) -> None:
    names = {path.name for path in finished.iterdir()}
    assert names >= {
        "model.h5",
        "report.json",
        "log.jsonl",
        "settings.json",
        "learning_curves.png",
        "failures-gate.png",
    }
    report = json.loads((finished / "report.json").read_text())
    assert report["scores"]["drawn"]["plates"] == 6
    assert report["scores"]["gate"]["frames"] == 2
    meta = weights_file.read_meta(finished / "model.h5")
    assert meta is not None
    assert meta.name == finished.name
    assert (meta.kind, meta.decoding, meta.strides, meta.alphabet) == ("detector", "corners", (8, 16, 32), "")
    assert meta.input.resize == "fit"
    assert meta.thresholds == {"min_detection": report["threshold"]}
    assert "gate" not in json.dumps(meta.training["settings"])


def test_recorded_scenes_are_drawn_again(finished: Path, tmp_path: Path) -> None:
    meta = weights_file.read_meta(finished / "model.h5")
    assert meta is not None
    render = small_store(tmp_path).render
    scenes, digest = recorded.validation_scenes(meta, render)
    assert (len(scenes), digest) == (6, meta.training["sets"]["val"]["digest"])
    assert [len(plates) for plates in scenes.plates] == [1] * 6
    assert len(recorded.training_scenes(meta, 4, render)) == 4
    with pytest.raises(DataError, match="other scenes"):
        recorded.validation_scenes(meta, lambda seed, number, *more, **named: render(seed + 1, number, *more, **named))


def test_what_another_generator_draws_counts_from_the_running_round_on(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    run(small_settings(steps=8), folder, small_store(tmp_path), **QUIET)  # type: ignore[arg-type]
    longer = read_settings(folder).resumed({"steps": 14})
    run(longer, folder, small_store(tmp_path, "e" * 64), resume=True, retime=True, **QUIET)  # type: ignore[arg-type]
    state = checkpoint.load(folder)[0]
    assert state.generators == [("d" * 64, 0), ("e" * 64, 1)]
    assert state.step == 14


def test_a_run_of_another_size_is_not_gone_on_with(finished: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="another network"):
        run(small_settings(width=0.5, start=str(finished / "model.h5")), tmp_path / "x", small_store(tmp_path))
    with pytest.raises(UsageError, match="validation set"):
        Settings(seed=900_001)


def test_the_network_stays_within_its_budget_and_answers_for_every_cell() -> None:
    model = build()
    assert model.output_shape == (None, 5040, 9)
    assert multiply_adds(model) < 200e6
    assert multiply_adds(build(Size(0.8))) < 130e6
    sure = 1 / (1 + np.exp(-np.asarray(build(Size(0.25, 0))(np.random.rand(1, 384, 640, 1)))[..., 0]))
    assert sure.max() < 0.2


def test_a_run_is_scored_on_frames_with_a_sheet(
    finished: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    labels = write_frames(tmp_path / "yard", 2)
    assert score_h5.command([str(finished), str(labels), "--json", "--sheet", str(tmp_path / "sheets")]) == 0
    row = json.loads(capsys.readouterr().out)
    assert (row["frames"], row["plates"], row["step"]) == (2, 2, 12)
    assert (tmp_path / "sheets/failures-yard.png").exists()
