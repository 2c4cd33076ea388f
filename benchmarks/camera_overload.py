"""Cameras that send too many frames, and cameras with RTSP: delay, processor time and memory."""

from __future__ import annotations

import json
import statistics
import sys
import time
import urllib.request
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from measuring import ROOT

sys.path.insert(0, str(ROOT / "tests"))

from camera_runs import STARTS_WITHIN, Watch, look_until
from drives.cameras import RATE, STEP, paint_every_third
from drives.painter import DrivePainter
from drives.traffic import plan_drive
from receivers.broker import free_port
from soak.programs import Watched, installed, with_tests

from plate_devices.status_line import progress
from plate_runtime.errors import DeviceError

CAMERAS, SEED = 8, 2300
FOLDER = ROOT / ".cache" / "cameras"
OVERLOAD, OVERLOAD_SECONDS, WARM_UP = 25, 40.0, 10.0
"""Frames a second of each camera, and seconds of a run; the first ones are not counted."""


def watch_rtsp(count: int) -> dict[str, Any]:
    """Read one H.264 stream of 1280x720 with 25 frames a second so many times for a minute; return the row."""
    server = Watched(["/usr/bin/python3", ROOT / "tests" / "streams" / "gstreamer_server.py", str(port := free_port())])
    with ExitStack() as stack:
        server.start()
        stack.callback(server.kill)
        while "ready" not in server.lines:
            time.sleep(0.05)
        page = f"127.0.0.1:{free_port()}"
        address = f"rtsp://127.0.0.1:{port}/h264"
        cameras = [part for _ in range(count) for part in ("--camera", address)]
        program = Watched([installed("plate-infer"), *cameras, "--fps", f"{RATE:g}", "--json", "--serve", page])
        program.start()
        stack.callback(program.kill)
        found = Watch(time.time(), 60.0, list(range(count)))
        look_until(found, program, server, page)
    return {
        "cameras": count, "memory_mb": round(found.memory, 1), "cpu_percent_of_a_core": round(found.percent("cpu")),
        "delay_ms_median": round(statistics.median(found.delays())),
    }  # fmt: skip


def watch_overload(kind: str) -> dict[str, Any]:
    """Read eight cameras that send more frames than can be read; return the row. `kind` is "MJPEG" or "RTSP"."""
    count = CAMERAS
    with ExitStack() as stack:
        if kind == "RTSP":
            port = free_port()
            server = Watched(["/usr/bin/python3", ROOT / "tests" / "streams" / "gstreamer_server.py", str(port)])
            addresses = [f"rtsp://127.0.0.1:{port}/h264"] * count
        else:
            ports = [free_port() for _ in range(count)]
            places = [f"{port}={_busy_frames()}={OVERLOAD}" for port in ports]
            began = str(time.time() - 100.0)
            server = Watched([sys.executable, "-m", "drives.cameras", began, *places], environment=with_tests())
            addresses = [f"http://127.0.0.1:{port}/video" for port in ports]
        server.start()
        stack.callback(server.kill)
        while "ready" not in server.lines:
            time.sleep(0.05)
        page = f"127.0.0.1:{free_port()}"
        cameras = [part for address in addresses for part in ("--camera", address)]
        program = Watched([installed("plate-infer"), *cameras, "--json", "--serve", page])
        program.start()
        stack.callback(program.kill)
        _wait_for_frames(page)
        found = Watch(time.time(), OVERLOAD_SECONDS, list(range(count)))
        look_until(found, program, server, page)
    return _overload_row(kind, [look for look in found.looks if look["second"] >= WARM_UP])


def _wait_for_frames(page: str) -> None:
    """Wait until every camera has sent a frame. Raises OSError if that takes too long."""
    deadline = time.monotonic() + STARTS_WITHIN
    while True:
        try:
            with urllib.request.urlopen(f"http://{page}/health", timeout=30) as answer:
                if all(one["frames_read"] for one in json.load(answer)["cameras"]):
                    return
        except OSError:
            if time.monotonic() > deadline:
                raise
        if time.monotonic() > deadline:
            raise DeviceError("some cameras send no frames")
        time.sleep(0.5)


def _overload_row(kind: str, looks: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    first, last = looks[0], looks[-1]
    seconds = last["second"] - first["second"]
    done = [
        sum(after[key] - before[key] for key in ("frames_read", "frames_skipped"))
        for before, after in zip(first["health"]["cameras"], last["health"]["cameras"], strict=True)
    ]
    delays = sorted(1000 * one["behind"] for look in looks for one in look["health"]["cameras"] if one["behind"])
    cpu = last["cpu"] - first["cpu"]
    return {
        "kind": kind, "cameras": len(done), "sent_each": OVERLOAD, "read": round(sum(done) / seconds, 1),
        "read_least": round(min(done) / seconds, 1), "read_most": round(max(done) / seconds, 1),
        "delay_ms_median": round(statistics.median(delays)), "delay_ms_95": round(delays[int(0.95 * len(delays))]),
        "cpu_percent_of_a_core": round(100 * cpu / seconds), "cpu_ms_a_frame": round(1000 * cpu / sum(done), 1),
        "memory_mb": round(statistics.median(look["memory"] for look in looks), 1),
        "decoding": last["health"].get("decoding", "all"),
    }  # fmt: skip


def _busy_frames() -> Path:
    """Return a folder with ten seconds of a drive in which vehicles pass."""
    folder = FOLDER / f"busy-{SEED}"
    if not folder.is_dir():
        unfinished = folder.with_suffix(".unfinished")
        drive = plan_drive(SEED, 6, 12.0)
        for _ in progress(paint_every_third(unfinished, DrivePainter(drive)), drive.frames // STEP, "rendering"):
            pass
        unfinished.rename(folder)
    return folder
