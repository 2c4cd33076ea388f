"""Backends behind one protocol: the same outputs, honest names, and errors for models that do not fit."""

from __future__ import annotations

import dataclasses
import importlib.abc
import os
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tiny_models import SPEC, draw_character

from plate_runtime.alphabet import ALPHABET
from plate_runtime.backends import explain_missing, installed, open_backend
from plate_runtime.backends.interpreter import TFLiteBackend
from plate_runtime.errors import MissingPartError, ModelError, UsageError
from plate_runtime.manifest import InputSpec, Quantisation
from plate_runtime.model import open_model
from plate_runtime.model_file import build_model_file, read_model_file

MakeModel = Callable[..., Path]
PICTURES = [draw_character(sign) for sign in ALPHABET]
PACKAGES = ("ai_edge_litert", "tflite_runtime", "onnxruntime", "openvino")
KINDS = [("tflite", "float32"), ("tflite", "int8"), ("onnx", "float32")]


@pytest.mark.parametrize(("format_", "precision"), KINDS)
def test_every_format_reads_its_font(format_: str, precision: str, make_model_file: MakeModel) -> None:
    with open_model(make_model_file(format_, precision)) as model:
        probabilities = model.predict_pictures(PICTURES)
        assert "".join(ALPHABET[i] for i in probabilities.argmax(axis=1)) == ALPHABET
        assert np.allclose(probabilities.sum(axis=1), 1, atol=0.03)
        assert model.backend.name == ("onnx" if format_ == "onnx" else "litert")
        assert model.backend.version[0].isdigit()
        assert model.backend.input_dtype == precision


def test_formats_agree(make_model_file: MakeModel) -> None:
    outputs = [open_model(make_model_file(*kind)).predict_pictures(PICTURES) for kind in KINDS]
    assert np.abs(outputs[0] - outputs[2]).max() < 1e-4
    assert np.abs(outputs[0] - outputs[1]).max() < 0.1


@pytest.mark.parametrize(("format_", "precision"), KINDS)
def test_a_batch_is_the_same_as_one_by_one(format_: str, precision: str, make_model_file: MakeModel) -> None:
    model = open_model(make_model_file(format_, precision))
    together = model.predict_pictures(PICTURES)
    alone = np.concatenate([model.predict_pictures([picture]) for picture in PICTURES])
    assert np.allclose(together, alone, atol=1e-6)


@pytest.mark.parametrize("format_", ["tflite", "onnx"])
@pytest.mark.parametrize("precision", ["float32", "int8"])
def test_outputs_are_float32(format_: str, precision: str, make_model_file: MakeModel) -> None:
    model = open_model(make_model_file(format_, precision))
    assert model.predict_pictures(PICTURES[:2]).dtype == np.float32


def test_an_empty_batch_is_no_error(make_model_file: MakeModel) -> None:
    assert open_model(make_model_file()).predict_pictures([]).shape == (0, 36)


def test_installed_names_versions() -> None:
    versions = installed()
    assert list(versions) == ["litert", "tflite", "onnx", "openvino"]
    assert versions["litert"] and versions["onnx"]


@pytest.mark.parametrize("error", [AttributeError("_ARRAY_API not found"), OSError("cannot open shared object file")])
def test_a_broken_package_counts_as_missing(
    error: Exception, monkeypatch: pytest.MonkeyPatch, make_model_file: MakeModel
) -> None:
    class Broken(importlib.abc.MetaPathFinder):
        def find_spec(self, name: str, *_: object) -> None:
            if name.partition(".")[0] in PACKAGES:
                raise error

    files = {"LiteRT": make_model_file("tflite"), "onnxruntime": make_model_file("onnx")}
    for name in list(sys.modules):
        if name.partition(".")[0] in PACKAGES:
            monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(sys, "meta_path", [Broken(), *sys.meta_path])
    assert set(installed().values()) == {None}
    for package, file in files.items():
        with pytest.raises(MissingPartError, match=rf"{package} is not installed, or broken \({error}\)"):
            open_model(file)


def test_the_fake_reads_its_text_and_then_from_the_start(make_model_file: MakeModel) -> None:
    model = open_model(make_model_file(), backend="fake:AB1")
    outputs = model.predict_pictures(PICTURES[:4]).argmax(axis=1)
    assert "".join(ALPHABET[i] for i in outputs) == "AB1A"
    assert model.backend.name == "fake"
    assert model.predict_pictures(PICTURES[:4]).sum(axis=1) == pytest.approx(1)


@pytest.mark.parametrize("name", ["tensorflow", "litert:1", "", "fake:ä", "LITERT"])
def test_unknown_names_are_refused(name: str, make_model_file: MakeModel) -> None:
    with pytest.raises(UsageError):
        open_model(make_model_file(), backend=name)


def test_a_backend_never_falls_back_to_another(make_model_file: MakeModel) -> None:
    with pytest.raises(UsageError, match=r"litert reads \.tflite"):
        open_model(make_model_file("onnx"), backend="litert")
    if installed()["tflite"] is None:
        with pytest.raises(MissingPartError, match="tflite-runtime"):
            open_model(make_model_file(), backend="tflite")


def test_a_model_of_another_kind_is_refused(make_detector: MakeModel) -> None:
    with pytest.raises(ModelError, match="detector"):
        open_model(make_detector())


@pytest.mark.parametrize("threads", [0, -1, 1.5, 257, "2", None])
def test_threads_are_a_whole_number(threads: Any, make_model_file: MakeModel) -> None:
    with pytest.raises(UsageError, match="threads has to be a whole number from 1 to 256"):
        open_model(make_model_file(), threads=threads)


