from __future__ import annotations

from typing import Any

import numpy as np
import onnx as onnx_library
import onnxruntime
import pytest
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import NDArray

from plate_export.convert import onnx, tflite
from plate_export.convert.tflite_graph import read_graph
from plate_runtime.errors import ModelError
from plate_train.plates import architectures

SIDE = 20


def pictures(count: int, shape: tuple[int, int]) -> NDArray[np.float32]:
    """Noise, the same each time, in the 256 steps of a picture."""
    return (np.random.default_rng(5).integers(0, 256, (count, *shape, 1)) / 255).astype(np.float32)


def litert(content: bytes, inputs: NDArray[np.float32]) -> NDArray[np.float32]:
    """Run an int8 TFLite file in LiteRT; its outputs in steps of its output."""
    interpreter = Interpreter(model_content=content)
    interpreter.allocate_tensors()
    given, taken = interpreter.get_input_details()[0], interpreter.get_output_details()[0]
    scale, zero = given["quantization"]
    outputs = []
    for one in inputs:
        interpreter.set_tensor(given["index"], (np.round(one[None] / scale) + zero).astype(np.int8))
        interpreter.invoke()
        outputs.append(interpreter.get_tensor(taken["index"])[0])
    return np.array(outputs, np.float32) - np.float32(taken["quantization"][1])


def onnx_steps(content: bytes, inputs: NDArray[np.float32], scale: float) -> NDArray[np.float32]:
    """Run an ONNX file; its outputs in steps of that scale."""
    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    outputs = np.asarray(session.run(None, {tflite.INPUT: inputs})[0], np.float32)
    return outputs / np.float32(scale)


