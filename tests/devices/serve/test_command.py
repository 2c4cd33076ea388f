"""plate-infer --serve: the page of a camera that is watched by a process of its own."""

from __future__ import annotations

import http.client
import json
import re
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from device_helpers import process
from page_client import TOKEN


def ask(port: int, method: str, path: str, body: str | None = None) -> tuple[Any, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request(method, path, body, {"Authorization": f"Bearer {TOKEN}"})
    answer = connection.getresponse()
    return answer.headers, answer.read()


def wait_for(found: Callable[[], bool]) -> None:
    until = time.monotonic() + 90
    while time.monotonic() < until:
        try:
            if found():
                return
        except OSError:
            pass
        time.sleep(0.2)
    pytest.fail("waited in vain")


def test_a_camera_with_its_page(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    (tmp_path / "family.txt").write_text("BC37FYK\n")
    (tmp_path / "token").write_text(TOKEN)
    (tmp_path / "token").chmod(0o600)
    config = tmp_path / "gate.toml"
    config.write_text(
        f'[source]\naddress = "demo:100000"\n[read]\nas = "plate"\n'
        f'[serve]\naddress = "127.0.0.1:{port}"\nroi_file = "{tmp_path / "roi.json"}"\n'
        f'token_file = "{tmp_path / "token"}"\n'
        f'[privacy]\nmode = "nothing"\n[[watchlist]]\nname = "family"\nfile = "{tmp_path / "family.txt"}"\n'
    )
    with (tmp_path / "out").open("w") as out:
        running = subprocess.Popen([*process(), "--config", str(config), "--json"], stdout=out, stderr=subprocess.PIPE)
        try:
            wait_for(lambda: len(json.loads(ask(port, "GET", "/state")[1])["passed"]) > 0)
            headers, picture = ask(port, "GET", "/frame?after=0")
            overlay = json.loads(headers["Plate-Edge-Frame"])
            assert (overlay["width"], overlay["height"], overlay["roi"]) == (640, 480, [180, 330, 280, 72])
            assert picture.startswith(b"\xff\xd8")
            state = json.loads(ask(port, "GET", "/state")[1])
            assert all(one["text"] == "" and one["hash"] is None for one in state["passed"])
            assert state["health"]["frames_read"] > 0
            assert re.search(rb"^plate_edge_\w+ \d", ask(port, "GET", "/metrics")[1], re.MULTILINE)
            ask(port, "POST", "/roi", json.dumps({"roi": [170, 320, 300, 92]}))
            wait_for(lambda: json.loads(ask(port, "GET", "/state")[1])["roi"] == [170, 320, 300, 92])
        finally:
            running.send_signal(signal.SIGTERM)
            _, errors = running.communicate(timeout=60)
    assert running.returncode in (0, 143), errors
    assert b"Traceback" not in errors
    records = [json.loads(line) for line in (tmp_path / "out").read_text().splitlines()]
    assert records[0]["watchlists"] == [{"name": "family", "match": "exact"}]
    assert all(record["plates"][0]["text"] == "" for record in records)
    assert "BC37FYK" not in (tmp_path / "out").read_text()
    assert json.loads((tmp_path / "roi.json").read_text()) == {"roi": [170, 320, 300, 92]}
