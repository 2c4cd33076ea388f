"""A selection of changed files of every kind; `python -m fuzz` reads as many as time allows."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from fuzz.judge import judge, memory
from fuzz.kinds import KINDS

SLOW = {"h5": 2, "video": 8, "camera": 10, "queue": 5, "web-server": 10, "mqtt-broker": 10}
"""Kinds that take longer: how many of each are read."""


@pytest.mark.parametrize("name", KINDS)
def test_changed_files_are_read_or_refused(name: str, tmp_path: Path) -> None:
    kind = KINDS[name]
    seeds, at_rest = kind.seeds(), memory("VmRSS")
    path = tmp_path / f"changed{kind.suffix}"
    for number in range(SLOW.get(name, 40)):
        rng = random.Random(f"{name} {number}")
        path.write_bytes(kind.mutate(rng.choice(seeds), rng))
        verdict = judge(kind, path, at_rest)
        assert not verdict.what, verdict


@pytest.mark.parametrize("name", KINDS)
def test_sound_files_are_read(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Changes would find nothing if what they begin with were refused already."""
    refused: list[str] = []

    def note(read: object) -> None:
        try:
            read()  # type: ignore[operator]
        except Exception as error:
            refused.append(str(error))

    monkeypatch.setattr("fuzz.kinds.refused_or_read", note)
    seeds, checks = KINDS[name].seeds(), 0
    for number, content in enumerate(seeds):
        path = tmp_path / f"{number}{KINDS[name].suffix}"
        path.write_bytes(content)
        KINDS[name].check(path)
        checks += 1
    assert len(refused) < MOST_CHECKS.get(name, 1) * checks, refused


MOST_CHECKS = {"run-settings": 3, "checkpoint": 2, "report": 2, "labels": 2}
"""How many readers each file is given to: a kind may hold several formats, each for one reader."""
