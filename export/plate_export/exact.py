"""Int8 TFLite of which every interpreter makes the same, tflite-runtime too.

A convolution's sum x, an int32, becomes round(x * m) steps of the output, m = input scale * weight scale / output
scale. LiteRT (XNNPACK, "fp32" requantisation) and onnxruntime (MlasRequantizeOutput) multiply in float32 and round
once, ties to even. tflite-runtime rounds twice (MultiplyByQuantizedMultiplier of tensorflow/lite/kernels/internal/
common.h). With m = q * 2^-31 * 2^-s, q of 31 bits, it takes SaturatingRoundingDoublingHighMul(x, q), the nearest to
x * q / 2^31, and RoundingDivideByPOT(that, s), both of gemmlowp/fixedpoint/fixedpoint.h.

With m = 2^-k * (1 + 2^-22) and even sums both come to the same. The first of the two roundings has x/2 + x * 2^-23 to
round, which is x/2 as long as |x| < 2^22, so that the second rounds alone; larger sums saturate either way, if k is at
most 13. And 2^-22 is enough in float32 to carry a tie up. Sums are even if weights and biases are, which takes one bit
from the weights; `rounding` makes up for it. The tensors around a sum of two share one scale, so that it adds whole
numbers. Below zero kernels part ways over ties: a ReLU forgets that. Logits of texts are raised until none is below;
what a locator answers means itself, and so has no ties: its sums are odd multiples of two, which takes one bit more.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from . import tflite
from .artefact import Converted
from .onnx_int8 import padding
from .rounding import Collector, Statistics, round_weights
from .tflite_graph import Graph, Operator, read_graph

OPERATORS = frozenset({"ADD", "CONCATENATION", "CONV_2D", "MAX_POOL_2D", "RESHAPE", "TILE"})
"""What a network may consist of."""

EXACT, PLAIN = "exact", "plain"

_LIMIT = 126  # of a weight
_SMALLEST = -13  # power of two
_LOWEST = -128
_ABOVE = 1 + 2.0**-22


def rewrite(network: Any, int8: Converted, inputs: NDArray[np.float32], absolute: bool = False) -> Converted:
    """Return the int8 TFLite with such scales and weights, or as it is, and which of the two in `rounding`.

    Args:
        inputs: float32 (n, height, width, 1), the calibration pictures.
        absolute: the answers mean themselves, as a locator's do; logits of texts mean the same with any number added.
    """
    floats = tflite.to_float(network).content
    if not _possible(read_graph(int8.content), read_graph(floats)):
        return dataclasses.replace(int8, rounding=PLAIN)
    model = tflite.parsed(int8.content)
    graph = read_graph(int8.content)
    _share_scales(model, graph)
    for place, weights, bias, seen in _convolutions(floats, inputs):
        raised = 0.0 if absolute else _lift(model, graph, place)
        apart = absolute and not graph.operators[place].options.fusedActivationFunction
        _set_weights(model, place, (weights, bias + raised), seen, apart)
    content = tflite.packed(model)
    tflite.require_int8(tflite.tensor_types(content))
    return Converted(content, int8.tensors, tflite.read_quantisation(content), EXACT)


def _possible(int8: Graph, floats: Graph) -> bool:
    kinds = [one.kind for one in int8.operators]
    return (
        kinds == [one.kind for one in floats.operators]
        and OPERATORS.issuperset(kinds)
        and all(_plain(one, int8) for one in int8.operators if one.kind == "CONV_2D")
        and all(_alike(one, int8) for one in int8.operators if one.kind == "ADD")
    )


def _plain(convolution: Operator, graph: Graph) -> bool:
    options = convolution.options
    stored = [graph.tensors[place].values is not None for place in convolution.inputs]
    whole = graph.tensors[convolution.inputs[0]].shape[3] == graph.tensors[convolution.inputs[1]].shape[3]
    return stored == [False, True, True] and whole and options.dilationHFactor == options.dilationWFactor == 1


def _alike(add: Operator, graph: Graph) -> bool:
    tensors = [graph.tensors[place] for place in (*add.inputs, add.output)]
    return len({(one.shape, int(one.zeros[0])) for one in tensors if one.values is None}) == 1 and all(
        one.values is None for one in tensors
    )


def _share_scales(model: Any, graph: Graph) -> None:
    """Give all tensors of a sum or a row the largest of their scales; and those that are the same before or after."""
    tensors, changed = model.subgraphs[0].tensors, True
    while changed:
        changed = False
        for operator in graph.operators:
            if operator.kind != "CONV_2D":
                sources = operator.inputs if operator.kind in ("ADD", "CONCATENATION") else operator.inputs[:1]
                ends = [tensors[place].quantization for place in (*sources, operator.output)]
                largest = max(np.float32(end.scale[0]) for end in ends)
                changed |= any(np.float32(end.scale[0]) != largest for end in ends)
                for end in ends:
                    end.scale = np.array([largest], np.float32)


def _lift(model: Any, graph: Graph, place: int) -> float:
    """Raise the logits until the least is zero, if this convolution gives them; return by how much."""
    tensors, last = model.subgraphs[0].tensors, graph.output
    outputs = [last]
    for operator in reversed(graph.operators):
        if operator.output == last and operator.kind == "RESHAPE":
            last = operator.inputs[0]
            outputs.append(last)
    operator = graph.operators[place]
    uses = sum(last in one.inputs for one in graph.operators)
    if operator.output != last or operator.options.fusedActivationFunction or uses > 1:
        return 0.0
    zero, scale = int(graph.tensors[last].zeros[0]), float(graph.tensors[last].scales[0])
    for one in outputs:
        tensors[one].quantization.zeroPoint = np.array([_LOWEST], np.int64)
    return (zero - _LOWEST) * scale


def _convolutions(
    floats: bytes, inputs: NDArray[np.float32]
) -> Iterator[tuple[int, NDArray[np.float64], NDArray[np.float64], Statistics]]:
    """Yield the place of each convolution of the float network, its weights (rows, k), biases and what it is given."""
    graph = read_graph(floats)
    found = {place: one for place, one in enumerate(graph.operators) if one.kind == "CONV_2D"}
    collectors = {place: _collector(one, graph) for place, one in found.items()}
    network, numbers = _interpreter(floats), np.random.default_rng(0)
    for one in inputs:
        network.set_tensor(graph.input, one[None])
        network.invoke()
        for place, operator in found.items():
            collectors[place].add(network.get_tensor(operator.inputs[0])[0], numbers)
    for place, operator in found.items():
        kernel, bias = (
            np.asarray(graph.tensors[one].values).view(np.float32).astype(np.float64) for one in operator.inputs[1:]
        )
        yield place, kernel.reshape(len(kernel), -1), bias, collectors[place].statistics()


def _collector(operator: Operator, graph: Graph) -> Collector:
    source, kernel = (graph.tensors[place].shape for place in operator.inputs[:2])
    steps = (operator.options.strideH, operator.options.strideW)
    return Collector(kernel[1:], steps, padding(source, kernel[1:3], steps, (1, 1), operator.options.padding))


def _interpreter(content: bytes) -> Any:
    from ai_edge_litert.interpreter import Interpreter, OpResolverType

    interpreter = Interpreter(
        model_content=content,
        num_threads=1,
        experimental_preserve_all_tensors=True,
        experimental_op_resolver_type=OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES,
    )
    interpreter.allocate_tensors()
    return interpreter


def _set_weights(
    model: Any, place: int, wanted: tuple[NDArray[np.float64], NDArray[np.float64]], seen: Statistics, apart: bool
) -> None:
    """Quantise a convolution: even weights and biases; `apart` from ties, weights in fours and biases between them."""
    weights, bias = wanted
    graph = model.subgraphs[0]
    operator = graph.operators[place]
    source, kernel, biases = (graph.tensors[number] for number in operator.inputs)
    given = np.float32(source.quantization.scale[0])
    ratio = float(graph.tensors[operator.outputs[0]].quantization.scale[0]) / float(given)
    unit, rest = (4, 2) if apart else (2, 0)
    rounded, scales = _best(weights, ratio, seen, unit)
    real = unit * rounded * scales[:, None].astype(np.float64)
    steps = (given * scales).astype(np.float32)
    moved = (bias + (weights - real) @ seen.mean) / steps.astype(np.float64)
    _store(model, kernel, (unit * rounded).astype(np.int8), scales)
    _store(model, biases, (unit * np.round((moved - rest) / unit) + rest).astype(np.int32), steps)


def _best(
    weights: NDArray[np.float64], ratio: float, seen: Statistics, unit: int
) -> tuple[NDArray[np.float64], NDArray[np.float32]]:
    """Return the weights in units, as whole numbers, and the scales: of two powers of two what changes sums less."""
    largest, most = np.maximum(np.abs(weights).max(1), 1e-12), _LIMIT // unit
    power = np.ceil(np.log2(largest / (unit * most * ratio)))  # no weight is cut off
    powers = np.maximum(np.concatenate([power, power - 1]), _SMALLEST)
    scales = (2.0**powers * _ABOVE * ratio).astype(np.float32)
    rounded, errors = round_weights(np.tile(weights, (2, 1)), unit * scales.astype(np.float64), most, seen)
    rows = np.arange(len(weights)) + len(weights) * (errors[len(weights) :] < errors[: len(weights)])
    return rounded[rows], scales[rows]


def _store(model: Any, tensor: Any, values: NDArray[Any], scales: NDArray[np.float32]) -> None:
    """Write a tensor of one scale a row, into a buffer of its own."""
    data = np.frombuffer(values.tobytes(), np.uint8)
    if sum(one.buffer == tensor.buffer for one in model.subgraphs[0].tensors) > 1:
        model.buffers.append(type(model.buffers[tensor.buffer])())
        tensor.buffer = len(model.buffers) - 1
    model.buffers[tensor.buffer].data = data
    tensor.quantization.scale = scales
    tensor.quantization.zeroPoint = np.zeros(len(scales), np.int64)
