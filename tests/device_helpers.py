"""Plates, frames and command lines for the tests of plate_devices."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from plate_devices.events.records import Engine, Origin, vehicle_record
from plate_devices.follow import Vehicle
from plate_devices.sources.picture_files import list_inputs, open_input
from plate_devices.sources.source import Frame, Source
from plate_runtime.results import Character, Plate

START = datetime(2026, 5, 1, 12, 0, 0, tzinfo=UTC)


def process(command: str = "infer") -> list[str]:
    """The beginning of a command line that runs plate-infer or plate-eval with this interpreter."""
    return [sys.executable, "-c", f"from plate_devices.cli.{command} import main; main()"]


def until(happened: Callable[[], object], within: float = 60.0) -> None:
    """Wait until something happens; fail after so many seconds."""
    deadline = time.monotonic() + within
    while not happened():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def make_plate(text: str, confidence: float = 0.9, box: tuple[int, int, int, int] = (4, 6, 40, 12)) -> Plate:
    """A plate as a reader would return it."""
    x, y, width, height = box
    corners = ((x, y), (x + width, y), (x + width, y + height), (x, y + height))
    characters = tuple(Character(sign, confidence, (("8", 0.01),)) for sign in text)
    return Plate(text, text, confidence, 1.0, box, corners, None, characters)


def past_record(text: str, moment: str = "2026-05-01T12:00:00.000Z", confidence: float = 0.9) -> dict[str, Any]:
    """The record of a vehicle that has passed; `moment` is its time."""
    crop = np.zeros((12, 40, 3), np.uint8)
    vehicle = Vehicle(make_plate(text, confidence), confidence, 9, 9, 0, 9, START, START, None, None, crop)
    record = vehicle_record(Origin("gate", Engine({"reader": "plate-reader@1.0.0"}, "fake"), camera="gate"), vehicle)
    return record | {"first_time": moment, "last_time": moment}


def make_frame(number: int = 0, size: tuple[int, int] = (40, 60), live: bool = True) -> Frame:
    """A gray frame of (height, width), a tenth of a second after the one before."""
    rgb = np.full((*size, 3), 120, np.uint8)
    return Frame(rgb, number, START + timedelta(seconds=number / 10) if live else None)


def wait_until_it_listens(path: Path, running: subprocess.Popen[Any]) -> None:
    """Wait until a program answers at its socket. The file is there a moment before that."""
    until = time.monotonic() + 60
    while running.poll() is None:
        with socket.socket(socket.AF_UNIX) as client:
            try:
                client.connect(str(path))
                return
            except (FileNotFoundError, ConnectionRefusedError):
                assert time.monotonic() < until, f"nothing listens at {path}"
        time.sleep(0.05)


def records(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    """The records that a command has printed."""
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def open_paths(paths: Sequence[str], leave_out: Sequence[Path] = ()) -> list[Source]:
    """The sources that a command would read one after the other."""
    return [open_input(found) for found in list_inputs(paths, leave_out)]
