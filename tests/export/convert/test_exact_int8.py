from __future__ import annotations

from typing import Any

import numpy as np
import onnxruntime
import pytest
from ai_edge_litert.interpreter import Interpreter, OpResolverType
from numpy.typing import NDArray

from plate_export.convert import exact_int8, onnx, tflite
from plate_export.convert.converted import Converted
from plate_export.convert.tflite_graph import Graph, read_graph
from plate_runtime.quantisation import dequantise, output_steps
from plate_train.detector import architectures as detectors
from plate_train.plates import architectures

SHAPE = (48, 160)
RESOLVERS = (OpResolverType.AUTO, OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES, OpResolverType.BUILTIN_REF)
SCORE = (-8.0, 0.5)


def pictures(count: int, seed: int) -> NDArray[np.float32]:
    """Noise of a few gray fields, the same each time."""
    fields = np.random.default_rng(seed).integers(0, 256, (count, 12, 20, 1))
    return (np.repeat(np.repeat(fields, 4, 1), 8, 2) / 255).astype(np.float32)


@pytest.fixture(scope="module")
def network(keras: Any) -> Any:
    """A reader with two sums in a row, its biases not zero."""
    model = architectures.build("ctc-rows", architectures.Size(width=0.2, depth=3))
    numbers = np.random.default_rng(7)
    model.set_weights([one + numbers.normal(0, 0.05, one.shape) * (one.ndim == 1) for one in model.get_weights()])
    return model


@pytest.fixture(scope="module")
def plain(network: Any) -> Converted:
    """The reader as TensorFlow quantises it."""
    return tflite.to_int8(network, pictures(30, 1))


@pytest.fixture(scope="module")
def rewritten(network: Any, plain: Converted) -> Converted:
    """The reader rounded exactly."""
    return exact_int8.rewrite(network, plain, pictures(30, 1))


def litert(content: bytes, inputs: NDArray[np.float32], resolver: Any = OpResolverType.AUTO) -> NDArray[np.float32]:
    """Logits of an int8 TFLite file, of kernels that round once or twice."""
    interpreter = Interpreter(model_content=content, experimental_op_resolver_type=resolver)
    interpreter.allocate_tensors()
    given, taken = interpreter.get_input_details()[0], interpreter.get_output_details()[0]
    (scale, zero), (step, origin) = given["quantization"], taken["quantization"]
    outputs = []
    for one in inputs:
        interpreter.set_tensor(given["index"], (np.round(one[None] / scale) + zero).astype(np.int8))
        interpreter.invoke()
        outputs.append((interpreter.get_tensor(taken["index"])[0].astype(np.float32) - origin) * np.float32(step))
    return np.array(outputs)


def convolutions(graph: Graph) -> list[tuple[Any, ...]]:
    """Input, weights, biases and output of each."""
    return [
        tuple(graph.tensors[place] for place in (*one.inputs, one.output))
        for one in graph.operators
        if one.kind == "CONV_2D"
    ]


def once(sums: NDArray[np.int64], multiplier: float) -> NDArray[np.int64]:
    """What XNNPACK and onnxruntime make of sums."""
    return np.rint(sums.astype(np.float32) * np.float32(multiplier)).astype(np.int64)


def twice(sums: NDArray[np.int64], multiplier: float) -> NDArray[np.int64]:
    """What gemmlowp's two roundings make of them."""
    fraction, exponent = np.frexp(multiplier)
    products = sums * round(float(fraction) * 2**31)
    high = np.trunc((products + np.where(products >= 0, 1 << 30, 1 - (1 << 30))) / 2**31).astype(np.int64)
    mask = (1 << -int(exponent)) - 1
    return (high >> -int(exponent)) + ((high & mask) > (mask >> 1) + (high < 0))


@pytest.mark.parametrize("power", range(1, 14))
def test_even_sums_are_rounded_equally_once_and_twice(power: int) -> None:
    multiplier = 2.0**-power * (1 + 2.0**-22)
    sums = np.arange(-(256 << power), 256 << power, 2)
    assert np.array_equal(once(sums, multiplier), twice(sums, multiplier))


def test_odd_sums_or_other_multipliers_are_not() -> None:
    sums = np.arange(-(256 << 6), 256 << 6)
    assert not np.array_equal(once(sums, 2.0**-6 * (1 + 2.0**-22)), twice(sums, 2.0**-6 * (1 + 2.0**-22)))
    assert not np.array_equal(once(sums, 2.0**-6 * 1.3), twice(sums, 2.0**-6 * 1.3))


def test_weights_are_even_and_multipliers_powers_of_two(rewritten: Converted) -> None:
    assert rewritten.rounding == exact_int8.EXACT
    for source, kernel, bias, result in convolutions(read_graph(rewritten.content)):
        assert not np.any(kernel.values % 2)
        assert not np.any(bias.values % 2)
        assert np.abs(kernel.values.astype(int)).max() <= 126
        multiplier = source.scales.astype(float) * kernel.scales.astype(float) / result.scales.astype(float)
        above = multiplier / 2.0 ** np.round(np.log2(multiplier)) - 1
        assert np.all((above > 2.0**-23) & (above < 2.0**-21))
        assert np.all(multiplier > 2.0**-13)


