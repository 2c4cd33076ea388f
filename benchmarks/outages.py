"""Cameras that fall over again and again: what the process that reads them holds, minute by minute.

    python benchmarks/outages.py        -> results/outages.csv: a quarter of an hour
    python benchmarks/outages.py 60     -> an hour

An MJPEG and an RTSP server on loopback are read, with the waits that ship. The servers are programs of their own, and
are frozen, killed and started again by chance.
"""

from __future__ import annotations

import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from measuring import ROOT, command_line, whole, write_csv

from plate_devices.sources.open_camera import open_camera

SERVERS = {"mjpeg": "http://127.0.0.1:{}/video", "rtsp": "rtsp://127.0.0.1:{}/drawn"}
MINUTES = 15
PAUSE = (2.0, 15.0)
"""Seconds between two faults of a server."""


class Camera:
    """A server, and a thread that reads it."""

    def __init__(self, kind: str) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self._port = free.getsockname()[1]
        self._command = [sys.executable, "-m", "streams", kind, str(self._port)]
        self._start()
        self.source: Any = open_camera(SERVERS[kind].format(self._port))
        self.source.listener = self
        self.faults = self.lost = self.back = 0
        self._frames = threading.Thread(target=self._read)
        self._frames.start()

    def report(self, message: str) -> None:
        """Count the messages to the user."""
        if "again, after" in message:
            self.back += 1
        else:
            self.lost += 1

    def waiting(self) -> None:
        """Nothing to do between two pictures."""

    def stumble(self, chance: random.Random) -> None:
        """Freeze, or kill, and come back after a while."""
        self.faults += 1
        if chance.random() < 0.5:
            self._running.send_signal(signal.SIGSTOP)
            time.sleep(chance.uniform(0.0, 12.0))
            self._running.send_signal(signal.SIGCONT)
        else:
            self._running.kill()
            self._running.communicate()
            time.sleep(chance.uniform(0.0, 5.0))
            self._start()

    def end(self) -> None:
        """Stop reading, and serving."""
        self.source.close()
        self._running.kill()
        self._running.communicate()

    def _start(self) -> None:
        folder = {**os.environ, "PYTHONPATH": str(ROOT / "tests")}
        self._running = subprocess.Popen(self._command, stdout=subprocess.PIPE, env=folder)
        assert self._running.stdout is not None
        self._running.stdout.readline()

    def _read(self) -> None:
        for _ in self.source.frames():
            pass


def held() -> dict[str, int]:
    """What this process holds."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return {
        "open_files": len(list(Path("/proc/self/fd").iterdir())),
        "threads": len(list(Path("/proc/self/task").iterdir())),
        "memory_mb": pages * os.sysconf("SC_PAGESIZE") >> 20,
    }


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, and print a line a minute."""
    parser = command_line(__doc__)
    parser.add_argument("minutes", nargs="?", type=whole(1), default=MINUTES, metavar="MINUTES", help=f"({MINUTES})")
    minutes = parser.parse_args(arguments).minutes
    chance = random.Random(4)
    cameras = [Camera(kind) for kind in SERVERS]
    rows = []
    started = time.monotonic()
    while len(rows) < minutes:
        chance.choice(cameras).stumble(chance)
        time.sleep(chance.uniform(*PAUSE))
        if (passed := time.monotonic() - started) >= 60 * (len(rows) + 1):
            counts = {name: sum(getattr(camera, name) for camera in cameras) for name in ("faults", "lost", "back")}
            frames = {name: sum(getattr(camera.source, name) for camera in cameras) for name in ("read", "dropped")}
            rows.append({"minute": round(passed / 60, 1), **counts, **frames, **held()})
            print(rows[-1], flush=True)
    for camera in cameras:
        camera.end()
    write_csv("outages", rows)


if __name__ == "__main__":
    main()
