"""plate-infer with several cameras: each vehicle has its camera's name, and no camera disturbs the others."""

from __future__ import annotations

import json
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import pytest
from device_helpers import make_frame, records

from plate_devices.cli.infer import command
from plate_devices.cli.infer_options import parse_infer
from plate_devices.live.camera import Camera
from plate_devices.live.session import Session, match
from plate_devices.run_options import InferOptions
from plate_devices.sources.demo import vehicles
from plate_devices.sources.newest_frame import NewestFrameSource
from plate_devices.sources.open_camera import SCHEMES
from plate_devices.sources.source import Frames, Source
from plate_runtime.errors import DeviceError


def texts(found: list[dict[str, Any]], camera: str) -> list[str]:
    return [one["plates"][0]["text"] for one in found if one["type"] == "vehicle" and one["camera"] == camera]


def truth(count: int) -> list[str]:
    return [vehicle.text for vehicle in vehicles(count)]


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_two_cameras_report_every_vehicle_under_their_names(jobs: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert command(["--camera", "demo:2", "--camera", "demo:3", "--as", "plate", "--json", "--jobs", jobs]) == 0
    shown = capsys.readouterr()
    found = [json.loads(line) for line in shown.out.splitlines()]
    assert texts(found, "demo:2") == truth(2)
    assert texts(found, "demo:3") == truth(3)
    assert len(found) == 5
    assert all(list(one)[3:5] == ["source", "camera"] and "tags" not in one for one in found)
    lines = ["plate-infer: demo:2: 26 frames, 2 vehicles read", "plate-infer: demo:3: 39 frames, 3 vehicles read"]
    assert sorted(shown.err.splitlines()) == lines


def test_one_camera_without_a_name_has_records_as_before(capsys: pytest.CaptureFixture[str]) -> None:
    assert command(["--camera", "demo:1", "--as", "plate", "--json"]) == 0
    (found,) = records(capsys)
    assert "camera" not in found
    assert "tags" not in found


def test_tables_of_cameras(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "two.toml").write_text(
        '[[source]]\nname = "gate"\naddress = "demo:1"\ntags = ["yard", "in"]\n'
        '[[source]]\nname = "exit"\naddress = "demo:2"\nfps = 7.5\n[read]\nas = "plate"\n'
    )
    assert command(["--config", str(tmp_path / "two.toml"), "--json"]) == 0
    found = records(capsys)
    assert texts(found, "gate") == truth(1)
    assert texts(found, "exit") == truth(2)
    assert [one.get("tags") for one in found if one["camera"] == "gate"] == [["yard", "in"]]
    assert all(one["frames_read"] <= 5 for one in found if one["camera"] == "exit"), "every second frame of nine"
    assert command(["--config", str(tmp_path / "two.toml"), "--camera", "exit", "--json"]) == 0
    assert texts(records(capsys), "exit") == truth(2), "a name of the file is a camera"


def test_messages_name_the_camera_of_a_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "two.toml").write_text(
        '[[source]]\nname = "gate"\naddress = "demo:1"\n[[source]]\nname = "exit"\naddress = "gone.mp4"\n'
        '[read]\nas = "plate"\nbackend = "fake:AB12"\n'
    )
    assert command(["--config", str(tmp_path / "two.toml")]) == 4
    assert sorted(capsys.readouterr().err.splitlines()) == [
        "plate-infer: exit: --camera gone.mp4: there is no such file",
        "plate-infer: exit: 0 frames, 0 vehicles read",
        "plate-infer: gate: 13 frames, 1 vehicle read",
    ]


