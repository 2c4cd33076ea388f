"""A selection of changed files of every kind; `python -m fuzz` reads as many as time allows."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from crashing_models import crashing_model

import fuzz.kinds
from fuzz import device_kinds, media_kinds, output_kinds, training_kinds
from fuzz.base import InterpreterDied, Kind
from fuzz.judge import MOST_MEMORY, judge, memory
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

    for module in (device_kinds, fuzz.kinds, media_kinds, output_kinds, training_kinds):
        monkeypatch.setattr(module, "refused_or_read", note)
    seeds, checks = KINDS[name].seeds(), 0
    for number, content in enumerate(seeds):
        path = tmp_path / f"{number}{KINDS[name].suffix}"
        path.write_bytes(content)
        KINDS[name].check(path)
        checks += 1
    assert len(refused) < MOST_CHECKS.get(name, 1) * checks, refused


MOST_CHECKS = {
    "run-settings": 3, "checkpoint": 2, "report": 2, "labels": 2, "picture": 2, "tiff": 2, "web-server": 3,
    "mqtt-broker": 2,
}  # fmt: skip
"""How many readers each file is given to: a kind may hold several formats, each for one reader."""


def test_what_is_a_finding(tmp_path: Path) -> None:
    def verdict(check: Callable[[Path], object]) -> tuple[str, bool]:
        kind = Kind(".x", list, lambda content, rng: content, lambda path: check(path) and None)
        found = judge(kind, tmp_path, memory("VmRSS"))
        return found.what, found.aborted

    def fails(path: Path) -> None:
        raise ValueError

    def dies(path: Path) -> None:
        raise InterpreterDied

    def in_a_thread(path: Path) -> None:
        thread = threading.Thread(target=fails, args=(path,))
        thread.start()
        thread.join()

    assert verdict(lambda path: 1) == ("", False)
    assert verdict(fails) == verdict(in_a_thread) == ("traceback", False)
    assert verdict(dies) == ("", True)
    assert verdict(lambda path: bytes(1000) * ((MOST_MEMORY + 50) << 10)) == ("memory", False)


def test_an_interpreter_that_dies_is_counted(tmp_path: Path) -> None:
    verdict = judge(KINDS["tflite-graph"], crashing_model(tmp_path), memory("VmRSS"))
    assert verdict.aborted and not verdict.what
