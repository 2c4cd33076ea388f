"""Servers that are programs of their own are frozen, killed and started again under the reader."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from plate_devices.sources import http_connection, mjpeg, newest_frame, outages, rtsp
from plate_devices.sources.camera_address import parse_address
from plate_devices.sources.mjpeg import MjpegStream
from plate_devices.sources.newest_frame import NewestFrameSource
from plate_devices.sources.reopening import ReopeningSource
from plate_devices.sources.rtsp import RtspStream
from plate_devices.sources.source import Frame

TESTS = Path(__file__).parents[2]
PATHS = {"mjpeg": "http://127.0.0.1:{}/video", "rtsp": "rtsp://127.0.0.1:{}/drawn", "h264": "rtsp://127.0.0.1:{}/h264"}
COMMANDS = {
    "mjpeg": [sys.executable, "-m", "streams", "mjpeg"],
    "rtsp": [sys.executable, "-m", "streams", "rtsp"],
    "h264": ["/usr/bin/python3", str(TESTS / "streams" / "gstreamer_server.py")],
}


class Program:
    """A server on a port of its own."""

    def __init__(self, kind: str) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.url = PATHS[kind].format(self.port)
        self._command = [*COMMANDS[kind], str(self.port)]
        self.start()

    def start(self) -> None:
        """Start it, and wait until it listens."""
        self._running = subprocess.Popen(
            self._command, stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": str(TESTS)}
        )
        assert self._running.stdout is not None
        assert self._running.stdout.readline() == b"ready\n"

    @property
    def ended(self) -> bool:
        """Whether it is not running."""
        return self._running.poll() is not None

    def send(self, number: int) -> None:
        """Freeze it, thaw it, or kill it."""
        self._running.send_signal(number)
        if number == signal.SIGKILL:
            self._running.communicate()


@pytest.fixture(params=["mjpeg", "rtsp", pytest.param("h264", marks=pytest.mark.system)])
def program(request: pytest.FixtureRequest) -> Iterator[Program]:
    started = Program(request.param)
    yield started
    started.send(signal.SIGKILL)


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Notice a stall within a second or two, and let the thread end in its own time."""
    monkeypatch.setattr(newest_frame, "ENDS_WITHIN", 30.0)
    monkeypatch.setattr(http_connection, "SILENT_AFTER", 1.0)
    monkeypatch.setattr(mjpeg, "SILENT_AFTER", 1.0)
    monkeypatch.setattr(outages, "SETTLED_AFTER", 0.5)
    monkeypatch.setattr(rtsp, "READ_WITHIN", 1.0)
    monkeypatch.setattr(rtsp, "OPEN_WITHIN", 4.0)


class Reader:
    """Reads until something happened, and notes what it was messages."""

    def __init__(self, url: str) -> None:
        stream = RtspStream if url.startswith("rtsp") else MjpegStream
        reopening = ReopeningSource(lambda: stream(parse_address(url)))
        self.source = NewestFrameSource(reopening, stalled_after=2.0)
        self.source.listener = self
        self.messages: list[str] = []
        self._frames = self.source.frames()

    def report(self, message: str) -> None:
        self.messages.append(message)

    def waiting(self) -> None: ...

    def until(self, happened: Callable[[], bool], within: float) -> Frame:
        """Read until it happened; `next` returns only with a frame, so the source has to come back for it."""
        started = time.monotonic()
        while True:
            frame = next(self._frames)
            if happened():
                return frame
            assert time.monotonic() - started < within


def test_frozen_killed_and_started_again(program: Program) -> None:
    reader = Reader(program.url)
    first = reader.until(lambda: True, 60.0)

    program.send(signal.SIGSTOP)
    stopped = time.monotonic()
    noticed: list[float] = []

    def waiting() -> None:
        if reader.messages and not noticed:
            noticed.append(time.monotonic() - stopped)
            program.send(signal.SIGCONT)

    reader.waiting = waiting  # type: ignore[method-assign]
    reader.until(lambda: len(reader.messages) == 2, 60.0)
    assert noticed[0] < 20.0

    program.send(signal.SIGKILL)
    reader.waiting = lambda: program.start() if len(reader.messages) == 3 and program.ended else None  # type: ignore[method-assign]
    last = reader.until(lambda: len(reader.messages) == 4, 60.0)
    reader.source.close()

    assert [message.split()[0] for message in reader.messages] == [reader.source.name] * 4
    assert ["again, after" in message for message in reader.messages] == [False, True, False, True]
    assert last.number > first.number
    assert np.ptp(last.rgb) > 100
    assert not reader.source._thread.is_alive()
