"""Virtual environments of their own, each with exactly what is named and nothing of this checkout's."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from wheels import build_wheel

COPIED_AS = "reader_of_another_product"
OLDEST = ("numpy==1.24.*", "pillow==9.4.*")


@dataclass(frozen=True)
class Environment:
    """A virtual environment: `python` in it, and a working folder that is not the checkout."""

    folder: Path

    def run(self, *arguments: str, ok: bool = True, variables: dict[str, str] | None = None) -> str:
        """Run `python ARGUMENTS` in it and return its standard output; with `ok` it has to exit with 0."""
        ended = self.attempt(*arguments, variables=variables)
        assert not ok or ended.returncode == 0, ended.stdout + ended.stderr
        return ended.stdout

    def attempt(self, *arguments: str, variables: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        """Run `python ARGUMENTS` in it and return how it ended."""
        clean = {"PATH": "/usr/bin:/bin", "HOME": str(self.folder), **(variables or {})}
        command = [str(self.folder / "bin" / "python"), *arguments]
        return subprocess.run(
            command, cwd=self.folder, env=clean, capture_output=True, text=True, timeout=600, check=False
        )

    def has(self, module: str) -> bool:
        """Whether `module` can be found in it."""
        return self.run("-c", f"import importlib.util as u; print(u.find_spec({module!r}) is not None)") == "True\n"


MakeEnvironment = Callable[..., Environment]


@pytest.fixture(scope="session")
def make_environment(tmp_path_factory: pytest.TempPathFactory) -> MakeEnvironment:
    """make_environment("name", "package", ..., python=...) -> Environment with these installed."""

    def make(name: str, *packages: str, python: str = sys.executable, options: tuple[str, ...] = ()) -> Environment:
        folder = tmp_path_factory.mktemp(name) / "venv"
        subprocess.run([python, "-m", "venv", str(folder)], check=True, timeout=300)
        install = [
            str(folder / "bin" / "pip"),
            "install",
            "--quiet",
            "--disable-pip-version-check",
            *options,
            *packages,
        ]
        ended = subprocess.run(install, capture_output=True, text=True, timeout=900, check=False)
        assert ended.returncode == 0, ended.stderr
        return Environment(folder)

    return make


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel that a user would install, built from the checkout."""
    return build_wheel(tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="session")
def python_311() -> str:
    """A Python 3.11: the only one that tflite-runtime and the oldest numpy have wheels for."""
    if sys.version_info[:2] == (3, 11):
        return sys.executable
    found = shutil.which("python3.11")
    if found is None:
        pytest.skip("no Python 3.11 on this machine")
    return found


@pytest.fixture(scope="session")
def copied_runtime(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that holds a copy of plate_runtime under another name, as another product would carry it."""
    folder = tmp_path_factory.mktemp("product")
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(repository / "runtime" / "plate_runtime", folder / COPIED_AS, ignore=ignored)
    return folder


@pytest.fixture(scope="session")
def base(make_environment: MakeEnvironment, wheel: Path) -> Environment:
    """The wheel with its own dependencies, at their newest."""
    return make_environment("base", str(wheel))


@pytest.fixture(scope="session")
def exporting(make_environment: MakeEnvironment, wheel: Path) -> Environment:
    """The wheel with its extra `export`, as a user installs it to export models."""
    return make_environment("export", f"{wheel}[export]")


@pytest.fixture(scope="session")
def oldest(make_environment: MakeEnvironment, python_311: str) -> Environment:
    """The oldest supported numpy and pillow, and nothing of ours."""
    return make_environment("oldest", *OLDEST, "ai-edge-litert", python=python_311)


@pytest.fixture(scope="session")
def old_interpreter(make_environment: MakeEnvironment, python_311: str) -> Environment:
    """tflite-runtime with the numpy it needs, and nothing of ours."""
    return make_environment("tflite", "tflite-runtime==2.14.*", "numpy<2", "pillow", python=python_311)


@pytest.fixture(scope="session")
def onnx_interpreter(make_environment: MakeEnvironment) -> Environment:
    """onnxruntime, and nothing of ours."""
    return make_environment("onnx", "onnxruntime", "numpy", "pillow")