def test_sums_of_two_have_one_scale(rewritten: Converted) -> None:
    graph = read_graph(rewritten.content)
    sums = [one for one in graph.operators if one.kind == "ADD"]
    assert len(sums) == 4
    for one in sums:
        assert len({float(graph.tensors[place].scales[0]) for place in (*one.inputs, one.output)}) == 1


def test_every_kernel_gives_the_same_logits(plain: Converted, rewritten: Converted) -> None:
    inputs = pictures(12, 2)
    session = onnxruntime.InferenceSession(onnx.to_int8(rewritten.content).content, providers=["CPUExecutionProvider"])
    expected = np.asarray(session.run(None, {tflite.INPUT: inputs})[0])
    for resolver in RESOLVERS:
        assert np.array_equal(litert(rewritten.content, inputs, resolver), expected), resolver
    others = [litert(plain.content, inputs, resolver) for resolver in RESOLVERS]
    assert not np.array_equal(others[0], others[2])  # else this test tests nothing


def test_exact_int8_is_as_close_to_the_network_as_plain_int8(
    network: Any, plain: Converted, rewritten: Converted
) -> None:
    inputs = pictures(12, 3)
    wanted = np.asarray(network(inputs))
    errors = []
    for one in (plain, rewritten):
        outputs = litert(one.content, inputs)
        difference = (outputs - outputs.mean(-1, keepdims=True)) - (wanted - wanted.mean(-1, keepdims=True))
        errors.append(float(np.sqrt((difference**2).mean())))
    assert errors[1] < 1.3 * errors[0]


def test_logits_begin_at_zero(rewritten: Converted) -> None:
    assert rewritten.quantisation is not None
    assert rewritten.quantisation.output_zero_point == -128


def test_equal_networks_give_equal_files(network: Any, plain: Converted, rewritten: Converted) -> None:
    assert exact_int8.rewrite(network, plain, pictures(30, 1)) == rewritten


@pytest.mark.parametrize("other", ["DepthwiseConv2D", "Dense"])
def test_other_operators_keep_plain_rounding(other: str, keras: Any) -> None:
    layer = keras.layers.Dense(4) if other == "Dense" else keras.layers.DepthwiseConv2D(3)
    model = keras.Sequential([keras.Input((8, 8, 1)), keras.layers.Conv2D(4, 3, activation="relu"), layer])
    inputs = pictures(4, 4)[:, :8, :8]
    int8 = tflite.to_int8(model, inputs)
    found = exact_int8.rewrite(model, int8, inputs)
    assert (found.rounding, found.content) == (exact_int8.PLAIN, int8.content)


@pytest.fixture(scope="module")
def frames() -> NDArray[np.float32]:
    """Noise in the size of a detector's input."""
    return np.repeat(np.repeat(pictures(4, 5)[:, :24, :40], 16, 1), 16, 2)


@pytest.fixture(scope="module")
def small_detector(keras: Any) -> Any:
    """A small detector, its biases not zero."""
    model = detectors.build(detectors.Size(width=0.2, depth=1))
    numbers = np.random.default_rng(7)
    model.set_weights([one + numbers.normal(0, 0.05, one.shape) * (one.ndim == 1) for one in model.get_weights()])
    return model


@pytest.fixture(scope="module")
def detector(small_detector: Any, frames: NDArray[np.float32]) -> tuple[Converted, Converted]:
    """It as TensorFlow quantises it, and rounded exactly."""
    plain = tflite.to_int8(small_detector, frames)
    return plain, exact_int8.rewrite(small_detector, plain, frames, SCORE)


def test_every_kernel_gives_the_same_outputs_of_a_detector(
    detector: tuple[Converted, Converted], frames: NDArray[np.float32]
) -> None:
    plain, rewritten = detector
    translated = onnx.to_int8(rewritten.content, rewritten.quantisation).content
    session = onnxruntime.InferenceSession(translated, providers=["CPUExecutionProvider"])
    expected = np.asarray(session.run(None, {tflite.INPUT: frames})[0])
    for resolver in RESOLVERS:
        assert np.array_equal(values(rewritten, frames, resolver), expected), resolver
    others = [litert(plain.content, frames, resolver) for resolver in RESOLVERS]
    assert not np.array_equal(others[0], others[2])  # else this test tests nothing


def values(converted: Converted, inputs: NDArray[np.float32], resolver: Any = OpResolverType.AUTO) -> Any:
    """What a detector says, each value by the scale of its own."""
    found = converted.quantisation
    assert found is not None
    raw = litert(converted.content, inputs, resolver) / np.float32(found.output_scale) + found.output_zero_point
    return dequantise(np.rint(raw).astype(np.int8), *output_steps(found))


