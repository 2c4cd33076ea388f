"""Outputs for noise, held against each other."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from plate_export import noise
from plate_export.artefact import describe
from plate_export.command import export_command
from plate_export.convert import onnx
from plate_export.convert.converted import Converted
from plate_export.noise import Difference, Noise
from plate_export.source import Source
from plate_export.targets import TARGETS
from plate_runtime.errors import AccuracyError
from plate_runtime.manifest import InputSpec, Quantisation
from plate_runtime.model_file import read_model_file
from plate_train.synthetic.scenes.spec import SCENE_SPEC


def test_noise_is_the_same_each_time_and_not_too_much() -> None:
    small, large = noise.inputs(InputSpec()), noise.inputs(SCENE_SPEC)
    assert small.shape == (64, 28, 28, 1)
    assert large.shape == (16, 384, 640, 1)
    assert np.array_equal(small, noise.inputs(InputSpec()))
    assert small.std() > 0.25 and (small.min(), small.max()) == (0, 1)
    fields = small[32:, :4, :8].reshape(32, -1)
    assert np.array_equal(fields.min(1), fields.max(1))


@pytest.mark.parametrize(("steps", "limit", "passes"), [(0, 0, True), (1, 0, False), (32, 32, True), (33, 32, False)])
def test_a_difference_above_its_limit_is_an_error(steps: float, limit: float, passes: bool) -> None:
    found = Noise(64, [Difference("m-int8.onnx", "onnx", "m-int8.tflite in litert", steps, limit)])
    if passes:
        noise.judge(found)
    else:
        with pytest.raises(AccuracyError, match=f"m-int8.onnx in onnx are up to {steps:.1f} steps from those"):
            noise.judge(found)


def test_the_export_of_characters_records_that_files_do_not_differ(own_h5: Path, tmp_path: Path) -> None:
    assert export_command([str(own_h5), "--out", str(tmp_path / "out")]) == 0
    report = json.loads((tmp_path / "out" / "tiny-2.1.0-report.json").read_text())
    found = {one["file"]: one for one in report["noise"]["differences"] if one["backend"] == "onnx"}
    assert found["tiny-2.1.0-int8.onnx"]["steps"] == 0
    assert found["tiny-2.1.0-int8.onnx"]["limit"] == noise.SOFTMAX_LIMIT
    assert found["tiny-2.1.0-float32.onnx"]["steps"] < 0.1
    record = read_model_file(tmp_path / "out" / "tiny-2.1.0-int8.onnx").manifest.training["export"]["noise"]
    beside = "tiny-2.1.0-int8.tflite in litert"
    assert record == {"pictures": 64, "seed": 0, "beside": beside, "steps": {"onnx": 0}}
    assert (
        "64 pictures of noise beside tiny-2.1.0-int8.tflite in litert"
        in (tmp_path / "out" / "tiny-2.1.0-report.md").read_text()
    )


def _compare(rounding: str, outputs: dict[tuple[str, str], NDArray[np.float32]], source: Source) -> Noise:
    quantisation = Quantisation(1, 0, 0.5, 0)
    made = [
        describe(source, target, Converted(b"", {}, quantisation if target.precision == "int8" else None, rounding), {})
        for target in TARGETS
    ]
    named = {
        (f"{source.meta.name}-{source.meta.version}-{file}", backend): one for (file, backend), one in outputs.items()
    }
    return noise.compare(np.zeros((2, 4, 3), np.float32), named, made, "model.h5")


def test_a_close_interpreter_has_the_wide_limit_and_a_separate_line(own_source: Source) -> None:
    zeros = np.zeros((2, 4, 3), np.float32)
    outputs = {
        ("int8.tflite", "litert"): zeros,
        ("int8.onnx", "onnx"): zeros,
        ("int8.onnx", "openvino"): zeros + np.float32(2),
    }
    found = _compare("exact", outputs, own_source)
    assert [(one.backend, one.steps, one.limit) for one in found.differences] == [("onnx", 0, 0), ("openvino", 4, 32)]
    exact, close = found.to_text()
    assert "at most 0 steps" in exact and "in onnx), 0 are allowed" in exact
    assert "at most 4 steps" in close and "in openvino), 32 are allowed" in close
    noise.judge(found)


def test_plain_rounding_gives_every_interpreter_the_wide_limit(own_source: Source) -> None:
    outputs = {
        ("int8.tflite", "litert"): np.zeros((2, 4, 3), np.float32),
        ("int8.onnx", "onnx"): np.full((2, 4, 3), 17, np.float32),
    }
    found = _compare("plain", outputs, own_source)
    assert [(one.steps, one.limit) for one in found.differences] == [(34, noise.CLOSE_LIMIT)]
    with pytest.raises(AccuracyError, match=r"34\.0 steps"):
        noise.judge(found)


def test_a_wrong_translation_is_exit_3(own_h5: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import onnx as library
    from onnx import numpy_helper

    honest = onnx.to_int8

    def wrong(content: bytes, quantisation: Quantisation | None = None) -> Converted:
        """Move the first sums."""
        converted = honest(content, quantisation)
        model = library.load_from_string(converted.content)
        kernel = next(one for one in model.graph.initializer if one.name.startswith("bias"))
        values: NDArray[Any] = numpy_helper.to_array(kernel) + 3000
        kernel.CopyFrom(numpy_helper.from_array(values.astype(np.int32), kernel.name))
        return Converted(model.SerializeToString(), converted.tensors)

    monkeypatch.setattr("plate_export.convert.onnx.to_int8", wrong)
    arguments = [str(own_h5), "--out", str(tmp_path / "out"), "--min-accuracy", "0", "--max-drop", "100"]
    with pytest.raises(AccuracyError, match=r"for noise the outputs of tiny-2.1.0-int8.onnx in onnx are up to"):
        export_command(arguments)
    assert not (tmp_path / "out").exists()
