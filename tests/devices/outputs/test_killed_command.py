"""plate-infer itself is killed: every printed line is delivered."""

from __future__ import annotations

import json
import random
import sqlite3
import subprocess
from pathlib import Path

from device_helpers import process

SETTINGS = """
[queue]
folder = "{folder}/queue"

[[output]]
type = "lines"

[[output]]
type = "sqlite"
path = "{folder}/plates.sqlite"
"""


def start(settings: Path, vehicles: int) -> subprocess.Popen[str]:
    command = [*process(), "--camera", f"demo:{vehicles}", "--as", "plate", "--json", "--config", str(settings)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def test_printed_events_are_delivered_after_a_kill(tmp_path: Path) -> None:
    settings = tmp_path / "settings.toml"
    settings.write_text(SETTINGS.format(folder=tmp_path))
    printed: list[str] = []
    for lines in random.sample(range(1, 6), 3):
        running = start(settings, 200)
        assert running.stdout is not None
        seen = [running.stdout.readline() for _ in range(lines)]
        running.kill()
        seen += running.stdout.read().splitlines(keepends=True)
        printed += [json.loads(line)["id"] for line in seen if line.endswith("\n")]
        running.wait()
    last = start(settings, 1)
    printed += [json.loads(line)["id"] for line in last.communicate(timeout=300)[0].splitlines()]
    assert last.returncode == 0
    rows = sqlite3.connect(tmp_path / "plates.sqlite").execute("SELECT id FROM events WHERE type = 'vehicle'")
    assert set(printed) <= {row[0] for row in rows}
    assert len(set(printed)) == len(printed) > 3
