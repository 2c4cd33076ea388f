"""plate-infer as a service in its own process: notifications, reloads, and the end."""

from __future__ import annotations

import json
import os
import signal
import socket
import sqlite3
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from crashing_models import crashing_model
from device_helpers import process

from plate_devices.sources.demo import vehicles

CARS = 40
PATIENCE = 180.0


class Service:
    """A running plate-infer that notifies a socket of the test."""

    def __init__(self, folder: Path, settings: str, *arguments: str, files: dict[str, str] | None = None) -> None:
        self.folder, self.settings = folder, folder / "gate.toml"
        self.write(settings)
        for name, text in (files or {}).items():
            (folder / name).write_text(text)
        self.systemd = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.systemd.bind(str(folder / "notify"))
        self.systemd.settimeout(PATIENCE)
        environment = os.environ | {"NOTIFY_SOCKET": str(folder / "notify"), "WATCHDOG_USEC": "2000000"}
        environment |= {"STATE_DIRECTORY": str(folder / "state")}
        with (folder / "out").open("wb") as out, (folder / "err").open("wb") as err:
            command = [*process(), "--config", str(self.settings), *arguments]
            self.process = subprocess.Popen(command, stdout=out, stderr=err, env=environment, cwd=folder)

    def write(self, settings: str) -> None:
        self.settings.write_text(settings)

    def hear(self, what: str) -> str:
        """Wait for a notification that begins with `what`, and return it."""
        while True:
            for line in self.systemd.recv(4096).decode().splitlines():
                if line.startswith(what):
                    return line

    def wait_for(self, there: Callable[[], Any]) -> Any:
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            if found := there():
                return found
            assert self.process.poll() is None, self.err
            time.sleep(0.02)
        pytest.fail(f"it did not happen in {PATIENCE:g} s; {self.err}")

    def reload(self, settings: str) -> None:
        self.write(settings)
        self.process.send_signal(signal.SIGHUP)
        self.hear("RELOADING=1")
        self.hear("READY=1")

    def end(self, sent: signal.Signals | None = signal.SIGTERM) -> int:
        if sent is not None:
            self.process.send_signal(sent)
        return self.process.wait(PATIENCE)

    @property
    def plates(self) -> list[str]:
        lines = (self.folder / "out").read_text().splitlines()
        found = [json.loads(line) for line in lines if line.endswith("}")]
        return [record["plates"][0]["text"] for record in found if record["type"] == "vehicle"]

    def plates_of(self, camera: str) -> list[str]:
        """The vehicles of one of several cameras."""
        lines = (self.folder / "out").read_text().splitlines()
        found = [json.loads(line) for line in lines if line.endswith("}")]
        return [one["plates"][0]["text"] for one in found if one["type"] == "vehicle" and one["camera"] == camera]

    @property
    def err(self) -> str:
        return (self.folder / "err").read_text()


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Service]]:
    started: list[Service] = []

    def begin(*arguments: str, **options: Any) -> Service:
        started.append(Service(tmp_path, *arguments, **options))
        return started[-1]

    yield begin
    for service in started:
        service.process.kill()
        service.process.wait()
        service.systemd.close()


def settings(camera: str = f"demo:{CARS}", more: str = "") -> str:
    return f'[source]\naddress = "{camera}"\n[read]\nas = "plate"\n[[output]]\ntype = "lines"\n{more}'


def truth() -> list[str]:
    return [vehicle.text for vehicle in vehicles(CARS)]


def test_systemd_is_notified_of_ready_alive_and_stop(start: Callable[..., Service]) -> None:
    service = start(settings("demo:100000"))
    assert service.hear("READY=1")
    assert "demo:100000: " in service.hear("STATUS=")
    assert service.hear("WATCHDOG=1")
    assert service.hear("WATCHDOG=1")
    service.wait_for(lambda: len(service.plates) >= 2)
    assert service.end() == 0
    assert service.hear("STOPPING=1")
    assert service.plates == truth()[: len(service.plates)]
    assert service.err == ""


