"""OpenVINO, which nothing else needs: it reads the shipped ONNX files, and an export checks its files there."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from .conftest import Environment, MakeEnvironment

pytestmark = pytest.mark.system


@pytest.fixture(scope="module")
def openvino(make_environment: MakeEnvironment, wheel: Path) -> Environment:
    """The wheel with its extra `openvino`."""
    return make_environment("openvino", f"{wheel}[openvino]")


@pytest.fixture(scope="module")
def samples(repository: Path) -> list[str]:
    """The sample pictures."""
    folder = repository / "devices" / "plate_devices" / "samples"
    return sorted(str(path) for path in folder.iterdir() if path.suffix in (".png", ".jpg"))


def test_openvino_reads_the_samples_and_auto_takes_litert(openvino: Environment, samples: list[str]) -> None:
    read = {backend: _records(openvino, "--backend", backend, *samples) for backend in ("auto", "openvino")}
    assert {record["backend"] for record in read["openvino"]} == {"openvino"}
    assert {record["backend"] for record in read["auto"]} == {"litert"}
    texts = [[[plate["text"] for plate in record["plates"]] for record in records] for records in read.values()]
    assert texts[0] == texts[1] and any(texts[0])


def _records(environment: Environment, *arguments: str) -> list[dict[str, Any]]:
    command = [environment.folder / "bin" / "plate-infer", "--as", "plate", "--json", *arguments]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    return [json.loads(line) for line in ended.stdout.splitlines()]


def test_an_export_is_checked_in_openvino_and_reports_its_difference(
    exporting: Environment, repository: Path, tmp_path: Path
) -> None:
    libraries = tmp_path / "libraries"
    pip = [exporting.folder / "bin" / "pip", "install", "--quiet", "--no-deps", "--target", libraries, "openvino"]
    subprocess.run(pip, check=True, timeout=600)
    model = repository / "train" / "plate_train" / "weights" / "plate-character-1.0.0.h5"
    program = ["-m", "plate_export.command", str(model), "--int8", "--onnx", "--out", str(tmp_path / "out")]
    exporting.run(*program, variables={"PYTHONPATH": str(libraries)})
    report = json.loads((tmp_path / "out" / "plate-character-1.0.0-report.json").read_text())
    checks = {one["backend"]: one for file in report["artefacts"] for one in file["checks"]}
    assert set(checks) == {"litert", "onnx", "openvino"}
    assert checks["openvino"]["folded"] >= report["limits"]["needed"]
    differences = {one["backend"]: one for one in report["noise"]["differences"]}
    assert differences["onnx"]["steps"] <= differences["onnx"]["limit"] == 1
    assert 0 < differences["openvino"]["steps"] <= differences["openvino"]["limit"] == 32
    text = (tmp_path / "out" / "plate-character-1.0.0-report.md").read_text()
    assert "plate-character-1.0.0-int8.onnx in openvino), 32 are allowed" in text
