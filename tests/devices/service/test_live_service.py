"""A service that reads a live camera: lost, reloaded, stopped."""

from __future__ import annotations

import io
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from device_helpers import process
from PIL import Image
from streams.mjpeg import MjpegServer

from plate_devices.sources.demo import ROI, DemoCamera, vehicles

PATIENCE = 120.0
CARS = 4


@pytest.fixture
def camera() -> Iterator[MjpegServer]:
    """A camera over HTTP that shows the same four cars repeatedly."""
    pictures = []
    for frame in DemoCamera("demo", CARS).frames():
        stream = io.BytesIO()
        Image.fromarray(frame.rgb).save(stream, "JPEG", quality=90)
        pictures.append(stream.getvalue())
    server = MjpegServer(lambda number: pictures[number % len(pictures)], rate=15.0).start()
    yield server
    server.kill()


def settings(camera: MjpegServer, fps: int) -> str:
    return (
        f'[source]\naddress = "{camera.url}"\nfps = {fps}\nroi = {list(ROI)}\n[read]\nas = "plate"\n'
        '[service]\nstop_within = 1\n[[output]]\ntype = "lines"\njson = false\n'
    )


def test_keep_alive_goes_on_while_the_camera_is_lost(camera: MjpegServer, tmp_path: Path) -> None:
    file, out, err = tmp_path / "gate.toml", tmp_path / "out", tmp_path / "err"
    file.write_text(settings(camera, 15))
    with (
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd,
        out.open("wb") as lines,
        err.open("wb") as errors,
    ):
        systemd.bind(str(tmp_path / "notify"))
        systemd.settimeout(PATIENCE)
        environment = os.environ | {"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "1000000"}
        running = subprocess.Popen([*process(), "--config", str(file)], stdout=lines, stderr=errors, env=environment)

        def hear(what: str, drop: bool = False) -> None:
            if drop:
                systemd.settimeout(0)
                while True:
                    try:
                        systemd.recv(4096)
                    except BlockingIOError:
                        break
                systemd.settimeout(PATIENCE)
            while not systemd.recv(4096).decode().startswith(what):
                pass

        def wait_for(text: str, path: Path) -> None:
            until = time.monotonic() + PATIENCE
            while text not in path.read_text():
                assert time.monotonic() < until, err.read_text()
                time.sleep(0.05)

        try:
            hear("READY=1")
            wait_for(vehicles(CARS)[1].text, out)
            camera.kill()
            wait_for("(trying again until it is back)", err)
            for _ in range(3):
                hear("WATCHDOG=1", drop=True)
            camera.start()
            seen = len(out.read_text().splitlines())
            file.write_text(settings(camera, 10))
            running.send_signal(signal.SIGHUP)
            hear("RELOADING=1")
            hear("READY=1")
            wait_for("the settings were reloaded", err)
            until = time.monotonic() + PATIENCE
            # The first of them may still be of before the reload: a camera that never gave a picture ends the service.
            while len(out.read_text().splitlines()) < seen + 3:
                assert time.monotonic() < until, err.read_text()
                time.sleep(0.05)
            camera.kill()
            started = time.monotonic()
            running.send_signal(signal.SIGTERM)
            assert running.wait(PATIENCE) == 0
            assert time.monotonic() - started < 30
        finally:
            running.kill()
            running.wait()
    texts = {line.split("\t")[0] for line in out.read_text().splitlines()}
    assert texts <= {vehicle.text for vehicle in vehicles(CARS)}, "what is lost in the middle is still right"
