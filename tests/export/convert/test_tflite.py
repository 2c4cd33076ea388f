from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from small_glyphs import load_split

from plate_export.artefact import Artefact, describe
from plate_export.checks.reading_process import read_all
from plate_export.convert import tflite
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
def int8(network: Any, pictures: NDArray[np.float32]) -> Converted:
    """The network in int8."""
    return tflite.to_int8(network, pictures)


def _outputs(artefact: Artefact, folder: Path, inputs: NDArray[np.float32]) -> NDArray[np.float32]:
    path = folder / artefact.name
    path.write_bytes(artefact.build())
    return read_all(path, "litert", inputs).outputs


def test_float_outputs_equal_those_of_the_network(
    network: Any, own_source: Source, pictures: NDArray[np.float32], tmp_path: Path
) -> None:
    converted = tflite.to_float(network)
    assert set(converted.tensors) <= {"float32", "int32"}
    assert converted.quantisation is None
    artefact = describe(own_source, find("tflite", "float32"), converted, {})
    assert artefact.name == "tiny-2.1.0-float32.tflite"
    expected = np.asarray(network(pictures[:40]))
    assert np.abs(_outputs(artefact, tmp_path, pictures[:40]) - expected).max() < 1e-5


def test_int8_is_int8_from_input_to_output(int8: Converted) -> None:
    assert set(int8.tensors) == {"int8", "int32"}
    assert int8.quantisation is not None
    assert int8.quantisation.input_scale == pytest.approx(1 / 255)
    assert int8.quantisation.input_zero_point == -128
    assert (int8.quantisation.output_scale, int8.quantisation.output_zero_point) == (1 / 256, -128)


def test_int8_reads_what_the_network_reads(
    network: Any, int8: Converted, own_source: Source, pictures: NDArray[np.float32], tmp_path: Path
) -> None:
    artefact = describe(own_source, find("tflite", "int8"), int8, {})
    result = _outputs(artefact, tmp_path, pictures)
    assert artefact.manifest.input.dtype == "int8"
    assert (result.argmax(1) == np.asarray(network(pictures)).argmax(1)).mean() > 0.97


def test_dense_layers_have_one_scale_for_interpreters_that_know_no_more(int8: Converted) -> None:
    graph = tflite.parsed(int8.content).subgraphs[0]
    dense = [tensor for tensor in graph.tensors if tensor.shape is not None and len(tensor.shape) == 2]
    weights = [tensor for tensor in dense if tensor.shape[0] in (36, 48) and tensor.shape[1] > 1]
    assert len(weights) == 2
    assert all(len(tensor.quantization.scale) == 1 for tensor in weights)


def test_equal_networks_give_equal_files(network: Any, int8: Converted, pictures: NDArray[np.float32]) -> None:
    assert tflite.to_int8(network, pictures).content == int8.content


def test_a_float_file_does_not_pass_for_int8(network: Any) -> None:
    with pytest.raises(ModelError, match=r"not int8 throughout, it has [0-9]+ float32"):
        tflite.require_int8(tflite.tensor_types(tflite.to_float(network).content))


@pytest.mark.parametrize("types", [{"int8": 9, "float32": 1}, {"int8": 9, "float16": 1}, {"int32": 3}, {}])
def test_any_other_type_is_an_error(types: dict[str, int]) -> None:
    with pytest.raises(ModelError, match="not int8 throughout"):
        tflite.require_int8(types)


def test_a_layer_that_tensorflow_silently_leaves_float_is_an_error(keras: Any, pictures: NDArray[np.float32]) -> None:
    layers = keras.layers
    model = keras.Sequential(
        [keras.Input((28, 28, 1)), layers.Flatten(), layers.Dense(8, activation="elu"), layers.Dense(36, "softmax")]
    )
    with pytest.raises(ModelError, match="not int8 throughout, it has 2 float32"):
        tflite.to_int8(model, pictures[:8])
