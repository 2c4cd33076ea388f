"""Pins, with gpiozero's mock: inactive at the start, after each pulse and at the end, also after a kill."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from action_helpers import occasion
from device_helpers import until
from gpiozero import Device
from gpiozero.pins.mock import MockFactory

from plate_devices.actions.action import ActionError
from plate_devices.actions.gpio import _PINS, GpioAction, GpioSettings, keeps_level_after_kill


@pytest.fixture
def factory() -> Iterator[MockFactory]:
    before, made = Device.pin_factory, MockFactory()
    Device.pin_factory = made
    yield made
    assert not _PINS
    made.reset()
    Device.pin_factory = before


def action(**given: Any) -> GpioAction:
    values: dict[str, Any] = {"name": "gate", "lists": ("family",), "pin": 17, "pulse": 0.1}
    return GpioAction(GpioSettings(**(values | given)))


@pytest.mark.parametrize("active_low", [False, True])
def test_pulse(factory: MockFactory, active_low: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    gate = action(active_low=active_low)
    assert not gate.active
    gate.open()
    pin = factory.pin(17)
    assert bool(pin.state) is active_low, "inactive"
    before, wait, waits = len(pin.states), gate._stopped.wait, []
    monkeypatch.setattr(gate._stopped, "wait", lambda seconds: waits.append((gate.active, seconds)) or wait(seconds))
    gate.fire(occasion())
    changes = pin.states[before:]
    assert [bool(one.state) for one in changes] == [not active_low, active_low]
    assert waits == [(True, 0.1)] and changes[1].timestamp >= 0.1
    gate.close()
    gate.close()
    assert pin.function == "input"


def test_actions_share_a_pin(factory: MockFactory) -> None:
    one, two = action(), action(name="couriers", pin="GPIO17")
    one.open()
    two.open()
    one.close()
    two.fire(occasion())
    two.close()
    other = action(active_low=True)
    one.open()
    with pytest.raises(ActionError, match="another active_low"):
        other.open()
    one.close()


def long_pulse(gate: GpioAction, results: list[str]) -> threading.Thread:
    """Start a pulse in a thread and wait until the pin is active. It lasts until it is interrupted."""
    stopped = gate._stopped
    gate._stopped = cast(Any, SimpleNamespace(wait=lambda _seconds: stopped.wait(60), set=stopped.set))
    thread = threading.Thread(target=lambda: results.append(gate.fire(occasion())))
    thread.start()
    until(lambda: gate.active)
    return thread


def test_no_pulse_waits_for_another_one_on_its_pin(factory: MockFactory) -> None:
    """It would come up to ten seconds late, for another vehicle."""
    gate, other = action(pulse=5.0), action(name="couriers")
    gate.open()
    other.open()
    thread = long_pulse(gate, [])
    with pytest.raises(ActionError, match="pin 17 is active for another action"):
        other.fire(occasion())
    assert gate.active
    gate.interrupt()
    thread.join()
    other.fire(occasion())
    other.close()
    gate.close()


def test_closing_an_action_leaves_the_pulse_of_another_on_its_pin(factory: MockFactory) -> None:
    gate, other = action(pulse=5.0), action(name="couriers")
    gate.open()
    other.open()
    thread = long_pulse(gate, [])
    other.close()
    assert gate.active
    gate.interrupt()
    thread.join()
    assert not gate.active
    gate.close()


def test_stop_cuts_the_pulse_short(factory: MockFactory) -> None:
    gate = action(pulse=5.0)
    gate.open()
    results: list[str] = []
    thread = long_pulse(gate, results)
    gate.interrupt()
    thread.join()
    assert not gate.active
    assert "cut short" in results[0]
    gate.close()


def test_failing_pin_is_released_and_reported(factory: MockFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    gate = action()
    gate.open()
    pin = factory.pin(17)

    def broken(*_: Any) -> None:
        raise OSError("the chip is gone")

    with monkeypatch.context() as patched:
        patched.setattr(type(gate._pin.device), "on", broken)  # type: ignore[union-attr]
        with pytest.raises(ActionError, match="pin 17 cannot be set: the chip is gone"):
            gate.fire(occasion())
    assert not pin.state
    with monkeypatch.context() as patched:
        patched.setattr(type(gate._pin.device), "off", broken)  # type: ignore[union-attr]
        with pytest.raises(ActionError, match="could not be set inactive and was released"):
            gate.fire(occasion())
    assert pin.function == "input"
    gate.close()


def test_pin_that_does_not_exist(factory: MockFactory) -> None:
    with pytest.raises(ActionError, match="pin 900 cannot be used"):
        action(pin=900).open()


def test_check_touches_no_pin(factory: MockFactory) -> None:
    action().check()
    assert factory.pins == {}


def test_simulation_needs_no_gpiozero(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "gpiozero", None)
    from plate_runtime.errors import MissingPartError

    with pytest.raises(MissingPartError, match=r"\[gpio\]"):
        action()
    gate = action(simulate=True)
    gate.check()
    gate.open()
    assert (gate.simulated, gate.active) == (True, False)
    assert gate.fire(occasion()) == "pulse on pin 17 for 0.1 s"
    assert not gate.active
    gate.close()


@pytest.mark.parametrize(("content", "keeps"), [("Y\n", True), ("N\n", False), (None, False)])
def test_kernels_that_keep_the_level_of_released_pins(tmp_path: Path, content: str | None, keeps: bool) -> None:
    folder = tmp_path / "pinctrl_rp1" / "parameters"
    folder.mkdir(parents=True)
    if content is not None:
        (folder / "persist_gpio_outputs").write_text(content)
    assert keeps_level_after_kill(tmp_path) is keeps


SERVICE = """
import os, signal, sys, time
from pathlib import Path
from gpiozero import Device
from gpiozero.pins.mock import MockFactory, MockPin

