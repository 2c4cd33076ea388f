"""Whole runs on small drawings: interrupted and gone on with, fine-tuned, and what they leave behind."""

from __future__ import annotations

import json
import signal
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from small_plates import small_settings, small_shard, small_store, write_crops

from plate_runtime.errors import DataError, ModelError, UsageError
from plate_runtime.manifest import InputSpec
from plate_train.loop import checkpoint, lock
from plate_train.loop.run_files import unfinished_run
from plate_train.loop.shards import Advance, Store
from plate_train.loop.training import normalised
from plate_train.networks import weights_file
from plate_train.plates.options import read_settings
from plate_train.plates.run import _blend, run
from plate_train.plates.settings import new_settings
from plate_train.synthetic.plates.spec import PLATE_SPEC

Start = Callable[..., Any]


def arrays(folder: Path) -> list[np.ndarray]:
    return checkpoint.load(folder)[1]


def log(folder: Path) -> list[dict[str, Any]]:
    rows = [json.loads(line) for line in (folder / checkpoint.LOG).read_text().splitlines()]
    return [{name: value for name, value in row.items() if name not in ("seconds", "hours")} for row in rows]


def first_two_shards(
    seed: int, number: int, count: int, spec: InputSpec, part: str, *, advance: Advance
) -> tuple[NDArray[np.uint8], list[str]]:
    if number > 1:
        raise ValueError("no more")
    return small_shard(seed, number, count, spec, part, advance=advance)


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that nothing disturbed; not to be changed."""
    folder = tmp_path_factory.mktemp("runs") / "whole"
    run(small_settings(), folder, small_store(folder.parent / "drawings"), say=lambda _line: None)
    return folder


@pytest.mark.parametrize("way", [signal.SIGKILL, signal.SIGINT])
def test_interrupted_and_gone_on_with_is_never_interrupted(
    way: signal.Signals, finished: Path, tmp_path: Path, small_training: Start
) -> None:
    folder = tmp_path / "cut"
    first = small_training(folder, f"from signalled_steps import signal_before; signal_before(9, {way.value})")
    output, errors = first.communicate(timeout=300)
    assert first.returncode != 0, output + errors
    assert 0 < checkpoint.load(folder)[0].step < 24
    second = small_training(folder, resume=True)
    assert second.communicate(timeout=300)[1].count("Traceback") == 0
    assert second.returncode == 0
    assert all(np.array_equal(one, other) for one, other in zip(arrays(finished), arrays(folder), strict=True))
    assert log(folder) == log(finished)
    assert checkpoint.load(folder)[0].pieces == 2


def test_a_finished_run_leaves_everything(finished: Path) -> None:
    names = {path.name for path in finished.iterdir()}
    assert names >= {"model.h5", "report.json", "log.jsonl", "settings.json", "learning_curves.png", "reliability.png"}
    report = json.loads((finished / "report.json").read_text())
    assert report["scores"]["drawn"]["count"] == 32
    meta = weights_file.read_meta(finished / "model.h5")
    assert meta is not None
    assert meta.name == finished.name
    assert (meta.kind, meta.decoding, meta.steps, meta.input.contrast) == ("plate", "ctc", 80, "standardise")
    assert meta.temperature == report["temperature"]
    assert meta.training["step"] == 24
    assert meta.training["font_licences"] == ["MIT-CMU"]
    assert len(meta.training["sets"]["val"]["digest"]) == 64


def test_kept_weights_are_the_averaged_ones(finished: Path) -> None:
    kept = [weight for weight in weights_file.load(finished / "model.h5").get_weights() if weight.ndim == 4]
    stored = [array for array in arrays(finished) if array.ndim == 4]
    # of each kernel there are the raw one, the average and the optimizer's two moments
    assert all(any(np.array_equal(weight, array) for array in stored[len(kept) : 2 * len(kept)]) for weight in kept)


def test_what_another_generator_draws_counts_from_the_running_round_on(finished: Path, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    run(small_settings(steps=12), folder, small_store(tmp_path), say=lambda _line: None)
    longer = read_settings(folder).resumed({"steps": 20})
    run(longer, folder, small_store(tmp_path, "e" * 64), resume=True, retime=True, say=lambda _line: None)
    state = checkpoint.load(folder)[0]
    assert state.generators == [("d" * 64, 0), ("e" * 64, 1)]
    assert state.step == 20


def test_hours_end_a_run(tmp_path: Path) -> None:
    settings = small_settings(steps=None, hours=4 / 3600)
    run(settings, tmp_path / "run", small_store(tmp_path), say=lambda _line: None)
    state = checkpoint.load(tmp_path / "run")[0]
    assert state.total == state.step
    assert state.step > 12


def test_own_crops_are_learnt_from_a_network_that_was(finished: Path, tmp_path: Path) -> None:
    crops = write_crops(tmp_path / "crops", 40)
    given = {
        "data": str(crops),
        "start": str(finished / "model.h5"),
        "steps": 6,
        "mix": 0.5,
        "shard": 32,
        "batch": 16,
        "threads": 1,
    }
    settings = new_settings(given | {"validation": 16, "workers": 1})
    assert (settings.width, settings.depth) == (0.15, 1)
    folder = tmp_path / "own"
    lines: list[str] = []
    run(settings, folder, small_store(tmp_path), say=lines.append)
    state = checkpoint.load(folder)[0]
    assert [step for step, _ in state.curve] == [1, 2, 3, 4, 5, 6]
    assert [row["step"] for row in state.history] == [6]  # the round that the end cut short is scored, too
    epochs = [line for line in lines if line.startswith("epoch ")]
    assert epochs[0].startswith("epoch 1, step 4 of 6, loss ")
    assert all(line.endswith(" left") for line in (*epochs, next(line for line in lines if "round 1" in line)))
    report = json.loads((folder / "report.json").read_text())
    assert set(report["before"]) == set(report["scores"]) == {"drawn", "own"}
    record = report["training"]
    assert record["own"]["name"] == "crops"
    assert str(tmp_path) not in json.dumps(record)
    assert record["start"]["training"]["step"] == 24
    old, new = (weights_file.load(one / "model.h5") for one in (finished, folder))
    for before, after in zip(normalised(old), normalised(new), strict=True):
        np.testing.assert_array_equal(before.moving_mean.numpy(), after.moving_mean.numpy())
    assert not np.array_equal(old.trainable_weights[0].numpy(), new.trainable_weights[0].numpy())


def test_a_network_that_went_on_is_moved_back_a_part_of_the_way(finished: Path) -> None:
    settings = new_settings({"data": "x", "start": str(finished / "model.h5"), "blend": 0.25})
    network = weights_file.load(finished / "model.h5")
    before = network.get_weights()
    network.set_weights([values + 1 for values in before])
    _blend(SimpleNamespace(average=network), settings)
    for old, new in zip(before, network.get_weights(), strict=True):
        np.testing.assert_allclose(new, old + 0.25, atol=1e-5)


def test_a_generator_that_fails_does_not_cost_what_was_trained(tmp_path: Path) -> None:
    store = Store(tmp_path / "drawings", "f" * 64, first_two_shards, PLATE_SPEC)
    with pytest.raises(DataError, match="no more"):
        run(small_settings(), tmp_path / "run", store, say=lambda _line: None)
    assert checkpoint.load(tmp_path / "run")[0].step == 16  # two rounds of eight steps


def test_a_folder_is_used_once(finished: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="finished"):
        run(small_settings(), finished, small_store(tmp_path))
    with pytest.raises(UsageError, match="no run"):
        run(small_settings(), tmp_path / "none", small_store(tmp_path), resume=True)
    with pytest.raises(UsageError, match="no unfinished"):
        unfinished_run(finished.parent, "plate")


def test_a_damaged_checkpoint_is_named(tmp_path: Path) -> None:
    checkpoint.save(tmp_path, checkpoint.State(generators=[("d", 0)]), [np.zeros(9)])
    assert checkpoint.load(tmp_path)[0].generators == [("d", 0)]
    for damaged in (b"", b"no zip", (tmp_path / checkpoint.FILE).read_bytes()[:200]):
        (tmp_path / checkpoint.FILE).write_bytes(damaged)
        with pytest.raises(DataError, match="no complete checkpoint"):
            checkpoint.load(tmp_path)


def test_two_processes_never_train_in_one_folder(tmp_path: Path) -> None:
    with (
        lock.alone(tmp_path),
        pytest.raises(UsageError, match="another process"),
    ):
        run(small_settings(), tmp_path, small_store(tmp_path))
    with lock.alone(tmp_path):
        pass


def test_a_run_that_never_got_anywhere_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        run(small_settings(width=9.0), tmp_path / "run", small_store(tmp_path))
    assert not (tmp_path / "run").exists()


def test_a_set_that_is_missing_is_named_before_anything_is_rendered(tmp_path: Path) -> None:
    settings = small_settings(watch=(str(tmp_path / "labels.csv"),))
    with pytest.raises(DataError, match=r"labels\.csv"):
        run(settings, tmp_path / "run", small_store(tmp_path / "drawings"))
    assert not list(tmp_path.iterdir())


def test_only_networks_of_this_command_are_gone_on_with(tmp_path: Path) -> None:
    from plate_train.characters import architectures

    weights_file.save(architectures.baseline(), tmp_path / "character.h5", weights_file.ModelMeta())
    with pytest.raises(ModelError, match="plate-train plate"):
        new_settings({"start": str(tmp_path / "character.h5")})