def test_each_value_of_a_detector_has_its_own_scale(
    small_detector: Any, detector: tuple[Converted, Converted], frames: NDArray[np.float32]
) -> None:
    plain, rewritten = detector
    assert rewritten.rounding == exact_int8.EXACT
    assert plain.quantisation is not None and rewritten.quantisation is not None
    assert plain.quantisation.value_scales == ()
    assert rewritten.quantisation.output_zero_point == -128
    scales, zeros = output_steps(rewritten.quantisation)
    assert scales.shape == zeros.shape == (9,)
    assert (scales[0] * (-128 - zeros[0]), scales[0] * (127 - zeros[0])) == pytest.approx(SCORE, abs=float(scales[0]))
    wanted, found = np.array(small_detector(frames)), values(rewritten, frames)
    wanted[..., 0] = np.clip(wanted[..., 0], *SCORE)
    old = litert(plain.content, frames)
    old[..., 0] = np.clip(old[..., 0], *SCORE)
    errors = [np.sqrt(((one - wanted) ** 2).mean(axis=(0, 1))) for one in (found, old)]
    assert np.all(errors[0] < 1.3 * errors[1])


def test_a_score_takes_many_values_where_it_matters() -> None:
    low, high = exact_int8.score_range(0.4)
    confidences = 1 / (1 + np.exp(-np.linspace(low, high, 256) / 0.4))
    assert np.count_nonzero((confidences > 0.05) & (confidences < 0.95)) > 100
    assert confidences[0] < 0.02 and confidences[-1] > 0.999


def test_no_operator_of_a_detector_is_a_tile(detector: tuple[Converted, Converted]) -> None:
    kinds = {one.kind for one in read_graph(detector[1].content).operators}
    assert "RESIZE_NEAREST_NEIGHBOR" in kinds
    assert "TILE" not in kinds


def test_a_network_that_ends_with_an_addition_keeps_plain_rounding(keras: Any) -> None:
    layers = keras.layers
    picture = keras.Input((8, 8, 1))
    both = [layers.Conv2D(4, 3)(layers.Conv2D(4, 3, activation="relu", padding="same")(picture)) for _ in range(2)]
    model = keras.Model(picture, layers.Add()(both))
    inputs = pictures(4, 4)[:, :8, :8]
    assert exact_int8.rewrite(model, tflite.to_int8(model, inputs), inputs).rounding == exact_int8.PLAIN


@pytest.fixture(scope="module")
def characters(keras: Any) -> Any:
    """A network of characters as users build them: convolutions, dense layers, a softmax; its biases not zero."""
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            layers.Conv2D(8, 3, activation="relu"),
            layers.MaxPooling2D(2),
            layers.Flatten(),
            layers.Dense(48, activation="relu"),
            layers.Dense(24, activation="relu"),
            layers.Dense(36, activation="softmax"),
        ]
    )
    numbers = np.random.default_rng(7)
    model.set_weights([3 * one + numbers.normal(0, 0.05, one.shape) * (one.ndim == 1) for one in model.get_weights()])
    return model


def test_every_kernel_gives_the_same_probabilities_for_noise(characters: Any) -> None:
    inputs = pictures(60, 6)[:, :28, :28]
    plain = tflite.to_int8(characters, inputs[:30])
    rewritten = exact_int8.rewrite(characters, plain, inputs[:30])
    assert rewritten.rounding == exact_int8.EXACT
    session = onnxruntime.InferenceSession(onnx.to_int8(rewritten.content).content, providers=["CPUExecutionProvider"])
    expected = np.asarray(session.run(None, {tflite.INPUT: inputs})[0])
    for resolver in RESOLVERS[:2]:
        assert np.array_equal(litert(rewritten.content, inputs, resolver), expected), resolver
    # The reference kernel computes exponentials in fixed point.
    assert np.abs(litert(rewritten.content, inputs, RESOLVERS[2]) - expected).max() <= 1 / 256
    others = [litert(plain.content, inputs, resolver) for resolver in RESOLVERS]
    assert np.abs(others[0] - others[1]).max() > 1 / 256  # else this test tests nothing
    wanted = np.asarray(characters(inputs))
    errors = [float(np.sqrt(((found - wanted) ** 2).mean())) for found in (expected, others[0])]
    assert errors[0] < 1.3 * errors[1]


def test_sums_that_may_be_negative_keep_plain_rounding(keras: Any) -> None:
    layers = keras.layers
    model = keras.Sequential([keras.Input((8, 8, 1)), layers.Flatten(), layers.Dense(8), layers.Dense(4, "softmax")])
    model.set_weights([one + 0.1 for one in model.get_weights()])
    inputs = pictures(4, 4)[:, :8, :8]
    assert exact_int8.rewrite(model, tflite.to_int8(model, inputs), inputs).rounding == exact_int8.PLAIN