@pytest.mark.parametrize(("format_", "precision"), KINDS)
def test_wrong_inputs_and_a_closed_model_are_wrong_use(
    format_: str, precision: str, make_model_file: MakeModel
) -> None:
    model = open_model(make_model_file(format_, precision))
    for inputs in (np.zeros((1, 28, 28, 1)), np.zeros((1, 14, 28, 1), np.float32), np.zeros((28, 28), np.float32)):
        with pytest.raises(UsageError, match=r"expected inputs of float32 \('n', 28, 28, 1\), not"):
            model.predict(inputs)
    assert model.predict(np.zeros((0, 28, 28, 1), np.float32)).shape == (0, 36)
    model.close()
    model.close()
    with pytest.raises(UsageError, match="is closed; open it again"):
        model.predict_pictures(PICTURES[:1])


@pytest.mark.parametrize("kind", ["DOUBLE", "INT64", "STRING"])
def test_outputs_of_another_type_are_refused(kind: str, tmp_path: Path, make_model_file: MakeModel) -> None:
    import onnx

    file = read_model_file(make_model_file("onnx"))
    network = onnx.load_from_string(file.content)
    cast = onnx.helper.make_node("Cast", ["probabilities"], ["cast"], to=onnx.TensorProto.DataType.Value(kind))
    network.graph.node.append(cast)
    network.graph.output[0].name = "cast"
    network.graph.output[0].type.tensor_type.elem_type = cast.attribute[0].i
    del network.metadata_props[:]
    path = tmp_path / "cast.onnx"
    path.write_bytes(build_model_file(network.SerializeToString(), "onnx", file.manifest))
    with pytest.raises(ModelError, match="the output's type is tensor"):
        open_model(path)


@pytest.mark.parametrize("format_", ["tflite", "onnx"])
@pytest.mark.parametrize("changes", [{"alphabet": "0123"}, {"input": InputSpec(shape=(14, 14, 1))}])
def test_a_manifest_that_does_not_fit_its_network_is_refused(
    format_: str, changes: dict[str, object], make_model_file: MakeModel
) -> None:
    with pytest.raises(ModelError, match="export the model again"):
        open_model(make_model_file(format_, **changes))


def test_a_wrong_zero_point_is_refused(make_model_file: MakeModel) -> None:
    wrong = Quantisation(1 / 255, 0, 1 / 256, -128)
    with pytest.raises(ModelError, match="zero point"):
        open_model(make_model_file("tflite", "int8", quantisation=wrong))


def test_a_float_network_that_calls_itself_int8_is_refused(make_model_file: MakeModel) -> None:
    spec = InputSpec(dtype="int8", polarity=SPEC.polarity, resize=SPEC.resize)
    path = make_model_file("tflite", "float32", input=spec, quantisation=Quantisation(1 / 255, -128, 1 / 256, -128))
    with pytest.raises(ModelError, match="float32"):
        open_model(path)


def test_an_int8_output_without_its_scale_is_refused(make_model_file: MakeModel) -> None:
    path = make_model_file("tflite", "int8")

    class Mixed:
        """Float in, int8 out, as a converter makes of inference_output_type alone."""

        def __init__(self, **_: object) -> None:
            self.details = [{"index": 0, "quantization": (0.0, 0)}]

        def allocate_tensors(self) -> None: ...

        def get_input_details(self) -> list[dict[str, object]]:
            return [{**self.details[0], "dtype": np.float32, "shape": np.array([1, 28, 28, 1])}]

        def get_output_details(self) -> list[dict[str, object]]:
            return [{**self.details[0], "dtype": np.int8, "shape": np.array([1, 36])}]

    file = read_model_file(path)
    manifest = dataclasses.replace(file.manifest, input=SPEC, quantisation=None)
    with pytest.raises(ModelError, match="the output's type is int8"):
        TFLiteBackend("litert", "1", Mixed, dataclasses.replace(file, manifest=manifest), 1)


class SlowInterpreter:
    """Takes its time, as a real one does while it prints to standard error."""

    def __init__(self, **_: object) -> None:
        time.sleep(0.05)
        raise ValueError("enough")


def test_threads_that_open_models_at_once_leave_standard_error_alone(make_model_file: MakeModel) -> None:
    file = read_model_file(make_model_file())

    def open_it() -> None:
        with pytest.raises(ModelError):
            TFLiteBackend("litert", "1", SlowInterpreter, file, 1)

    before = os.fstat(2)
    threads = [threading.Timer(0.02 * number, open_it) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert os.path.samestat(os.fstat(2), before)


def test_a_network_the_interpreter_cannot_load_is_one_clear_error(tmp_path: Path, make_model_file: MakeModel) -> None:
    manifest = read_model_file(make_model_file()).manifest
    for format_, content in (("tflite", b"\x1c\0\0\0TFL3" + bytes(64)), ("onnx", b"\x0a\x01x")):
        path = tmp_path / f"broken.{format_}"
        path.write_bytes(build_model_file(content, format_, manifest))
        with pytest.raises(ModelError, match="refused by"):
            open_backend("auto", read_model_file(path))


def test_what_is_missing_is_named_and_armv6_is_refused_in_one_sentence() -> None:
    assert explain_missing("m.tflite", ["LiteRT is not installed"], "armv7l").endswith("LiteRT is not installed")
    assert "Pi Zero 2 W" in explain_missing("m.tflite", ["LiteRT is not installed"], "armv6l")
