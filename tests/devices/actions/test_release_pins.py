"""Pins are set inactive after a kill, by a program of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from gpiozero import Device
from gpiozero.pins.mock import MockFactory

from plate_devices.cli.release_pins import command
from plate_runtime.errors import UsageError


@pytest.fixture
def factory() -> Iterator[MockFactory]:
    before, made = Device.pin_factory, MockFactory()
    Device.pin_factory = made
    yield made
    made.reset()
    Device.pin_factory = before


def rows(name: str, pin: int, more: str = "") -> str:
    return f'[[action]]\ntype = "gpio"\nname = "{name}"\nlists = ["any"]\npin = {pin}\n{more}\n'


def test_pins_are_inactive_and_released(
    factory: MockFactory, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "gate.toml"
    other = '[[action]]\ntype = "fake"\nname = "bell"\nlists = ["any"]\n'
    path.write_text(
        rows("gate", 17) + rows("barrier", 27, "active_low = true") + rows("trial", 5, "simulate = true") + other
    )
    levels: dict[int, list[bool]] = {17: [], 27: []}
    for number, seen in levels.items():
        pin = factory.pin(number)
        pin.function = "output"
        pin.state = number == 17  # active, as a killed process left it
        pin._change_state = lambda value, seen=seen, before=pin._change_state: seen.append(bool(value)) or before(value)
    assert command([str(path)]) == 0
    assert capsys.readouterr().out == "gate: pin 17 is inactive\nbarrier: pin 27 is inactive\n"
    assert (levels[17][0], levels[27][0]) == (False, True)
    assert {factory.pin(number).function for number in levels} == {"input"}
    assert len(factory.pins) == 2, "no pin of a simulation"


def test_pin_that_cannot_be_set(factory: MockFactory, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "gate.toml").write_text(rows("far", 900) + rows("gate", 17))
    assert command([str(tmp_path / "gate.toml")]) == 4
    far, gate = capsys.readouterr().out.splitlines()
    assert far.startswith("far: pin 900 cannot be used")
    assert gate == "gate: pin 17 is inactive"


def test_wrong_use() -> None:
    for arguments in ([], ["--help"], ["a", "b"]):
        with pytest.raises(UsageError, match="usage"):
            command(arguments)
