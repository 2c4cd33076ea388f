"""The unit of systemd, the settings that are installed with it, and the script that installs them."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from soak.station import shipped_environment

import plate_devices.service
from plate_devices.arguments import parse_infer

PARTS = Path(plate_devices.service.__path__[0])
MOST_EXPOSED = 20
"""Tenths of systemd's score from 0, safe, to 10; docs/service.md states it."""


def install(repository: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    line = ["sh", str(repository / "install.sh"), *arguments]
    return subprocess.run(line, capture_output=True, text=True, check=False, env={**os.environ, **environment})


def test_the_installed_settings_are_right_with_every_example_in_them(tmp_path: Path) -> None:
    text = (PARTS / "plate-infer.toml").read_text("utf-8")
    options = parse_infer(["--config", str(PARTS / "plate-infer.toml")])
    assert options.config is not None
    assert options.config.given >= {"source", "read", "service", "heat", "serve", "output"}
    shown = re.sub(r"(?m)^# (?=\[|\w+ = )", "", text)
    assert shown.count("\n[") > text.count("\n[")
    (tmp_path / "all.toml").write_text(shown)
    options = parse_infer(["--config", str(tmp_path / "all.toml")])
    assert options.config is not None
    assert {"privacy"} <= options.config.given
    assert [one.type for one in options.config.outputs] == ["sqlite", "mqtt"]


def test_the_unit_starts_what_is_installed() -> None:
    unit = (PARTS / "plate-infer.service").read_text("utf-8")
    start = re.search(r"^ExecStart=@VENV@/bin/plate-infer (.*)$", unit, re.MULTILINE)
    assert start is not None
    assert start[1] == "--config /etc/plate-edge/plate-infer.toml"
    for line in ("Type=notify", "WatchdogSec=60", "StateDirectory=plate-edge", "RestartPreventExitStatus=2"):
        assert f"\n{line}\n" in unit


def test_unit_image_and_soak_have_as_few_heaps(repository: Path) -> None:
    unit = (PARTS / "plate-infer.service").read_text("utf-8")
    few = {"OPENBLAS_NUM_THREADS=1", "MALLOC_ARENA_MAX=2"}
    set_by_unit = re.findall(r"^Environment=(.*)$", unit, re.MULTILINE)
    assert few <= {pair for line in set_by_unit for pair in line.split()}
    assert few <= set(re.findall(r"--config\.env (\S+)", (repository / "containers" / "build.sh").read_text("utf-8")))
    assert few <= {f"{name}={value}" for name, value in shipped_environment().items()}


@pytest.mark.system
def test_systemd_finds_nothing_wrong_with_the_unit(tmp_path: Path) -> None:
    unit = (
        (PARTS / "plate-infer.service").read_text("utf-8").replace("@VENV@/bin/plate-infer", shutil.which("true") or "")
    )
    (tmp_path / "plate-infer.service").write_text(unit)
    verify = ["systemd-analyze", "verify", "./plate-infer.service"]
    verified = subprocess.run(verify, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (verified.returncode, verified.stderr) == (0, "")
    score = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", f"--threshold={MOST_EXPOSED}", "./plate-infer.service"],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert score.returncode == 0, score.stdout[-300:]


@pytest.mark.parametrize(
    ("machine", "architecture", "camera", "expected"),
    [
        ("x86_64", "amd64", "0", "[camera,mqtt]"),
        ("aarch64", "arm64", "rtsp://gate/1", "[camera,mqtt]"),
        ("aarch64", "arm64", "csi:0", "python3-picamera2"),
        ("armv7l", "armhf", "0", "python3-numpy python3-pil"),
        ("armv7l", "armhf", "0", "--no-deps tflite-runtime"),
    ],
)
def test_the_script_says_what_it_would_do(
    repository: Path, machine: str, architecture: str, camera: str, expected: str
) -> None:
    machine_is = {"PLATE_EDGE_MACHINE": machine, "PLATE_EDGE_ARCHITECTURE": architecture, "PLATE_EDGE_PYTHON": "3.11"}
    said = install(repository, "--dry-run", "--camera", camera, **machine_is)
    assert (said.returncode, said.stderr) == (0, "")
    assert expected in said.stdout
    assert "useradd --system" in said.stdout
    assert ("--system-site-packages" in said.stdout) == (architecture == "armhf" or camera == "csi:0")


@pytest.mark.parametrize(
    ("arguments", "environment", "code", "reason"),
    [
        (["--camra", "0"], {}, 2, "--camra is no option"),
        (["--camera"], {}, 2, "--camera needs a value"),
        (["--camera", 'a"b'], {}, 2, "a quote or a backslash"),
        (["--dry-run"], {"PLATE_EDGE_MACHINE": "armv6l"}, 4, "no interpreter exists for ARMv6"),
        (["--dry-run"], {"PLATE_EDGE_ARCHITECTURE": "riscv64"}, 4, "nothing is known of riscv64"),
        (
            ["--dry-run"],
            {"PLATE_EDGE_ARCHITECTURE": "armhf", "PLATE_EDGE_PYTHON": "3.13"},
            4,
            "32-bit needs Python 3.11",
        ),
    ],
)
def test_the_script_refuses_what_cannot_work(
    repository: Path, arguments: list[str], environment: dict[str, str], code: int, reason: str
) -> None:
    said = install(repository, *arguments, **environment)
    assert (said.returncode, said.stdout) == (code, "")
    assert reason in said.stderr
    assert said.stderr.count("\n") == 1
