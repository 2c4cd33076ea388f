from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx as onnx_library
import pytest
from numpy.typing import NDArray
from small_glyphs import load_split

from plate_export.artefact import describe
from plate_export.checks.reading_process import read_all
from plate_export.convert import onnx, tflite
from plate_export.convert.converted import Converted
from plate_export.source import Source
from plate_export.targets import find
from plate_runtime.errors import ModelError
from plate_runtime.preprocess import scale_pixels


@pytest.fixture(scope="module")
def pictures(own_source: Source, data: Path) -> NDArray[np.float32]:
    """The training pictures as inputs."""
    train, _ = load_split(data)
    return scale_pixels(train.pictures, own_source.meta.input)


@pytest.fixture(scope="module")
def plain(network: Any) -> Converted:
    """The network in float32."""
    return onnx.to_float(network)


@pytest.fixture(scope="module")
def int8_tflite(network: Any, pictures: NDArray[np.float32]) -> Converted:
    """The network in int8 TFLite."""
    return tflite.to_int8(network, pictures)


@pytest.fixture(scope="module")
def int8(int8_tflite: Converted) -> Converted:
    """The network in int8."""
    return onnx.to_int8(int8_tflite.content)


def test_float_outputs_equal_those_of_the_network_at_any_batch(
    network: Any, plain: Converted, own_source: Source, pictures: NDArray[np.float32], tmp_path: Path
) -> None:
    path = tmp_path / "model.onnx"
    path.write_bytes(describe(own_source, find("onnx", "float32"), plain, {}).build())
    for count in (1, 3, 64):
        result = read_all(path, "onnx", pictures[:count]).outputs
        assert np.abs(result - np.asarray(network(pictures[:count]))).max() < 1e-5


def test_ends_have_plain_names_and_a_free_batch(plain: Converted) -> None:
    graph = onnx_library.load_from_string(plain.content).graph
    assert [end.name for end in (*graph.input, *graph.output)] == ["pictures", "probabilities"]
    assert not graph.input[0].type.tensor_type.shape.dim[0].HasField("dim_value")
    assert [dim.dim_value for dim in graph.input[0].type.tensor_type.shape.dim[1:]] == [28, 28, 1]
    assert all("sequential" not in node.name for node in graph.node)


def test_int8_reads_what_the_network_reads(
    network: Any, int8: Converted, own_source: Source, pictures: NDArray[np.float32], tmp_path: Path
) -> None:
    path = tmp_path / "model.onnx"
    artefact = describe(own_source, find("onnx", "int8"), int8, {})
    path.write_bytes(artefact.build())
    result = read_all(path, "onnx", pictures).outputs
    assert artefact.manifest.input.dtype == "float32"
    assert artefact.manifest.precision == "int8"
    assert (result.argmax(1) == np.asarray(network(pictures)).argmax(1)).mean() > 0.97


def test_int8_stores_no_float_weights(plain: Converted, int8: Converted) -> None:
    assert plain.tensors["float32"] == 6
    assert "float32" not in int8.tensors
    assert int8.tensors["int8"] == 3
    assert int8.tensors["int32"] >= 3
    assert len(int8.content) < len(plain.content) / 2


def test_only_the_standard_operators_are_asked_for(int8: Converted) -> None:
    assert [entry.domain for entry in onnx_library.load_from_string(int8.content).opset_import] == [""]


def test_a_float_file_does_not_pass_for_int8(plain: Converted) -> None:
    with pytest.raises(ModelError, match="not int8 throughout"):
        onnx.require_int8(onnx_library.load_from_string(plain.content))


def test_one_layer_left_float_is_found(int8: Converted) -> None:
    model = onnx_library.load_from_string(int8.content)
    conv = next(node for node in model.graph.node if node.op_type == "Conv")
    maker = next(node for node in model.graph.node if conv.input[0] in node.output)
    conv.input[0] = next(node for node in model.graph.node if maker.input[0] in node.output).input[0]
    with pytest.raises(ModelError, match="Conv"):
        onnx.require_int8(model)


def test_names_do_not_depend_on_chance(network: Any, plain: Converted) -> None:
    assert onnx.to_float(network).content == plain.content
