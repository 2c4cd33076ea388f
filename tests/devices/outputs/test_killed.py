"""Device, server and broker are killed at random: no acknowledged event is lost, and none is stored twice."""

from __future__ import annotations

import csv
import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from receivers.broker import Broker, Listener, free_port
from receivers.postgres import Database

TESTS = Path(__file__).parents[2]
KILLS = 6
BATCH = 100


class Device:
    """Sends numbered events until it is killed; `acknowledged` holds those that it reported as stored."""

    def __init__(self, folder: Path, *outputs: str) -> None:
        self._folder, self._outputs = folder, outputs
        self.acknowledged: list[int] = []
        self._next = 1

    def run(self, seconds: float | None = None, events: int = 10_000) -> None:
        """Run until everything is delivered, or so many seconds after it is ready; then kill it."""
        numbers = [str(self._next), str(self._next + events - 1)]
        command = [sys.executable, "-m", "receivers.sender", str(self._folder), *numbers, *self._outputs]
        path = os.pathsep.join([str(TESTS), os.environ.get("PYTHONPATH", "")])
        running = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env={**os.environ, "PYTHONPATH": path}
        )
        assert running.stdout is not None
        assert running.stdout.readline() == b"ready\n"
        if seconds is not None:
            threading.Timer(seconds, running.kill).start()
        said = running.stdout.read().decode()
        running.wait()
        done = [
            int(line) for line in said.splitlines(keepends=True) if line.endswith("\n") and line.strip().isdecimal()
        ]
        self.acknowledged += done
        # One more may be on the disk without being acknowledged.
        self._next = max([*self.acknowledged, self._next]) + 2


class Server:
    """A web server in its own process."""

    def __init__(self, file: Path) -> None:
        self.port, self.file = free_port(), file
        self.start()

    def start(self) -> None:
        command = [sys.executable, "-m", "receivers", str(self.port), str(self.file)]
        self._running = subprocess.Popen(command, stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": str(TESTS)})
        assert self._running.stdout is not None
        assert self._running.stdout.readline() == b"ready\n"

    def kill(self) -> None:
        self._running.kill()
        self._running.communicate()

    @property
    def ids(self) -> list[int]:
        """Return the ids that it acknowledged, and possibly those in progress when it was killed."""
        lines = self.file.read_text().splitlines(keepends=True)
        return [int(line) for line in lines if line.endswith("\n")]


def check(device: Device, arrived: list[int], twice: int = 0) -> None:
    """Check that all acknowledged events are stored, and that at most `twice` events were repeated."""
    counts = Counter(arrived)
    missing = [number for number in device.acknowledged if number not in counts]
    assert not missing, f"{len(missing)} of {len(device.acknowledged)}: {missing[:10]}"
    assert sum(count - 1 for count in counts.values()) <= twice
    assert len(device.acknowledged) > KILLS


def kill_in_turn(device: Device, end: Callable[[], None], start: Callable[[], None], chance: random.Random) -> None:
    """Kill the device several times while its server ends and starts again; at last let it deliver everything."""
    stop = threading.Event()

    def trouble() -> None:
        while not stop.wait(chance.uniform(0.5, 2.5)):
            end()
            stop.wait(chance.uniform(0.0, 1.0))
            start()

    troubles = threading.Thread(target=trouble)
    troubles.start()
    for _ in range(KILLS):
        device.run(chance.uniform(0.0, 2.0))
    stop.set()
    troubles.join()
    device.run(events=1)


def test_the_device_is_killed(tmp_path: Path) -> None:
    chance = random.Random()
    files = tmp_path / "p.jsonl", tmp_path / "p.csv", tmp_path / "p.sqlite"
    device = Device(
        tmp_path / "queue", *(f"{kind}={file}" for kind, file in zip(("lines", "csv", "sqlite"), files, strict=True))
    )
    for _ in range(KILLS):
        device.run(chance.uniform(0.0, 1.0))
    device.run(events=1)
    check(device, [int(json.loads(line)["id"]) for line in files[0].read_text().splitlines()])
    with files[1].open(newline="") as stream:
        check(device, [int(row["id"]) for row in csv.DictReader(stream)])
    check(device, [int(row[0]) for row in sqlite3.connect(files[2]).execute("SELECT id FROM events")])


def test_the_server_is_killed_too(tmp_path: Path) -> None:
    chance = random.Random()
    server = Server(tmp_path / "ids")
    device = Device(tmp_path / "queue", f"webhook=http://127.0.0.1:{server.port}/")
    kill_in_turn(device, server.kill, server.start, chance)
    server.kill()
    check(device, server.ids, twice=BATCH * 4 * KILLS)


@pytest.mark.system
def test_the_broker_is_ended_too(tmp_path: Path) -> None:
    chance = random.Random()
    broker = Broker(tmp_path / "broker")
    listener = Listener(broker.port, "yard/vehicle")
    device = Device(tmp_path / "queue", f"mqtt=mqtt://127.0.0.1:{broker.port}/yard")
    # Killed, Mosquitto itself would forget what it has acknowledged
    kill_in_turn(device, lambda: broker.send(signal.SIGTERM), broker.start, chance)

    def arrived() -> list[int]:
        return [int(json.loads(payload)["id"]) for payload in listener.on("yard/vehicle")]

    deadline = time.monotonic() + 60.0
    while set(device.acknowledged) - set(arrived()) and time.monotonic() < deadline:
        time.sleep(0.1)
    check(device, arrived(), twice=BATCH * 8 * KILLS)
    listener.close()
    broker.send(signal.SIGKILL)


@pytest.mark.system
def test_the_database_is_killed_too(tmp_path: Path) -> None:
    chance = random.Random()
    database = Database()
    device = Device(tmp_path / "queue", f"postgres={database.url}")
    kill_in_turn(device, lambda: database.send(signal.SIGKILL), database.start, chance)
    check(device, [int(one.hex) for (one,) in database.query("SELECT id FROM plate_edge.events", "plates")])
    database.close()