def test_reloads_lose_no_plate_and_report_none_twice(start: Callable[..., Service]) -> None:
    database = '[[output]]\ntype = "sqlite"\npath = "plates.db"\n'
    service = start(settings(more=database))
    service.hear("READY=1")
    for number in range(6):
        changed = database + (f"[heat]\nlimit = {80 + number}\n" if number % 2 else "[queue]\nmost_megabytes = 5\n")
        service.reload(settings(more=changed))
    service.reload(settings(more="[heat]\nlimt = 3\n"))
    assert service.end(None) == 0
    assert service.plates == truth()
    with closing(sqlite3.connect(service.folder / "plates.db")) as rows:
        tables = [name for (name,) in rows.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        reported = [json.dumps(row) for table in tables for row in rows.execute(f"SELECT * FROM {table}")]
    for text in truth():
        assert sum(text in row for row in reported) == 1, text
    assert service.err.count("the settings were reloaded") == 6
    refused = f"{service.settings}, line 8: heat.limt: there is no such setting; did you mean limit?"
    assert f"{refused}; the settings stay as they were" in service.err


def test_other_models_take_over_between_two_frames(start: Callable[..., Service]) -> None:
    service = start(settings("demo:100000"), "--json")
    service.hear("READY=1")
    for models in ("plate-reader-nano", "plate-reader"):
        service.reload(settings("demo:100000").replace("[read]", f"[read]\nmodels = ['{models}']"))
        seen = len(service.plates)
        service.wait_for(lambda seen=seen: len(service.plates) > seen + 2)
    assert service.end() == 0
    lines = (service.folder / "out").read_text().splitlines()
    found = [json.loads(line) for line in lines]
    texts = [one["plates"][0]["text"] for one in found if one["type"] == "vehicle"]
    assert texts == [vehicle.text for vehicle in vehicles(len(texts))], "the camera was not opened again"
    used = [one["models"]["reader"].partition("@")[0] for one in found if one["type"] == "vehicle"]
    assert set(used) == {"plate-reader", "plate-reader-nano"}
    assert used[-1] == "plate-reader"
    assert service.err.count("the settings were reloaded") == 2


def test_a_new_camera_is_opened_when_all_vehicles_of_the_old_one_are_reported(start: Callable[..., Service]) -> None:
    service = start(settings("demo:100000"))
    service.hear("READY=1")
    service.wait_for(lambda: len(service.plates) >= 3)
    service.reload(settings("demo:2"))
    assert service.end(None) == 0
    assert service.plates[-2:] == truth()[:2]
    assert service.plates[:-2] == truth()[: len(service.plates) - 2]


def test_a_camera_that_cannot_be_opened_changes_nothing(start: Callable[..., Service]) -> None:
    service = start(settings("demo:100000"))
    service.hear("READY=1")
    service.reload(settings("gone.mp4"))
    assert "gone.mp4: there is no such file; the settings stay as they were" in service.err
    before = len(service.plates)
    service.wait_for(lambda: len(service.plates) > before)
    assert service.end(signal.SIGINT) == 0


def camera_table(name: str, address: str, more: str = "") -> str:
    return f'[[source]]\nname = "{name}"\naddress = "{address}"\n{more}'


def test_a_reload_adds_and_removes_cameras_without_touching_the_others(start: Callable[..., Service]) -> None:
    tail = '[read]\nas = "plate"\n[[output]]\ntype = "lines"\n'
    gate, gone = camera_table("gate", "demo:100000"), camera_table("gone", "http://127.0.0.1:9/x")
    yard = camera_table("yard", "demo:100000")
    service = start(gate + gone + tail)
    service.hear("READY=1")
    service.wait_for(lambda: service.plates_of("gate"))
    service.reload(gate + gone + yard + tail)
    service.wait_for(lambda: len(service.plates_of("yard")) >= 3)
    service.reload(gate + gone + tail)
    removed = len(service.plates_of("yard"))
    service.reload(gate + gone + camera_table("garden", "no-demo") + tail)
    service.reload(gate + gone + camera_table("garden", "demo:2") + tail)
    seen = len(service.plates_of("gate"))
    service.wait_for(lambda: len(service.plates_of("garden")) == 2 and len(service.plates_of("gate")) > seen)
    assert service.end() == 0
    for camera in ("gate", "yard", "garden"):
        read = service.plates_of(camera)
        assert read == [vehicle.text for vehicle in vehicles(len(read))], "every vehicle once, through all reloads"
    assert len(service.plates_of("yard")) == removed
    assert service.err.count("the settings were reloaded") == 3
    assert service.err.count("the settings stay as they were") == 1
    assert service.err.count("http://127.0.0.1:9/x cannot be reached") == 1, "it was not opened again"


def test_metrics_are_served(start: Callable[..., Service]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    page = f'[serve]\naddress = "127.0.0.1:{port}"\n'
    service = start(settings("demo:100000", f'[service]\nlog = "json"\nclock = "trusted"\n{page}'))
    service.hear("READY=1")
    service.wait_for(lambda: service.plates)

    def metrics() -> str:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=30) as answer:
            assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
            return str(answer.read().decode())

    page = service.wait_for(lambda: text if "plate_edge_vehicles_total 0\n" not in (text := metrics()) else "")
    assert 'plate_edge_info{source="demo:100000"' in page
    assert "plate_edge_source_up 1\n" in page
    assert "plate_edge_clock_set 1\n" in page
    assert "plate_edge_vehicles_total " in page
    assert service.end() == 0
    assert [json.loads(line)["event"] for line in service.err.splitlines()] == ["page"]


def test_a_wrong_file_ends_with_2_and_its_line(start: Callable[..., Service]) -> None:
    service = start("[source]\n\naddres = 'demo'\n")
    assert service.end(None) == 2
    line = f"plate-infer: {service.settings}, line 3: source.addres: there is no such setting; did you mean address?\n"
    assert service.err == line


def test_options_win_over_the_file(start: Callable[..., Service]) -> None:
    service = start(settings("demo:100000"), "--camera", "demo:1")
    assert service.end(None) == 0
    assert service.plates == truth()[:1]


def test_an_unwritable_picture_folder_does_not_end_the_service(start: Callable[..., Service]) -> None:
    service = start(settings("demo:100000", '[pictures]\ncrops = "crops"\n'))
    crops, away = service.folder / "crops", service.folder / "away"
    service.wait_for(lambda: len(list(crops.glob("*.jpg"))) >= 2)
    crops.rename(away)
    service.wait_for(lambda: "no pictures are saved until the folder works again" in service.err)
    reported = len(service.plates)
    service.wait_for(lambda: len(service.plates) >= reported + 2)
    away.rename(crops)
    service.wait_for(lambda: "pictures are saved in crops again" in service.err)
    assert service.end() == 0
    assert service.err.count("\n") == 2
    assert service.plates == truth()[: len(service.plates)]


def test_hidden_texts_never_leave_the_process(start: Callable[..., Service]) -> None:
    more = '[[output]]\ntype = "sqlite"\npath = "plates.db"\n[privacy]\nmode = "hash"\nkey_file = "key"\n'
    more += '[[watchlist]]\nname = "family"\nfile = "list"\n'
    service = start(settings("demo:6", more), files={"list": f"{truth()[3]}\n"})
    assert service.end(None) == 0
    found = [json.loads(line) for line in (service.folder / "out").read_text().splitlines()]
    assert [[one["name"] for one in record["watchlists"]] for record in found] == [[], [], [], ["family"], [], []]
    assert len({record["plates"][0]["text_hash"] for record in found}) == 6
    assert all({"boot_id", "monotonic", "time_set"} <= set(record) for record in found)
    written = [path for path in service.folder.rglob("*") if path.is_file() and path.name != "list"]
    assert len(written) >= 5
    for text in truth()[:6]:
        assert not any(text.encode() in path.read_bytes() for path in written), text


def test_a_reload_survives_any_file(start: Callable[..., Service], tmp_path: Path) -> None:
    service = start(settings("demo:100000"))
    service.hear("READY=1")
    broken = [
        "[source]\nfps = 0x" + "f" * 5000,
        "[source]\nroi = " + "[" * 100_000,
        "a." * 50_000 + "b = 1",
        settings("demo:100000").replace("[read]", f"[read]\nmodels = ['{crashing_model(tmp_path)}']"),
    ]
    for text in broken:
        service.reload(text)
    assert service.err.count("the settings stay as they were") == len(broken)
    assert "Traceback" not in service.err
    seen = len(service.plates)
    service.wait_for(lambda: len(service.plates) > seen)
    assert service.end() == 0
