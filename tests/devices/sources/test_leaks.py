"""Sources that break hundreds of times leave nothing behind."""

from __future__ import annotations

import os
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from streams.mjpeg import MjpegServer
from streams.rtsp import RtspServer
from streams.serving import Server

from plate_devices.backoff import BackOff
from plate_devices.sources import reopening
from plate_devices.sources.newest_frame import NewestFrameSource
from plate_devices.sources.open_camera import open_camera

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="counts what Linux lists in /proc")

WARM = 30
"""Lives after which libraries have set up all that they keep."""


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Try again at once."""
    monkeypatch.setattr(reopening, "BackOff", lambda: BackOff(longest=0.001))


def held() -> dict[str, int]:
    """What this process holds: open files, threads, megabytes."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return {
        "files": len(list(Path("/proc/self/fd").iterdir())),
        "threads": len(list(Path("/proc/self/task").iterdir())),
        "megabytes": pages * os.sysconf("SC_PAGESIZE") >> 20,
    }


def settled(most: dict[str, int]) -> dict[str, int]:
    """What this process holds as soon as it is no more than `most`, or after a few seconds."""
    deadline = time.monotonic() + 5.0
    found = held()
    while any(found[name] > most[name] for name in most) and time.monotonic() < deadline:
        time.sleep(0.05)
        found = held()
    return found


def live(kind: Any, lives: int) -> None:
    """Read a stream whose connection is cut off so many times, and close it."""
    server: Server = kind(rate=500.0)
    with server:
        source = open_camera(server.url)  # type: ignore[attr-defined]
        assert isinstance(source, NewestFrameSource)
        for _ in source.frames():
            if server.accepted >= lives:
                break
            server.drop()
        source.close()


@pytest.mark.parametrize(("kind", "lives"), [(MjpegServer, 400), (RtspServer, 100)])
def test_hundreds_of_lives_leave_nothing_behind(kind: Any, lives: int) -> None:
    """Counted while nothing is open: between two lives a stream has fewer threads than in one."""
    live(kind, WARM)
    warm = held()
    live(kind, lives)
    most = {"files": warm["files"] + 2, "threads": warm["threads"] + 2, "megabytes": warm["megabytes"] + 4}
    after = settled(most)
    assert {name: after[name] for name in most if after[name] > most[name]} == {}, most
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("read ")]


def test_hundreds_of_failures_to_open_leave_nothing_behind() -> None:
    """The camera has been seen once, and is then gone for good."""
    with MjpegServer(rate=100.0) as server:
        source = open_camera(server.url)
        assert isinstance(source, NewestFrameSource)
        next(source.frames())
    reopened = source._reopening
    assert reopened is not None
    while reopened._back_off.tries < WARM:
        time.sleep(0.01)
    warm = held()
    while reopened._back_off.tries < 500:
        time.sleep(0.01)
    most = {"files": warm["files"] + 2, "threads": warm["threads"] + 2, "megabytes": warm["megabytes"] + 2}
    after = settled(most)
    source.close()
    assert {name: after[name] for name in most if after[name] > most[name]} == {}, most
