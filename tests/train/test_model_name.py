from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from plate_runtime.model import MODELS
from plate_runtime.model_file import read_model_file
from plate_train.networks.model_name import RESERVED, model_name, named
from plate_train.networks.weights_file import SHIPPED


@dataclass(frozen=True)
class Settings:
    """Of a run."""

    name: str = ""


def test_the_names_of_all_shipped_files_are_reserved() -> None:
    files = [path for path in MODELS.iterdir() if path.suffix in (".tflite", ".onnx")]
    assert {read_model_file(path).manifest.name for path in files} == RESERVED
    assert {path.stem.rpartition("-")[0] for path in SHIPPED.glob("*.h5")} <= RESERVED


@pytest.mark.parametrize(
    ("candidates", "name"),
    [
        (["gate"], "gate"),
        (["night cameras"], "night-cameras"),
        (["plate-reader", "mine"], "mine"),
        (["plate-detector-1.1.0", "mine"], "mine"),
        (["plate-reader-2", "plate-reader-nano"], "my-model"),
        (["plate-20261129-221300"], "plate-20261129-221300"),
        (["...", ""], "my-model"),
        (["ворота", "gate"], "gate"),
    ],
)
def test_a_name_is_the_first_that_is_free(candidates: list[str], name: str) -> None:
    assert model_name(*candidates) == name


def test_a_run_is_named_after_its_folder_unless_it_has_a_name(tmp_path: Path) -> None:
    assert named(Settings(), tmp_path / "gate 2") == Settings("gate-2")
    assert named(Settings("plate-reader"), tmp_path / "gate") == Settings("plate-reader")
