from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from tiny_detectors import draw_frame, plate_corners
from tiny_plates import draw_cells

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


def test_a_crash_is_not_an_error_message(
    make_model_file: Callable[..., Path], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    # A file of the interpreter's name on the import path, that ends the process: as a native crash would.
    fake = tmp_path / "ai_edge_litert"
    fake.mkdir()
    (fake / "__init__.py").write_text("import os; os.write(2, b'native words\\n'); os._exit(134)\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(tmp_path))
        for debug in (False, True):
            with pytest.raises(ModelError, match=r"the interpreter crashed: .*; run with --debug"):
                reading_process.read_all(make_model_file(), "litert", np.zeros((1, 28, 28, 1), np.float32), debug=debug)
            assert ("native words" in capfd.readouterr().err) == debug


def test_the_child_does_not_outlive_an_interrupted_parent(make_model_file: Callable[..., Path]) -> None:
    def interrupt(_count: int) -> None:
        raise KeyboardInterrupt

    inputs = np.zeros((640, 28, 28, 1), np.float32)
    with pytest.raises(KeyboardInterrupt):
        reading_process.read_all(make_model_file(), "litert", inputs, interrupt)


def test_plates_are_read_from_their_originals(
    make_plate_model: Callable[..., Path], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path, crops = make_plate_model(), [draw_cells("AB12"), np.kron(draw_cells("K7"), np.ones((2, 2), np.uint8))]
    with open_model(path, "plate", backend="litert") as model:
        inputs = np.zeros((66, *model.manifest.input.shape), np.float32)
        expected = model.predict(inputs)
    counted: list[int] = []
    read = reading_process.read_all(path, "litert", inputs, counted.append, originals=crops)
    assert (read.texts, read.plates) == (["AB12", "K7"], [])
    assert counted == [64, 2, 1, 1]
    # The same in this process, as the other one runs it.
    given, taken, originals = (tmp_path / name for name in ("in.npy", "out.npy", "crops.npz"))
    np.save(given, inputs)
    np.savez(originals, *crops)
    assert reading_process._main([str(path), "litert", str(given), str(taken), str(originals)]) == 0
    *counts, last = map(json.loads, capsys.readouterr().out.splitlines())
    assert counts == [64, 2, 1, 1]
    assert last == {"backend": "litert", "version": read.version, "texts": ["AB12", "K7"], "plates": []}
    assert np.array_equal(np.load(taken), expected) and np.array_equal(read.outputs, expected)


def test_frames_are_searched_and_read_as_the_product_does(
    make_detector: Callable[..., Path], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path, frame = make_detector(), draw_frame({(2, 3): "AB12XYZ"})
    given, taken, originals = (tmp_path / name for name in ("in.npy", "out.npy", "frames.npz"))
    with open_model(path, "detector", backend="litert") as model:
        np.save(given, np.zeros((1, *model.manifest.input.shape), np.float32))
    np.savez(originals, frame)
    assert reading_process._main([str(path), "litert", str(given), str(taken), str(originals)]) == 0
    *counts, last = map(json.loads, capsys.readouterr().out.splitlines())
    assert (counts, last["texts"]) == ([1, 1], [])
    ((corners, confidence, _),) = last["plates"][0]
    assert corners == [list(corner) for corner in plate_corners(2, 3)] and confidence > 0.9


def test_what_is_wrong_with_a_file_is_said_in_the_last_line(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    np.save(tmp_path / "in.npy", np.zeros((1, 28, 28, 1), np.float32))
    arguments = [str(tmp_path / "missing.tflite"), "litert", str(tmp_path / "in.npy"), str(tmp_path / "out.npy")]
    assert reading_process._main(arguments) == 1
    (said,) = capsys.readouterr().out.splitlines()
    assert "missing.tflite cannot be read" in json.loads(said)["error"]
    assert reading_process._main([]) == 0
    assert json.loads(capsys.readouterr().out) == backends.installed()