def test_vehicles_are_seen_before_they_are_reported(tmp_path: Path) -> None:
    (tmp_path / "gate.toml").write_text(
        f'[queue]\nfolder = "{tmp_path}"\n[[source]]\nname = "gate"\naddress = "demo:3"\n[read]\nas = "plate"\n'
        f'[[output]]\ntype = "lines"\npath = "{tmp_path}/both.jsonl"\nevents = ["seen", "vehicle"]\n'
        f'[[output]]\ntype = "lines"\npath = "{tmp_path}/left.jsonl"\n'
    )
    assert command(["--config", str(tmp_path / "gate.toml"), "--every"]) == 0
    both = [json.loads(line) for line in (tmp_path / "both.jsonl").read_text().splitlines()]
    left = [json.loads(line) for line in (tmp_path / "left.jsonl").read_text().splitlines()]
    assert [one["type"] for one in left] == ["vehicle"] * 3
    seen = [one for one in both if one["type"] == "seen"]
    assert [one["vehicle_id"] for one in seen] == [one["id"] for one in left]
    assert len({one["id"] for one in both}) == 6
    for early, late in zip(seen, left, strict=True):
        assert both.index(early) < both.index(late)
        assert early["frames"] == 3 < late["frames"]
        assert (early["plates"][0]["text"], early["camera"]) == (late["plates"][0]["text"], "gate")
        assert early["first_time"] == late["first_time"]


class Steady(Source):
    """Sends 30 frames, then lets the others end."""

    def __init__(self, name: str, over: threading.Event) -> None:
        self.name, self._over = name, over

    def frames(self) -> Frames:
        for number in range(30):
            yield make_frame(number)
        self._over.set()


class Flood(Steady):
    """Sends frames as fast as it can until the others have ended, and some of its own were read.

    Their time is that of the clock, as from a camera: if the machine stands still for a quarter of a second, the
    vehicles that have left are looked for by the clock, and none has left.
    """

    was_read: Callable[[], int] = staticmethod(int)

    def frames(self) -> Frames:
        number, until = 0, time.monotonic() + 60
        while not self._over.is_set() or (self.was_read() < 10 and time.monotonic() < until):
            yield make_frame(number)._replace(time=datetime.now(UTC))
            number += 1


class Lost(Steady):
    """Sends one frame, and is gone."""

    def frames(self) -> Frames:
        yield make_frame()
        raise DeviceError(f"{self.name} is gone")


class Silent(Steady):
    """Sends nothing until the others have ended."""

    def frames(self) -> Frames:
        yield make_frame()
        self._over.wait(60)