class Line(MockPin):
    "A pin whose level is a file: the worst case of a line that keeps its level when its process is killed."
    def _change_state(self, value):
        changed = super()._change_state(value)
        with open(sys.argv[2], "a") as file:
            file.write(f"{int(value)}\\n")
        if value and sys.argv[4] == "1":
            os.kill(os.getpid(), signal.SIGKILL)
        return changed

Device.pin_factory = MockFactory(pin_class=Line)
sys.path.insert(0, sys.argv[3])
from action_helpers import occasion
from plate_devices.actions.action_set import ActionSet
from plate_devices.actions.gpio import GpioSettings
from plate_devices.audit.audit_log import AuditLog
from plate_devices.events.system_times import SystemTimes

times = SystemTimes()
settings = GpioSettings(name="gate", lists=("family",), pin=17, pulse=0.5, cool_down=1.0)
say = lambda *said: print(*said, file=sys.stderr, flush=True)
actions = ActionSet([settings], AuditLog(Path(sys.argv[1]), times), times, say)
number = int(sys.argv[4])
for frame in range(1000):
    actions.consider(occasion(number, began=0.0))
    time.sleep(0.05)
    print(frame, flush=True)
"""


def test_killed_in_mid_pulse(tmp_path: Path) -> None:
    """The line is set inactive by the next start, and the passing gets no second pulse."""
    line, tests = tmp_path / "line", str(Path(__file__).parents[2])

    def start(number: int) -> subprocess.Popen[bytes]:
        arguments = [str(tmp_path / "audit.sqlite"), str(line), tests, str(number)]
        command = [sys.executable, "-c", SERVICE, *arguments]
        return subprocess.Popen(command, env=dict(os.environ), stdout=subprocess.PIPE)

    def levels() -> list[str]:
        return line.read_text().split() if line.exists() else []

    with start(1) as first:
        assert first.wait(60) == -signal.SIGKILL
    assert levels()[-1] == "1", "it was killed during the pulse"
    before = len(levels())
    with start(2) as second:
        assert second.stdout is not None
        try:
            # 60 frames take 3 s at least: longer than the cool-down.
            assert [int(second.stdout.readline()) for _ in range(60)] == list(range(60))
        finally:
            second.kill()
    assert levels()[before] == "0", "the first thing is to set the pin inactive"
    assert levels()[before:] == ["0"] * len(levels()[before:]), "no second pulse"