def both(network: Any, shape: tuple[int, int]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """TextResult of a network's int8 files in LiteRT and onnxruntime, in steps."""
    inputs = pictures(40, shape)
    small = tflite.to_int8(network, inputs[:20])
    assert small.quantisation is not None
    translated = onnx.to_int8(small.content).content
    return litert(small.content, inputs), onnx_steps(translated, inputs, small.quantisation.output_scale)


def shuffled(network: Any) -> Any:
    """The network with new random weights and biases, so that every layer has an effect."""
    numbers = np.random.default_rng(7)
    network.set_weights(
        [numbers.normal(0, 1 / np.sqrt(max(one[..., 0].size, 2)), one.shape) for one in network.get_weights()]
    )
    return network


def residual(keras: Any) -> Any:
    """Odd sides, uneven padding, strides, depthwise and added layers, both activations, both poolings."""
    layers = keras.layers
    picture = keras.Input((SIDE, SIDE + 1, 1))
    x = layers.Conv2D(8, 3, strides=2, padding="same", activation="relu")(picture)
    x = layers.MaxPooling2D((2, 1))(x)
    x = layers.Add()([x, layers.Conv2D(8, (1, 3), padding="same", activation="relu6")(x)])
    x = layers.DepthwiseConv2D(3, padding="same")(x)
    x = layers.AveragePooling2D(2, padding="same")(x)
    return keras.Model(picture, layers.Reshape((3, 24))(layers.Conv2D(4, 1)(x)))


def test_outputs_equal_those_of_the_tflite_file_step_by_step(keras: Any) -> None:
    old, new = both(shuffled(residual(keras)), (SIDE, SIDE + 1))
    assert old.std() > 5
    assert np.abs(old - new).max() < 2.01  # the kernels of sums and means round as they like
    assert (np.abs(old - new) < 0.01).mean() > 0.8


@pytest.mark.parametrize("name", ["ctc-rows", "ctc"])
def test_plate_readers_give_equal_outputs(name: str, keras: Any) -> None:
    network = architectures.build(name, architectures.Size(width=0.25))
    old, new = both(network, (48, 160))
    assert old.std() > 5
    assert np.abs(old - new).max() < 1.01
    assert (np.abs(old - new) < 0.01).mean() > 0.99


def pyramid(keras: Any) -> Any:
    """Small levels enlarged and added to large ones, levels joined behind one another and side by side."""
    layers = keras.layers
    picture = keras.Input((SIDE - SIDE % 4, SIDE - SIDE % 4, 1))
    fine = layers.Conv2D(8, 3, strides=2, padding="same", activation="relu")(picture)
    coarse = layers.Conv2D(8, 3, strides=2, padding="same", activation="relu")(fine)
    fine = layers.Add()([fine, layers.UpSampling2D()(coarse)])
    wide = layers.Resizing(fine.shape[1], fine.shape[2], interpolation="nearest")(coarse)
    fine = layers.Concatenate()([fine, wide])
    levels = [layers.Reshape((-1, 4))(layers.Conv2D(4, 1)(level)) for level in (fine, coarse)]
    return keras.Model(picture, layers.Concatenate(axis=1)(levels))


def test_levels_are_enlarged_and_joined(keras: Any) -> None:
    old, new = both(shuffled(pyramid(keras)), (SIDE - SIDE % 4, SIDE - SIDE % 4))
    assert old.std() > 5
    assert np.abs(old - new).max() < 2.01
    assert (np.abs(old - new) < 0.01).mean() > 0.8


def test_slots_have_a_translation(keras: Any) -> None:
    network = architectures.build("slots", architectures.Size(width=0.25))
    old, new = both(shuffled_dense(network), (48, 160))
    assert np.corrcoef(old.ravel(), new.ravel())[0, 1] > 0.99


def shuffled_dense(network: Any) -> Any:
    """The network with a last bias that is not zero, which the converter would leave out."""
    *rest, bias = network.get_weights()
    network.set_weights([*rest, np.linspace(-0.1, 0.1, len(bias), dtype=np.float32)])
    return network


def test_weights_and_scales_are_those_of_the_tflite(keras: Any) -> None:
    small = tflite.to_int8(shuffled(residual(keras)), pictures(20, (SIDE, SIDE + 1)))
    model = onnx_library.load_from_string(onnx.to_int8(small.content).content)
    stored = {one.name: onnx_library.numpy_helper.to_array(one) for one in model.graph.initializer}
    kernels = [one for name, one in stored.items() if name.startswith("kernel")]
    biases = [one for name, one in stored.items() if name.startswith("bias")]
    tensors = [one for one in read_graph(small.content).tensors if one.values is not None and len(one.scales)]
    expected = {one.values.tobytes() for one in tensors if one.values is not None and one.values.dtype == np.int32}
    assert {one.tobytes() for one in biases} == expected
    assert sorted(np.sort(one.ravel()).tobytes() for one in kernels) == sorted(
        np.sort(one.values.ravel()).tobytes()
        for one in tensors
        if one.values is not None and one.values.dtype == np.int8
    )
    assert {one.dtype for one in (*kernels, *biases)} == {np.dtype(np.int8), np.dtype(np.int32)}


def test_onnxruntime_joins_all_arithmetic_into_integer_kernels(keras: Any, tmp_path: Any) -> None:
    small = tflite.to_int8(shuffled(residual(keras)), pictures(20, (SIDE, SIDE + 1)))
    options = onnxruntime.SessionOptions()
    options.optimized_model_filepath = str(tmp_path / "joined.onnx")
    options.log_severity_level = 4
    onnxruntime.InferenceSession(onnx.to_int8(small.content).content, options, providers=["CPUExecutionProvider"])
    kinds = {node.op_type for node in onnx_library.load(options.optimized_model_filepath).graph.node}
    assert not kinds & {"Conv", "Gemm", "MatMul", "Add"}


def test_any_batch_and_plain_ends(keras: Any) -> None:
    small = tflite.to_int8(shuffled(residual(keras)), pictures(20, (SIDE, SIDE + 1)))
    content = onnx.to_int8(small.content).content
    inputs = pictures(5, (SIDE, SIDE + 1))
    assert np.array_equal(onnx_steps(content, inputs, 1)[3:4], onnx_steps(content, inputs[3:4], 1))
    graph = onnx_library.load_from_string(content).graph
    assert [end.name for end in (*graph.input, *graph.output)] == ["pictures", "logits"]
    assert graph.output[0].type.tensor_type.shape.dim[0].dim_param == "batch"
    assert onnx.to_int8(small.content).content == content


def test_an_operator_without_translation_is_an_error(keras: Any) -> None:
    layers = keras.layers
    model = keras.Sequential([keras.Input((8, 8, 1)), layers.Flatten(), layers.Dense(8, "tanh"), layers.Dense(4)])
    small = tflite.to_int8(model, pictures(4, (8, 8)))
    with pytest.raises(ModelError, match="TANH has no translation to int8 ONNX; use other layers"):
        onnx.to_int8(small.content)


def test_a_network_may_scale_its_pictures_itself(keras: Any) -> None:
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            layers.Rescaling(2.0, -0.75),
            layers.Conv2D(4, 3),
            layers.Rescaling([1.0, 2.0, 0.5, 1.5], [0.1, -0.2, 0.3, 0.0]),
            layers.Reshape((6, 24)),
        ]
    )
    old, new = both(shuffled(model), (8, 8))
    assert old.std() > 5
    assert np.abs(old - new).max() < 2.01
    assert (np.abs(old - new) < 0.01).mean() > 0.9