def test_a_camera_that_fails_floods_or_stalls_costs_the_others_nothing(
    options: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    over = threading.Event()

    def open_source(name: str, kind: type[Steady], drops: bool) -> NewestFrameSource:
        camera = kind(name, over)
        source = NewestFrameSource(camera, stalled_after=60, drops=drops)  # a slow machine is no lost camera
        if isinstance(camera, Flood):
            camera.was_read = lambda: source.read
        return source

    for kind, drops in ((Steady, False), (Flood, True), (Lost, True), (Silent, True)):
        monkeypatch.setitem(
            SCHEMES,
            kind.__name__.lower(),
            lambda name, _rest, _options, kind=kind, drops=drops: open_source(name, kind, drops),
        )
    cameras = [part for name in ("flood:1", "lost:1", "steady:1", "silent:1") for part in ("--camera", name)]
    assert command([*cameras, "--json", "--every", *options]) == 4
    found = records(capsys)
    frames = [one["frame"] for one in found if one["type"] == "frame" and one["camera"] == "steady:1"]
    assert frames == list(range(30))
    reported = Counter(one["camera"] for one in found if one["type"] == "vehicle")
    assert reported == {"flood:1": 1, "steady:1": 1}
    (error,) = [one for one in found if one["type"] == "error"]
    assert error == {
        "schema": 1, "type": "error", "source": "lost:1", "camera": "lost:1", "error": "lost:1 is gone"
    }  # fmt: skip


@pytest.mark.parametrize(
    ("address", "without", "code", "reason"),
    [
        ("gone.mp4", "", 4, "--camera gone.mp4: there is no such file"),
        ("rtsp://me:secret@127.0.0.1:9/x", "av", 2, "an RTSP stream needs PyAV; in the checkout: pip install"),
    ],
)
def test_a_camera_that_cannot_be_opened_leaves_the_others_alone(
    address: str, without: str, code: int, reason: str,
    options: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    if without:
        monkeypatch.setitem(sys.modules, without, None)
    assert command(["--camera", "demo:1", "--camera", address, "--json", *options]) == code
    out, err = capsys.readouterr()
    found = [json.loads(line) for line in out.splitlines()]
    assert texts(found, "demo:1")
    (error,) = [one for one in found if one["type"] == "error"]
    assert error["error"].startswith(reason)
    assert "secret" not in out + err


def test_two_cameras_of_one_address_have_two_names(options: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert command(["--camera", "demo:1", "--camera", "demo:1", "--json", *options]) == 0
    assert {one["camera"] for one in records(capsys)} == {"demo:1", "demo:1-2"}


@pytest.mark.parametrize("jobs", ["1", "3"])
def test_each_camera_may_have_its_own_roi(
    jobs: str, options: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "two.toml").write_text(
        '[[source]]\nname = "fits"\naddress = "demo:1"\n'
        '[[source]]\nname = "outside"\naddress = "demo:1"\nroi = [600, 0, 100, 100]\n'
    )
    assert command(["--config", str(tmp_path / "two.toml"), "--json", "--jobs", jobs, *options]) == 2
    found = records(capsys)
    assert [one["camera"] for one in found if one["type"] == "error"] == ["outside"]
    assert "fits" in [one["camera"] for one in found if one["type"] == "vehicle"]


def test_a_reload_keeps_cameras_of_the_same_address_and_settings(tmp_path: Path) -> None:
    def parsed(text: str) -> tuple[InferOptions, ...]:
        (tmp_path / "reload.toml").write_text(text)
        return parse_infer(["--config", str(tmp_path / "reload.toml")]).cameras

    def running(cameras: tuple[InferOptions, ...]) -> list[Any]:
        return [Camera(one, cast(Any, None), cast(Any, None)) for one in cameras]

    (only,) = running(parsed('[source]\naddress = "demo"\n'))
    two = parsed('[[source]]\nname = "a"\naddress = "demo"\nregion = "eu"\n[[source]]\nname = "b"\naddress = "demo"\n')
    kept, new = match([only], two)
    assert (kept, new) == ({only: two[0]}, [two[1]]), "a single camera goes on under its new name"
    first, second = running(two)
    swapped = parsed('[[source]]\nname = "b"\naddress = "demo"\n[[source]]\nname = "a"\naddress = "demo"\nfps = 5\n')
    kept, new = match([first, second], swapped)
    assert (kept, new) == ({second: swapped[0]}, [swapped[1]]), "names come first; another rate opens it again"
    assert match([first, second], ()) == ({}, [])


def test_a_camera_that_takes_the_name_of_a_removed_one_is_counted_under_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, more = tmp_path / "reload.toml", '[read]\nas = "plate"\nbackend = "fake:AB12"\n'
    table = '[[source]]\nname = "{}"\naddress = "demo:{}"\n'
    file.write_text(table.format("gate", 2000) + table.format("yard", 1000) + more)
    arguments = ["--config", str(file)]
    session = Session(parse_infer(arguments), lambda: parse_infer(arguments))
    counted: list[int] = []

    class Requests:
        @property
        def stop(self) -> bool:
            (camera, *_) = session._loop.cameras
            return session.health.reloads == 1 and camera.health.frames_read > counted[0]

        def take_reload(self) -> bool:
            if counted or not all(one.frames_read for one in session.health.cameras):
                return False
            counted.append(session.health.cameras[0].frames_read)
            file.write_text(table.format("yard", 2000) + more)
            return True

    monkeypatch.setattr(session, "_signals", Requests())
    assert session.run() == 0
    (shown,) = session.health.cameras
    assert (shown.name, shown.source) == ("yard", "demo:2000")
    assert shown.frames_read > counted[0]
