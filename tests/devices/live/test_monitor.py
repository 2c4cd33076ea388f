"""The monitor: outages are counted, and thermal throttling slows all cameras down."""

from __future__ import annotations

import io
import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from device_helpers import make_frame, make_plate

from plate_devices.board import Board
from plate_devices.cli.infer_options import parse_infer
from plate_devices.events.records import Engine
from plate_devices.health.state import CameraHealth, Health
from plate_devices.live.camera import Camera
from plate_devices.live.camera_loop import CameraLoop
from plate_devices.live.monitor import Monitor
from plate_devices.live.reporter import Reporter
from plate_devices.live.roi import View
from plate_devices.serve.live_state import LiveState
from plate_devices.service.log import Log
from plate_devices.service.memory_trim import MemoryTrimmer
from plate_devices.service.notify import Notifier
from plate_devices.sources.frame_rate_limit import FrameRateLimit


class Machine:
    """A board with a thermometer, and a monitor."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("plate_devices.live.monitor.CHECK_EVERY", 0.0)
        (folder / "gate.toml").write_text("[heat]\nlimit = 60\nevery = 0.1\n")
        options = parse_infer(["--camera", "demo", "--as", "plate", "--config", str(folder / "gate.toml")])
        self.folder = folder
        self.said = io.StringIO()
        log = Log("plate-infer", stream=self.said)
        self.health = Health()
        reporter = Reporter(options, Engine({"reader": "x@1"}, "fake"), log)
        self.trimmed = 0
        self.monitor = Monitor(
            options,
            self.health,
            reporter,
            Notifier({}),
            log=log,
            board=Board(folder),
            trimmer=MemoryTrimmer(self._trim),
        )

    def _trim(self) -> None:
        self.trimmed += 1

    def heat(self, degrees: float) -> None:
        zone = self.folder / "sys" / "class" / "thermal" / "thermal_zone0"
        zone.mkdir(parents=True, exist_ok=True)
        (zone / "temp").write_text(str(int(1000 * degrees)))


def camera(rate: float = 12.0, limit: FrameRateLimit | None = None) -> Any:
    source = SimpleNamespace(name="gate", state="", decoding="", dropped=0, rate_limit=limit)
    made = Camera(cast(Any, SimpleNamespace(name="")), cast(Any, source), cast(Any, None))
    made.health = CameraHealth(frame_rate=rate)
    made._dropped_before = 0
    return made


def watching(machine: Machine, *cameras: Any) -> CameraLoop:
    machine.health.cameras = [one.health for one in cameras]
    return cast(CameraLoop, SimpleNamespace(cameras=cameras, describe=lambda: "watching"))


def test_thermal_throttling_slows_all_cameras_down_and_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    machine, limit = Machine(tmp_path, monkeypatch), FrameRateLimit()
    cameras = camera(12.0, limit), camera(11.0)
    loop = watching(machine, *cameras)
    machine.heat(70)
    machine.monitor.tick(loop)
    assert machine.health.temperature == 70
    assert machine.health.frame_limit == pytest.approx(0.7 * 12)
    assert limit._interval == cameras[1].limit._interval == pytest.approx(1 / (0.7 * 12))
    assert "fewer frames are read until it is below 55" in machine.said.getvalue()
    machine.heat(50)
    for _ in range(2):
        monkeypatch.setattr(machine.monitor._throttle, "_next", 0.0)
        machine.monitor.tick(loop)
    assert machine.health.frame_limit is None
    assert limit._interval == cameras[1].limit._interval == 0.0
    assert machine.said.getvalue().endswith("all frames are read again\n")


def test_outages_are_counted_once_each(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    machine, one = Machine(tmp_path, monkeypatch), camera()
    one.health.frame(None)
    for state in ("", "lost", "lost, try 2", "", "lost"):
        one.source.state = state
        machine.monitor.tick(watching(machine, one))
    assert one.health.outages == 2
    assert one.health.source_state == "lost"


def test_free_memory_is_returned_by_the_monitor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    machine = Machine(tmp_path, monkeypatch)
    for _ in range(3):
        machine.monitor.tick(watching(machine, camera()))
    assert machine.trimmed == 1


@pytest.mark.parametrize("mode", ["clear", "hash", "nothing"])
def test_the_page_gets_no_text_that_privacy_hides(tmp_path: Path, mode: str) -> None:
    key = f'key_file = "{tmp_path}/key"\n' if mode == "hash" else ""
    (tmp_path / "gate.toml").write_text(f'[privacy]\nmode = "{mode}"\n{key}')
    options = parse_infer(["--camera", "demo", "--as", "plate", "--config", str(tmp_path / "gate.toml")])
    log = Log("plate-infer", stream=io.StringIO())
    reporter = Reporter(options, Engine({"reader": "x@1"}, "fake"), log)
    reporter.live_states = {"": (state := LiveState(threading.Condition()))}
    frame, plate = make_frame(), make_plate("AB12CDE")
    Monitor(options, Health(), reporter, Notifier({}), log=log).frame(
        CameraHealth(), View(frame, frame.rgb, None), [plate]
    )
    assert state.frame is not None
    (shown,) = state.frame.plates
    assert shown.corners == plate.corners
    assert ("AB12CDE" in repr(shown)) is (mode == "clear")
