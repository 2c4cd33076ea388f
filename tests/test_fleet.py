"""The example fleet: its rules fire when they should, and no vehicle is lost between devices, broker and database."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from plate_devices.health.metrics import METRICS, PREFIX

FLEET = Path(__file__).parents[1] / "examples" / "fleet"


def test_rules_name_metrics_that_exist() -> None:
    text = (FLEET / "rules.yml").read_text("utf-8")
    used = set(re.findall(rf"{PREFIX}\w+", text))
    assert used and used <= {PREFIX + metric.name for metric in METRICS}


@pytest.mark.system
def test_alerts_fire_when_they_should() -> None:
    for command in (["check", "rules", "rules.yml"], ["test", "rules", "rules_test.yml"]):
        subprocess.run(["promtool", *command], cwd=FLEET, check=True)


@pytest.mark.system
def test_no_vehicle_of_a_fleet_is_lost() -> None:
    command = [sys.executable, str(FLEET / "fleet.py"), "--devices", "2", "--minutes", "0.5"]
    ended = subprocess.run(command, env=os.environ, capture_output=True, text=True, timeout=300, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    result = json.loads(ended.stdout.splitlines()[-1])
    assert result["reported"] >= 10 and result["missing"] == 0
    # The killed device may have sent one vehicle that it had no time to print.
    assert result["reported"] <= result["in_database"] <= result["reported"] + 1
    assert "2 of 2 devices answer" in ended.stdout


@pytest.mark.system
def test_a_fleet_that_is_ended_leaves_no_process_and_no_file() -> None:
    command = [sys.executable, str(FLEET / "fleet.py"), "--devices", "1", "--minutes", "9"]
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)  # for the user postgres
        environment = os.environ | {"TMPDIR": folder}
        with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as running:
            assert running.stdout is not None
            assert running.stdout.readline().startswith("Prometheus: ")
            assert "devices answer" in running.stdout.readline()
            running.terminate()
            assert running.wait(120) == 130
        assert not list(Path(folder).iterdir())
        assert not [path for path in Path("/proc").glob("[0-9]*/cmdline") if folder.encode() in _content(path)]


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""
