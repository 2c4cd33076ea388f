"""A machine that runs the project's commands: an emulated one with the wheel installed, or this one."""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import distributions
from pathlib import Path

from wheels import ROOT

from arm import debian

_PYTHON = {"bookworm": "3.11", "trixie": "3.13"}
_LONGEST = 3600


@dataclass(frozen=True)
class Board:
    """What is emulated, and how the documented installation looks on it.

    Attributes:
        processors: names for the emulator, the usual one first ("max" would be ten times slower).
        from_debian: packages of the root; from_pip: what pip adds to the wheel, None for what the wheel asks for.
        tags: platforms of the wheels that pip may take.
    """

    architecture: str
    release: str
    processors: tuple[str, ...]
    backends: tuple[str, ...]
    from_debian: tuple[str, ...]
    from_pip: tuple[str, ...] | None
    tags: tuple[str, ...]

    @property
    def name(self) -> str:
        """Such as "arm64-bookworm"."""
        return f"{self.architecture}-{self.release}"


# What a Pi Zero 2 W and a Pi 3, a Pi 4, and a Pi 5 have. Interpreters choose other kernels for each.
_ARM64 = Board(
    "arm64",
    "bookworm",
    processors=("cortex-a72", "cortex-a53", "cortex-a76"),
    backends=("litert", "onnx"),
    from_debian=("python3", "libgomp1", "libstdc++6"),
    from_pip=None,
    tags=tuple(f"{tag}_aarch64" for tag in ("manylinux_2_34", "manylinux_2_28", "manylinux_2_27", "manylinux2014")),
)
BOARDS = (
    _ARM64,
    replace(_ARM64, release="trixie"),
    Board(
        "armhf",
        "bookworm",  # no interpreter has a wheel for 32 bits and the Python 3.13 of trixie
        processors=("cortex-a7",),
        backends=("tflite",),
        from_debian=("python3", "python3-numpy", "python3-pil"),
        from_pip=("tflite-runtime",),
        tags=("manylinux_2_34_armv7l", "manylinux2014_armv7l"),
    ),
)


@dataclass(frozen=True)
class Machine:
    """Programs of the project and the command line, without the program's name, that runs them."""

    name: str
    interpreter: tuple[str, ...]
    programs: Path
    environment: Mapping[str, str]
    packages: tuple[Path, ...]
    python: str = platform.python_version()

    def run(self, program: str, *arguments: str | Path) -> str:
        """Run `plate-infer` or another program to its end, with exit code 0, and return its standard output."""
        command = [*self.interpreter, str(self.programs / program), *map(str, arguments)]
        ended = subprocess.run(
            command, env=dict(self.environment), capture_output=True, text=True, timeout=_LONGEST, check=False
        )
        assert ended.returncode == 0, f"{self.name}: {program} ended with {ended.returncode}: {ended.stderr[-2000:]}"
        return ended.stdout

    def version(self, package: str) -> str:
        """Return the version of an installed package, "" where it is not installed."""
        found = distributions(name=package, path=[str(folder) for folder in self.packages])
        return next((one.version for one in found), "")


def this_machine() -> Machine:
    """Return this machine with the checkout as it is installed in this Python."""
    programs = Path(sys.executable).parent
    return Machine("this machine", (sys.executable,), programs, os.environ, tuple(map(Path, sys.path)))


def with_versions_of(machine: Machine, packages: Sequence[str]) -> Machine:
    """Return this machine with the project as installed on an emulated one, and the same versions of `packages`."""
    python = sys.executable if platform.python_version().startswith(machine.python) else f"python{machine.python}"
    wanted = [f"{package}=={machine.version(package)}" for package in packages]
    options = ["--python-version", machine.python, "--only-binary=:all:", "--no-deps", *wanted]
    theirs = _installed(debian.KEPT / "this-machine", "packages", _digest("\n".join(wanted).encode()), options)
    ours = machine.programs.parent
    environment = {**os.environ, "PYTHONPATH": f"{ours}{os.pathsep}{theirs}"}
    return Machine("this machine", (python,), machine.programs, environment, (ours, theirs), machine.python)


def emulated(board: Board, wheel: Path, processor: str) -> Machine:
    """Return a board with the wheel and the wheels it asks for installed; roots and packages are kept between runs."""
    python = _PYTHON[board.release]
    root = debian.root(board.architecture, board.release, board.from_debian)
    ours, theirs = _install(board, wheel, python)
    of_debian = root / "usr" / "lib" / "python3" / "dist-packages"
    emulator = (str(debian.emulator(board.architecture)), "-cpu", processor, "-L", str(root))
    environment = {"PATH": "/usr/bin:/bin", "HOME": "/nowhere", "PYTHONPATH": f"{ours}{os.pathsep}{theirs}"}
    interpreter = (*emulator, str(root / "usr" / "bin" / f"python{python}"))
    packages = (ours, theirs, of_debian)
    return Machine(f"{board.name} {processor}", interpreter, ours / "bin", environment, packages, python)


def _install(board: Board, wheel: Path, python: str) -> tuple[Path, Path]:
    """Return the folder of the project's wheel, and that of what pip installs beside it."""
    kept = debian.KEPT / board.name
    platform = ["--python-version", python, "--implementation", "cp", "--only-binary=:all:"]
    platform += [part for tag in board.tags for part in ("--platform", tag)]
    beside = [*_wanted()] if board.from_pip is None else ["--no-deps", *board.from_pip]
    packages = _installed(kept, "packages", _digest("\n".join(beside).encode()), [*platform, *beside])
    project = _installed(kept, "project", _digest(wheel.read_bytes()), [*platform, "--no-deps", str(wheel)])
    return project, packages


def _wanted() -> list[str]:
    """Return what the base install and the extra of the other interpreter ask for."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return [*project["dependencies"], *project["optional-dependencies"]["onnx"]]


def _installed(kept: Path, name: str, digest: str, options: Sequence[str]) -> Path:
    """Let pip install into `kept`/NAME-DIGEST, once; another digest replaces what was there."""
    folder = kept / f"{name}-{digest}"
    if not folder.is_dir():
        for old in kept.glob(f"{name}-*"):
            shutil.rmtree(old)
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-compile"]
        with debian.Half(folder) as half:
            debian.run([*pip, "--target", str(half), *options])
    return folder


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:12]
