"""A search first, several seeds, and scoring what was trained."""

from __future__ import annotations

import json
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from receivers.broker import free_port
from small_plates import small_settings, small_store, write_crops

from plate_runtime.errors import DataError, ModelError, UsageError
from plate_train import score_h5
from plate_train.loop.shared_search import Address
from plate_train.networks import weights_file
from plate_train.plates import search
from plate_train.plates.session import session
from plate_train.plates.settings import Settings

SEARCHED = {"steps": 4, "trials": 2, "trial_steps": 4, "most_multiply_adds": 6.0, "shard": 32}


def quiet(_line: str) -> None:
    pass


def test_a_search_chooses_size_and_rate_within_the_limit(tmp_path: Path) -> None:
    session(small_settings(**SEARCHED), tmp_path / "run", small_store(tmp_path), say=quiet)
    found = json.loads((tmp_path / "run/search.json").read_text())
    assert [row["number"] for row in found["trials"]] == ["0", "1"]
    assert all(1.8e6 <= row["multiply_adds"] <= 6e6 for row in found["trials"])
    best = found["trials"][int(found["best"])]
    assert best["score"] == max(row["score"] for row in found["trials"])
    meta = weights_file.read_meta(tmp_path / "run/model.h5")
    assert meta is not None and meta.name == "run"
    assert meta is not None
    assert meta.training["multiply_adds"] == best["multiply_adds"]
    assert meta.training["step"] == 4


def test_a_search_that_broke_off_goes_on_without_repeating(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    trained = search.train

    def broken(settings: Settings, folder: Path, *arguments: object, **options: object) -> object:
        if folder.name == "1":
            raise DataError("the disk went away")
        return trained(settings, folder, *arguments, **options)  # type: ignore[arg-type]

    settings, run = small_settings(**SEARCHED), tmp_path / "run"
    monkeypatch.setattr(search, "train", broken)
    with pytest.raises(DataError, match="went away"):
        session(settings, run, small_store(tmp_path), say=told.append)
    with pytest.raises(UsageError, match="--resume"):
        session(settings, run, small_store(tmp_path))
    monkeypatch.setattr(search, "train", trained)
    session(settings, run, small_store(tmp_path), resume=True, say=told.append)
    assert sum(line.startswith("trial 0:") for line in told) == 1
    assert (run / "report.json").exists()


def test_a_worker_trains_the_trials_of_a_chief(tmp_path: Path) -> None:
    chief, settings = Address("127.0.0.1", free_port()), small_settings(**SEARCHED | {"trials": 1, "trial_steps": 2})
    found: list[Settings] = []

    def serve() -> None:
        found.append(search.search(settings, tmp_path, small_store(tmp_path), resume=False, chief=chief, say=quiet))

    serving = threading.Thread(target=serve)
    serving.start()
    of_this_host = replace(settings, name="worker", threads=1, trials=0, drawings="elsewhere")
    search.help_search(of_this_host, tmp_path / "worker", small_store(tmp_path), chief=chief, say=quiet)
    serving.join(60.0)
    (trial,) = json.loads((tmp_path / "search.json").read_text())["trials"]
    assert trial["size"] == f"{found[0].width}x{found[0].depth}"
    assert (tmp_path / "worker/trials/0/checkpoint.npz").is_file()


def test_no_size_within_the_limit_is_wrong_use() -> None:
    with pytest.raises(UsageError, match="most-multiply-adds"):
        search.sizes("ctc-rows", 1e5)


def test_seeds_share_their_drawings_and_the_first_is_kept(tmp_path: Path) -> None:
    session(small_settings(steps=4, shard=32, seeds=2, seed=3), tmp_path / "run", small_store(tmp_path), say=quiet)
    report = json.loads((tmp_path / "run/report.json").read_text())
    assert list(report["seeds"]) == ["seed-3", "seed-4"]
    assert {part["training"]["drawing_seed"] for part in report["seeds"].values()} == {3}
    assert report["folded"]["drawn"]["max"] >= report["folded"]["drawn"]["min"]
    kept = (tmp_path / "run/model.h5").read_bytes()
    assert kept == (tmp_path / "run/seed-3/model.h5").read_bytes() != (tmp_path / "run/seed-4/model.h5").read_bytes()
    with pytest.raises(UsageError, match="already"):
        session(small_settings(), tmp_path / "run", small_store(tmp_path))
    _scored(tmp_path)


def _scored(tmp_path: Path) -> None:
    crops = write_crops(tmp_path / "crops", 6) / "labels.csv"
    for model in (tmp_path / "run", tmp_path / "run/model.h5"):
        assert score_h5.command([str(model), str(crops), "--json", "--sheet", str(tmp_path)]) == 0
    assert (tmp_path / "misread-crops.png").is_file()
    with pytest.raises(UsageError, match="name at least one model"):
        score_h5.command([str(crops)])


def test_other_models_are_not_scored(tmp_path: Path) -> None:
    from plate_train.characters import architectures

    weights_file.save(architectures.baseline(), tmp_path / "character.h5", weights_file.ModelMeta())
    with pytest.raises(ModelError, match="whole plates"):
        score_h5.load(tmp_path / "character.h5")
