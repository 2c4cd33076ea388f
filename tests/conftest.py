"""Fixtures for every room: tiny models, and the real pictures where they lie beside the checkout."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tiny_models import model_bytes

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="session")
def repository() -> Path:
    """The checkout's top-level folder."""
    return ROOT


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real pictures: PLATE_EDGE_SHARED_DATA, else `shared/data` beside the checkout."""
    folder = Path(os.environ.get("PLATE_EDGE_SHARED_DATA", ROOT.parent / "shared" / "data"))
    if not (folder / "README.md").is_file():
        pytest.skip(f"no real pictures at {folder}")
    return folder


@pytest.fixture
def make_model_file(tmp_path: Path) -> Callable[..., Path]:
    """Make a tiny model file: make_model_file("tflite" | "onnx", precision="float32" | "int8", **manifest changes)."""

    def make(format_: str = "tflite", precision: str = "float32", **changes: Any) -> Path:
        path = tmp_path / f"tiny-{precision}.{format_}"
        path.write_bytes(model_bytes(format_, precision, **changes))
        return path

    return make
