"""A selection of changed files of every kind; `python -m fuzz` reads as many as time allows."""

from __future__ import annotations

from pathlib import Path

import pytest

from fuzz.__main__ import run
from fuzz.kinds import KINDS

SLOW = {"h5": 2, "tflite-graph": 3, "onnx-graph": 3}
"""Kinds that start a process for each file."""


@pytest.mark.parametrize("name", KINDS)
def test_changed_files_are_read_or_refused(name: str, tmp_path: Path) -> None:
    assert run(name, KINDS[name], 1, SLOW.get(name, 40), tmp_path) == 0


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
