from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from plate_export.checks import reading_process
from plate_runtime import backends
from plate_runtime.errors import ModelError
from plate_runtime.model import open_model


def test_the_other_process_gives_the_same_outputs(make_model_file: Callable[..., Path]) -> None:
    path = make_model_file("tflite", "int8")
    inputs = np.random.default_rng(1).random((70, 28, 28, 1), np.float32)
    counted: list[int] = []
    read = reading_process.read_all(path, "litert", inputs, counted.append)
    with open_model(path, backend="litert") as model:
        assert np.array_equal(read.outputs, model.predict(inputs))
        assert (read.backend, read.version) == (model.backend.name, model.backend.version)
    assert counted == [64, 6]


def test_the_other_process_has_the_same_interpreters() -> None:
    assert reading_process.installed() == backends.installed()


def test_a_refused_file_is_one_sentence(make_model_file: Callable[..., Path]) -> None:
    path = make_model_file()
    content = bytearray(path.read_bytes())
    content[100] ^= 0xFF
    path.write_bytes(content)
    with pytest.raises(ModelError, match="digest does not match"):
        reading_process.read_all(path, "litert", np.zeros((1, 28, 28, 1), np.float32))


def test_a_crash_is_not_an_error_message(make_model_file: Callable[..., Path], tmp_path: Path) -> None:
    # A file of the interpreter's name on the import path, that ends the process: as a native crash would.
    fake = tmp_path / "ai_edge_litert"
    fake.mkdir()
    (fake / "__init__.py").write_text("import os; os._exit(134)\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(tmp_path))
        with pytest.raises(ModelError, match="the interpreter crashed"):
            reading_process.read_all(make_model_file(), "litert", np.zeros((1, 28, 28, 1), np.float32))


def test_the_child_does_not_outlive_an_interrupted_parent(make_model_file: Callable[..., Path]) -> None:
    def interrupt(_count: int) -> None:
        raise KeyboardInterrupt

    inputs = np.zeros((640, 28, 28, 1), np.float32)
    with pytest.raises(KeyboardInterrupt):
        reading_process.read_all(make_model_file(), "litert", inputs, interrupt)
