"""Profiles are whole, and found by what a board calls itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from plate_devices.board import Board
from plate_devices.config.profiles.board_profile import load_profile, name_for, names
from plate_runtime.errors import UsageError
from plate_runtime.shipped import named_model


@pytest.mark.parametrize("name", ["pi-zero-2w", "pi-3", "pi-4", "pi-5", "cpu"])
def test_each_profile_keeps_its_own_promise(name: str) -> None:
    profile = load_profile(name)
    assert profile.budget_ms <= 1000 / profile.fps
    assert all(named_model(model).is_file() for model in profile.models)
    assert name in names()


@pytest.mark.parametrize(
    ("model", "name"),
    [
        ("Raspberry Pi Zero 2 W Rev 1.0", "pi-zero-2w"),
        ("Raspberry Pi 3 Model B Plus Rev 1.3", "pi-3"),
        ("Raspberry Pi 4 Model B Rev 1.5", "pi-4"),
        ("Raspberry Pi Compute Module 4 Rev 1.0", "pi-4"),
        ("Raspberry Pi 5 Model B Rev 1.0", "pi-5"),
        ("Raspberry Pi 2 Model B Rev 1.1", "cpu"),
        ("Radxa ROCK 3A", "cpu"),
    ],
)
def test_a_board_is_known_by_its_name(tmp_path: Path, model: str, name: str) -> None:
    tree = tmp_path / "proc" / "device-tree"
    tree.mkdir(parents=True)
    (tree / "model").write_text(f"{model}\0")
    assert name_for(Board(tmp_path)) == name
    assert load_profile("auto", Board(tmp_path)) == load_profile(name)


def test_a_machine_without_a_name_is_a_cpu(tmp_path: Path) -> None:
    assert name_for(Board(tmp_path)) == "cpu"


def test_an_unknown_profile_is_refused() -> None:
    with pytest.raises(UsageError, match="profiles are auto, cpu, pi-3"):
        load_profile("../pi-3")
