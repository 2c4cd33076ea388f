"""The sets that come with the package: whole, small, and enough to export what ships without fonts and npm."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from pathlib import Path

import pytest
from pack_check_sets import COUNTS

from plate_export.check_sets import packaged
from plate_export.check_sets.load_check_set import load_check_set
from plate_export.check_sets.packaged import SETS, is_shipped, load_packaged, real_results
from plate_export.source import Source, find_models, open_source
from plate_runtime.errors import DataError
from plate_runtime.model_file import read_model_file
from plate_runtime.shipped import NAMES
from plate_train.networks import weights_file

MOST_BYTES = 2_000_000


def _shipped(kind: str) -> Source:
    return open_source(weights_file.find({"character": "plate-character", "plate": "plate-reader"}[kind]))


def test_the_sets_are_small() -> None:
    assert sum(path.stat().st_size for path in SETS.iterdir()) <= MOST_BYTES


@pytest.mark.parametrize("kind", ["character", "plate"])
def test_a_set_is_of_the_network_that_ships(kind: str) -> None:
    source = _shipped(kind)
    assert is_shipped(source.digest)
    listed = json.loads((SETS / f"{kind}.json").read_text())
    assert listed["h5_sha256"] == source.digest, "run: python tools/pack_check_sets.py " + kind
    found = load_packaged(source.meta)
    assert (len(found.train), len(found.val)) == COUNTS[kind]
    assert found.synthetic and found.val.pictures.shape[1:] == source.meta.input.shape[:2]
    assert set("".join(found.val.texts)) <= set(source.meta.alphabet)
    assert found.name == f"{listed['name']}/val"


def test_a_damaged_set_is_one_clear_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packaged, "SETS", tmp_path)
    meta = _shipped("plate").meta
    with pytest.raises(DataError, match="missing or damaged"):
        load_packaged(meta)
    (tmp_path / "plate.json").write_bytes((SETS / "plate.json").read_bytes())
    (tmp_path / "plate.webp").write_bytes((SETS / "plate.webp").read_bytes()[:-1])
    with pytest.raises(DataError, match=r"plate\.webp is damaged"):
        load_packaged(meta)


def test_results_of_real_sets_are_those_of_the_benchmarks(repository: Path) -> None:
    with (repository / "benchmarks" / "results" / "plates.csv").open(newline="") as stream:
        rows = [row for row in csv.DictReader(stream) if row["reader"] == f"{NAMES['plate']}.tflite in litert"]
    wanted = [(row["set"], int(row["folded"]), int(row["count"])) for row in rows]
    assert real_results(_shipped("plate").meta) == wanted != []
    assert "characters-india/val" in {name for name, _, _ in real_results(_shipped("character").meta)}


def test_the_detector_says_what_it_needs() -> None:
    source = open_source(weights_file.find("plate-detector"))
    with pytest.raises(DataError, match="frames: name a folder with --data DIR") as caught:
        load_check_set(source.meta, None, 360, shipped=is_shipped(source.digest))
    assert "plate-train fonts" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_first_command_works_without_fonts_and_npm(tmp_path: Path, environment: dict[str, str]) -> None:
    assert len(find_models(None, None, tmp_path / "runs")) == 2
    bare = environment | {"PATH": str(tmp_path), "PLATE_EDGE_FONTS": str(tmp_path / "fonts"), "HOME": str(tmp_path)}
    command = [sys.executable, "-m", "plate_export.command", "--int8"]
    ended = subprocess.run(command, cwd=tmp_path, env=bare, capture_output=True, text=True, timeout=570, check=False)
    assert ended.returncode == 0, ended.stderr
    models = sorted(path.name for path in (tmp_path / "exports").glob("*.tflite"))
    assert models == [f"{NAMES['character']}.tflite", f"{NAMES['plate']}.tflite"]
    assert ended.stdout.count("the check set comes with the package") == 2
    name, right, count = real_results(_shipped("plate").meta)[0]
    assert f"{name} {right} of {count}" in ended.stdout
    assert not (tmp_path / "fonts").exists()
    for name in models:
        scores = read_model_file(tmp_path / "exports" / name).manifest.scores
        assert {score.set.partition("-")[0] for score in scores} == {"packaged"}
