"""The detector and the reader of frames that ship, on real frames: what plate-eval counts of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from plate_devices.cli.evaluate import command


@pytest.fixture
def count(shared_data: Path, repository: Path, capsys: pytest.CaptureFixture[str]) -> Any:
    """count("frames-romania") -> what plate-eval --json says, with what was looked at."""

    def run(name: str) -> dict[str, Any]:
        reviewed = repository / "benchmarks" / "labels" / "frames-reviewed.csv"
        line = ["--as", "frame", "--data", str(shared_data / name), "--reviewed", str(reviewed), "--json"]
        assert command(line) == 0
        return dict(json.loads(capsys.readouterr().out))

    return run


def test_plates_at_night_are_found_and_read(count: Any) -> None:
    found = count("frames-romania")
    wide = [row for row in found["widths"] if row["from"] >= 80]
    assert sum(row["found"] for row in wide) >= 0.95 * sum(row["plates"] for row in wide)
    for kind in (found, found["pictures"], found["vehicles"]):
        assert kind["exact"] >= 0.9 * kind["count"]
    assert found["false_plates"] <= 0.05 * found["frames"]


def test_tilted_plates_in_streets_are_found(count: Any) -> None:
    found = count("frames-china")
    assert found["found"] >= 0.92 * found["plates"]
    assert found["false_plates"] <= 0.05 * found["frames"]


@pytest.mark.parametrize("name", ["frames-romania", "frames-china"])
def test_every_detection_outside_the_labels_was_looked_at(count: Any, name: str) -> None:
    assert not [one for one in count(name)["outside"] if not one["reviewed"]]
