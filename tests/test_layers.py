"""Imports point down only, as the page on layers draws them, and packages are cheap to import."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path
from xml.etree import ElementTree

import pytest

PACKAGES = ["plate_runtime", "plate_train", "plate_export", "plate_devices"]
HEAVY = ["tensorflow", "keras", "cv2", "onnx", "onnxruntime", "matplotlib", "ai_edge_litert", "numpy", "PIL", "h5py"]


def python(code: str) -> str:
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=True)
    return ended.stdout.strip()


def test_imports_point_down_only(repository: Path) -> None:
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports_command as run; run()"]
    ended = subprocess.run(command, cwd=repository, capture_output=True, text=True, timeout=300, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    contracts = tomllib.loads((repository / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]["contracts"]
    assert len(contracts) >= 8
    assert f"{len(contracts)} kept, 0 broken" in ended.stdout


@pytest.mark.parametrize("package", PACKAGES)
def test_importing_a_package_loads_nothing_heavy(package: str) -> None:
    code = f"import sys, {package}; print(sorted(set({HEAVY}) & set(sys.modules)))"
    assert python(code) == "[]"


@pytest.mark.parametrize(
    "module",
    [
        "plate_runtime.reader",
        "plate_devices.cli.infer",
        "plate_devices.cli.evaluate",
        "plate_devices.cli.doctor",
        "plate_train.command",
        "plate_export.command",
    ],
)
def test_commands_start_without_tensorflow_and_opencv(module: str) -> None:
    heavy = ["tensorflow", "keras", "cv2", "onnx", "matplotlib"]
    assert python(f"import sys, {module}; print(sorted(set({heavy}) & set(sys.modules)))") == "[]"


def test_the_runtime_imports_itself_by_relative_names_only(repository: Path) -> None:
    for file in (repository / "runtime" / "plate_runtime").rglob("*.py"):
        code = [line for line in file.read_text(encoding="utf-8").splitlines() if line.startswith(("import ", "from "))]
        assert not any(line.split()[1].startswith("plate_") for line in code), file


def test_layers_are_drawn_from_the_imports(repository: Path, tmp_path: Path) -> None:
    script = repository / "docs" / "hooks" / "layers.py"
    subprocess.run([sys.executable, str(script), str(tmp_path / "layers.svg")], timeout=120, check=True)
    drawn = ElementTree.fromstring((tmp_path / "layers.svg").read_text())
    texts = [element.text for element in drawn.iter("{http://www.w3.org/2000/svg}text") if element.text]
    assert {"decode", "synthetic", "convert", "sources"} <= set(texts)
    assert texts.index("cli") < texts.index("outputs") < texts.index("addresses")
