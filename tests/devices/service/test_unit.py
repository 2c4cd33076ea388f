"""The unit of systemd, its installed settings, and the script that installs them."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
from soak.device import shipped_environment

import plate_devices.service
from plate_devices.cli.infer_options import parse_infer

PARTS = Path(plate_devices.service.__path__[0])
MOST_EXPOSED = 20
"""Tenths of systemd's score from 0, safe, to 10; docs/operate/service.md states it."""


def install(repository: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    line = ["sh", str(repository / "install.sh"), *arguments]
    return subprocess.run(line, capture_output=True, text=True, check=False, env={**os.environ, **environment})


def test_the_installed_settings_are_right_with_every_example_in_them(tmp_path: Path) -> None:
    text = (PARTS / "plate-infer.toml").read_text("utf-8")
    options = parse_infer(["--config", str(PARTS / "plate-infer.toml")])
    assert options.config is not None
    assert options.config.present >= {"source", "read", "service", "heat", "serve", "output"}
    shown = re.sub(r"(?m)^# (?=\[|\w+ = )", "", text)
    assert shown.count("\n[") > text.count("\n[")
    (tmp_path / "all.toml").write_text(shown)
    options = parse_infer(["--config", str(tmp_path / "all.toml")])
    assert options.config is not None
    assert {"privacy"} <= options.config.present
    assert [one.type for one in options.config.outputs] == ["sqlite", "mqtt"]


def test_the_unit_starts_what_is_installed() -> None:
    unit = (PARTS / "plate-infer.service").read_text("utf-8")
    start = re.search(r"^ExecStart=@VENV@/bin/plate-infer (.*)$", unit, re.MULTILINE)
    assert start is not None
    assert start[1] == "--config /etc/plate-edge/plate-infer.toml"
    for line in ("Type=notify", "WatchdogSec=60", "StateDirectory=plate-edge", "RestartPreventExitStatus=2"):
        assert f"\n{line}\n" in unit


def test_unit_image_and_soak_limit_the_heaps(repository: Path) -> None:
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


@pytest.fixture
def installed(repository: Path, tmp_path: Path) -> Callable[..., tuple[subprocess.CompletedProcess[str], Path]]:
    """Run the script in a temporary root, with commands without effect; return its output and the root."""
    commands, root = tmp_path / "commands", tmp_path / "root"
    commands.mkdir()
    for name in ("apt-get", "useradd", "systemctl"):
        (commands / name).write_text("#!/bin/sh\nexit 0\n")
    (commands / "id").write_text("#!/bin/sh\necho 0\n")
    (commands / "getent").write_text("#!/bin/sh\nexit 2\n")
    # -d -m MODE -o OWNER -g GROUP FOLDER, or -m MODE -o OWNER -g GROUP FILE TARGET
    (commands / "install").write_text(
        '#!/bin/sh\nif [ "$1" = -d ]; then shift 7; exec mkdir -p "$1"; fi\nshift 6; exec cp "$1" "$2"\n'
    )
    python = f'#!/bin/sh\n[ "$1" = -m ] || exec {sys.executable} "$@"\nprintf "%s\\n" "$@" >>{tmp_path}/pip\n'
    (commands / "new-python").write_text(python)
    (commands / "python3").write_text(
        f'#!/bin/sh\n[ "$1" = -m ] || exec {sys.executable} "$@"\nfor last; do :; done\n'
        f'mkdir -p "$last/bin"; cp {commands}/new-python "$last/bin/python"\n'
    )
    for command in commands.iterdir():
        command.chmod(0o755)
    for folder in ("etc/systemd/system/multi-user.target.wants", "usr/local/bin"):
        (root / folder).mkdir(parents=True)
    machine = {"PLATE_EDGE_MACHINE": "x86_64", "PLATE_EDGE_ARCHITECTURE": "amd64", "PLATE_EDGE_PYTHON": "3.11"}
    environment = {**machine, "PLATE_EDGE_ROOT": str(root), "PATH": f"{commands}:{os.environ['PATH']}"}

    def run(*arguments: str) -> tuple[subprocess.CompletedProcess[str], Path]:
        return install(repository, *arguments, **environment), root

    return run


@pytest.mark.parametrize(
    "camera",
    [
        "rtsp://gate:a%20b@10.0.0.5/live?x=1&y=2", "http://gate/#&|$(id)`id`;'", "/dev/v4l/by-id/my camera",
        "rtsp://g\u00e4te/\u00fc%25", "demo:3 \\g<0>".replace("\\", ""), "$HOME ${PATH} !x *", "a=b|c&d",
    ],
)  # fmt: skip
def test_the_camera_option_is_written_into_the_settings(
    installed: Callable[..., tuple[subprocess.CompletedProcess[str], Path]], camera: str
) -> None:
    said, root = installed("--camera", camera)
    assert (said.returncode, said.stderr) == (0, "")
    settings = tomllib.loads((root / "etc/plate-edge/plate-infer.toml").read_text("utf-8"))
    assert settings["source"]["address"] == camera


def test_a_folder_with_any_name_can_be_installed_from(
    installed: Callable[..., tuple[subprocess.CompletedProcess[str], Path]], tmp_path: Path, repository: Path
) -> None:
    checkout = tmp_path / "my & copy's $x %y"
    checkout.mkdir()
    prefix = tmp_path / "opt" / "plate.edge_2-x"
    said, root = installed("--from", str(checkout), "--prefix", str(prefix))
    assert (said.returncode, said.stderr) == (0, "")
    assert f"{checkout}[camera,mqtt]" in (tmp_path / "pip").read_text().splitlines()
    unit = (root / "etc/systemd/system/plate-infer.service").read_text("utf-8")
    assert f"\nExecStart={prefix}/venv/bin/plate-infer --config /etc/plate-edge/plate-infer.toml\n" in unit
    assert "@VENV@" not in unit
    assert (root / "usr/local/bin/plate-doctor").readlink() == prefix / "venv/bin/plate-doctor"


@pytest.mark.parametrize("option", ["--camera", "--from", "--prefix"])
@pytest.mark.parametrize("bad", ["/a\nb", "/a\n", "/a\rb", "/a\tb", "/a\x1bb"])
def test_control_characters_are_refused(repository: Path, option: str, bad: str) -> None:
    said = install(repository, "--dry-run", option, bad, PLATE_EDGE_MACHINE="x86_64", PLATE_EDGE_ARCHITECTURE="amd64")
    assert (said.returncode, said.stdout) == (2, "")
    assert said.stderr == f"install.sh: {option} holds a line break or another control character\n"


@pytest.mark.parametrize(
    "prefix",
    ["", "opt", "./opt", "/", "/opt/my edge", "/opt/a&b", "/opt/a|b", "/opt/a%b", "/opt/$a", '/opt/"a', "/opt/'a",
     "/opt/a;b", "/opt/\\a", "/opt/../etc", "/opt/..", "/opt/\u00e4"],
)  # fmt: skip
def test_a_prefix_that_systemd_would_read_otherwise_is_refused(repository: Path, prefix: str) -> None:
    said = install(
        repository, "--dry-run", "--prefix", prefix, PLATE_EDGE_MACHINE="x86_64", PLATE_EDGE_ARCHITECTURE="amd64"
    )
    assert (said.returncode, said.stdout) == (2, "")
    assert said.stderr.startswith("install.sh: --prefix ")
    assert said.stderr.count("\n") == 1
