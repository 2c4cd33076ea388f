"""plate-infer --socket: a process of its own, started, asked, stopped."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
from pathlib import Path

import pytest
from device_helpers import process, wait_until_it_listens
from PIL import Image

from plate_devices.cli.infer_options import parse_infer
from plate_runtime.errors import UsageError


def test_it_answers_until_it_is_stopped(options: list[str], tmp_path: Path) -> None:
    Image.new("RGB", (60, 40), (200, 180, 20)).save(tmp_path / "crop.png")
    path = tmp_path / "plates.sock"
    running = subprocess.Popen([*process(), "--socket", str(path), *options], stderr=subprocess.PIPE, text=True)
    wait_until_it_listens(path, running)
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(60)
        client.connect(str(path))
        client.sendall(json.dumps({"id": 1, "path": str(tmp_path / "crop.png")}).encode() + b"\n")
        answer = json.loads(client.makefile().readline())
    assert (answer["request"], answer["plates"][0]["text"], answer["backend"]) == (1, "B", "fake")
    running.send_signal(signal.SIGTERM)
    _, errors = running.communicate(timeout=30)
    assert (running.returncode, errors) == (143, "")
    assert not path.exists()


@pytest.mark.parametrize("more", [["--camera", "demo"], ["crop.png"]])
def test_it_stands_alone(more: list[str]) -> None:
    with pytest.raises(UsageError, match="cannot be used with --camera"):
        parse_infer(["--as", "plate", "--socket", "plates.sock", *more])
