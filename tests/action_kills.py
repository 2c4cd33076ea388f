"""Passings before a camera, while plate-infer is killed at random: how often does its action fire?"""

from __future__ import annotations

import io
import os
import random
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from device_helpers import process
from PIL import Image
from streams.mjpeg import MjpegServer

from plate_devices.sources.demo import FRAMES_WITH_CAR, FRAMES_WITHOUT, DemoCamera, vehicles

SETTINGS = """
[service]
watchdog = false
[queue]
folder = "{folder}"
[source]
address = "{url}"
roi = [180, 330, 280, 72]
[read]
as = "plate"
[[watchlist]]
name = "all"
file = "{folder}/all.txt"
[[action]]
type = "program"
name = "gate"
lists = ["all"]
min_confidence = 0.6
cool_down = 1
command = ["/bin/sh", "-c", "cat >> {folder}/fired"]
"""


def standing_cars(count: int) -> list[list[bytes]]:
    """Return JPEG frames of cars that stand before the camera, a few of each."""
    cycle = FRAMES_WITHOUT + FRAMES_WITH_CAR
    found: list[list[bytes]] = [[] for _ in range(count)]
    for frame in DemoCamera("demo", count).frames():
        if frame.number % cycle >= FRAMES_WITHOUT + 3:
            picture = io.BytesIO()
            Image.fromarray(np.ascontiguousarray(frame.rgb)).save(picture, "JPEG", quality=92)
            found[frame.number // cycle].append(picture.getvalue())
    return found


class Trial:
    """A camera with one car at a time, and a program that counts in a file."""

    def __init__(self, folder: Path, passings: int, seed: int) -> None:
        """Render the cars and begin to serve."""
        self._folder, self._cars, self._chance = folder, standing_cars(passings), random.Random(seed)
        self._car = 0
        self._server = MjpegServer(self._picture, rate=10.0)
        self._server.start()
        self.kills = self._records = 0
        (folder / "all.txt").write_text("\n".join(one.text for one in vehicles(passings)) + "\n")
        (folder / "gate.toml").write_text(SETTINGS.format(folder=folder, url=self._server.url))

    def run(self, kills: int) -> list[int]:
        """Kill the program so many times during each passing; return how often each passing fired its action."""
        counts = []
        try:
            for car in range(len(self._cars)):
                before = self._fired()
                self._car = car
                for _ in range(kills):
                    self._run_and_kill()
                counts.append(self._fired() - before)
        finally:
            self._server.kill()
        return counts

    def reload(self, changes: Sequence[tuple[str, str]]) -> int:
        """Change the settings one after the other while the first car stands there; return how often it fired."""
        settings = self._folder / "gate.toml"
        with self._started() as running:
            try:
                self._wait(running, lambda: self._fired() > 0)
                for old, new in changes:
                    assert old in settings.read_text()
                    settings.write_text(settings.read_text().replace(old, new))
                    running.send_signal(signal.SIGHUP)
                    until = time.monotonic() + 2.0
                    self._wait(running, lambda until=until: time.monotonic() > until)
            finally:
                running.terminate()
                running.wait(60)
                self._server.kill()
        return self._fired()

    def _wait(self, running: subprocess.Popen[bytes], happened: Callable[[], bool]) -> None:
        assert running.stdout is not None
        os.set_blocking(running.stdout.fileno(), False)
        deadline = time.monotonic() + 60
        while not happened():
            assert running.poll() is None and time.monotonic() < deadline
            self._records += (running.stdout.read() or b"").count(b"\n")
            time.sleep(0.01)

    def _started(self) -> subprocess.Popen[bytes]:
        """Start it and wait for its first frame."""
        command = [*process(), "--config", str(self._folder / "gate.toml"), "--every", "--json"]
        running = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=dict(os.environ))
        assert running.stdout is not None and running.stdout.readline(), "it ended by itself"
        return running

    def _run_and_kill(self) -> None:
        """Run it until the first frame, then for 0 to 25 frames: 2.5 s where the processor is fast enough."""
        with self._started() as running:
            last = self._records + self._chance.uniform(0.0, 25.0)
            self._wait(running, lambda: self._records >= last)
            time.sleep(self._chance.uniform(0.0, 0.1))
            running.send_signal(signal.SIGKILL)
            self.kills += 1

    def _fired(self) -> int:
        path = self._folder / "fired"
        return len(path.read_text().splitlines()) if path.exists() else 0

    def _picture(self, number: int) -> bytes:
        frames = self._cars[self._car]
        return frames[number % len(frames)]
