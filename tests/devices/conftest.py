"""What the tests of the commands share."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from device_helpers import process
from PIL import Image

from plate_devices.sources.source import require_opencv

# How much FFmpeg prints is asked once, when the first film is opened, and tests encode films themselves.
require_opencv("testing")


@pytest.fixture
def model(make_model_file: Callable[..., Path]) -> str:
    """A tiny character model, for the fake backend or to be run."""
    return str(make_model_file())


@pytest.fixture
def options(model: str) -> list[str]:
    """Read characters with a backend that always answers B."""
    return ["--as", "character", "--model", model, "--backend", "fake:B"]


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    """A readable picture, 60x40."""
    path = tmp_path / "crop.png"
    Image.new("RGB", (60, 40), (200, 180, 20)).save(path)
    return path


@pytest.fixture
def run_infer() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run plate-infer as a process of its own: run_infer("--as", "character", "crop.png", input="...")."""

    def run(*arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
        command = [*process(), *arguments]
        return subprocess.run(command, check=False, capture_output=True, text=True, timeout=60, **options)

    return run
