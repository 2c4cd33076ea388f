"""Int8 TFLite files that give equal outputs in every interpreter, tflite-runtime included.

A sum x of a convolution or of a dense layer, an int32, becomes round(x * m) steps of the output, m = input scale *
weight scale / output scale. LiteRT (XNNPACK, "fp32" requantisation) and onnxruntime (MlasRequantizeOutput) multiply
in float32 and round once, ties to even. tflite-runtime rounds twice (MultiplyByQuantizedMultiplier of
tensorflow/lite/kernels/internal/ common.h). With m = q * 2^-31 * 2^-s, q of 31 bits, it takes
SaturatingRoundingDoublingHighMul(x, q), the nearest to x * q / 2^31, and RoundingDivideByPOT(that, s), both of
gemmlowp/fixedpoint/fixedpoint.h.

With m = 2^-k * (1 + 2^-22) and even sums both give the same. The first of the two roundings rounds x/2 + x * 2^-23 to
x/2 as long as |x| < 2^22, so only the second has an effect. Larger sums saturate in both cases if k is at most 13.
In float32, 2^-22 is enough to round a tie up. Sums are even if weights and biases are even. This costs one bit of the
weights, which `rounding` compensates. The tensors of an addition have one scale, so integers are added.

Below zero, kernels round ties differently. A ReLU removes those values, and the last sums are raised until none is
negative: logits of texts, and inputs of a softmax, mean the same with a constant added. A detector's values do not.
Each of a cell's nine values gets its own scale and zero point in the manifest, because TFLite has one scale.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
from numpy.typing import NDArray

from . import tflite
from .converted import Converted
from .onnx_int8 import padding
from .rounding import Collector, Statistics, round_weights
from .tflite_graph import Graph, Operator, read_graph

OPERATORS = frozenset(
    {
        "ADD", "CONCATENATION", "CONV_2D", "FULLY_CONNECTED", "MAX_POOL_2D", "RESHAPE", "RESIZE_NEAREST_NEIGHBOR",
        "SOFTMAX", "TILE",
    }
)  # fmt: skip
"""Operators that a network may have; a softmax comes last."""

_SUMS = ("CONV_2D", "FULLY_CONNECTED")
_RELUS = (1, 3)

EXACT, PLAIN = "exact", "plain"

_UNIT = 2
_LIMIT = 126  # of a weight
_SMALLEST = -13  # power of two
_LOWEST = -128
_ABOVE = 1 + 2.0**-22
_BEYOND = 0.25
"""Fraction of its observed range by which the range of a corner's coordinate is extended at either end."""

_Layer = tuple[int, NDArray[np.float64], NDArray[np.float64], Statistics]
"""Index of an operator, its weights (rows, k), its biases (rows,), and the statistics of its input."""


def rewrite(
    network: Any, int8: Converted, inputs: NDArray[np.float32], score: tuple[float, float] | None = None
) -> Converted:
    """Return the int8 TFLite with exact rounding, or unchanged; `rounding` says which.

    Args:
        inputs: float32 (n, height, width, 1), the calibration pictures.
        score: of a detector, the range of a cell's score logit, see `score_range`; else None.
    """
    floats = tflite.to_float(network).content
    graph = read_graph(int8.content)
    if not _possible(graph, read_graph(floats)):
        return dataclasses.replace(int8, rounding=PLAIN)
    model = tflite.parsed(int8.content)
    _share_scales(model, graph)
    output = model.subgraphs[0].tensors[_logits(graph)].quantization
    step, zero = float(output.scale[0]), int(output.zeroPoint[0])
    layers, lows, highs = _observed(floats, inputs)
    scales, zeros = (np.array([step]), np.array([zero])) if score is None else _value_steps(lows, highs, score)
    last = _last(graph)
    for place, weights, bias, seen in layers:
        wanted = weights, bias
        if place in last:
            gain = step / scales
            wanted = weights * gain[:, None], bias * gain + step * (zeros - _LOWEST)
        _set_weights(model, place, wanted, seen)
    for place in _ends(graph):
        model.subgraphs[0].tensors[place].quantization.zeroPoint = np.array([_LOWEST], np.int64)
    content = tflite.packed(model)
    tflite.require_int8(tflite.tensor_types(content))
    quantisation = tflite.read_quantisation(content)
    if score is not None:
        steps = tuple(scales.tolist()), tuple(zeros.tolist())
        quantisation = dataclasses.replace(quantisation, value_scales=steps[0], value_zero_points=steps[1])
    return Converted(content, int8.tensors, quantisation, EXACT)


def score_range(temperature: float) -> tuple[float, float]:
    """Return the least and largest logit of a score that int8 distinguishes, at that temperature.

    They are confidences of 0.011 and 0.99966, in steps of 0.012 at most. Below, nothing is reported; above, only the
    order of detections matters.
    """
    return -4.5 * temperature, 8 * temperature


def _value_steps(
    lows: NDArray[np.float64], highs: NDArray[np.float64], score: tuple[float, float]
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return scale and zero point of each of a cell's nine values, from the observed ranges."""
    beyond = _BEYOND * (highs - lows)
    lows, highs = np.minimum(lows - beyond, 0), np.maximum(highs + beyond, 0)
    lows[0], highs[0] = score
    scales = ((highs - lows) / 255).astype(np.float32).astype(np.float64)
    return scales, np.round(_LOWEST - lows / scales).astype(np.int64)


def _logits(graph: Graph) -> int:
    """Return the tensor of the output, or the input of the softmax that gives it."""
    last = graph.operators[-1]
    return last.inputs[0] if last.kind == "SOFTMAX" and last.output == graph.output else graph.output


def _ends(graph: Graph) -> set[int]:
    """Return the tensors of the logits, and those that are only moved to become logits."""
    ends = {_logits(graph)}
    for operator in reversed(graph.operators):
        if operator.output in ends and operator.kind in ("CONCATENATION", "RESHAPE"):
            ends.update(operator.inputs if operator.kind == "CONCATENATION" else operator.inputs[:1])
    return ends


def _last(graph: Graph) -> set[int]:
    """Return the operators that sum up to the logits, or an empty set if other operators give some of them."""
    ends = _ends(graph)
    moving = ("CONCATENATION", "RESHAPE")
    last = {place for place, one in enumerate(graph.operators) if one.output in ends and one.kind not in moving}
    operators = [graph.operators[place] for place in last]
    plain = all(one.kind in _SUMS and not one.options.fusedActivationFunction for one in operators)
    others = [one for one in graph.operators if one.output not in ends and one.output != graph.output]
    used = any(place in ends for one in others for place in one.inputs)
    return last if plain and not used and graph.input not in ends else set()


def _possible(int8: Graph, floats: Graph) -> bool:
    kinds = [one.kind for one in int8.operators]
    return (
        kinds == [one.kind for one in floats.operators]
        and OPERATORS.issuperset(kinds)
        and bool(_last(int8))
        and "SOFTMAX" not in kinds[:-1]
        and ("FULLY_CONNECTED" not in kinds or _end_with_relu(int8))
        and all(_plain_convolution(one, int8) for one in int8.operators if one.kind == "CONV_2D")
        and all(_plain_dense(one, int8) for one in int8.operators if one.kind == "FULLY_CONNECTED")
        and all(_same_quantisation(one, int8) for one in int8.operators if one.kind == "ADD")
    )


def _plain_convolution(convolution: Operator, graph: Graph) -> bool:
    options = convolution.options
    stored = [graph.tensors[place].values is not None for place in convolution.inputs]
    whole = graph.tensors[convolution.inputs[0]].shape[3] == graph.tensors[convolution.inputs[1]].shape[3]
    return stored == [False, True, True] and whole and options.dilationHFactor == options.dilationWFactor == 1


def _plain_dense(dense: Operator, graph: Graph) -> bool:
    stored = [graph.tensors[place].values is not None for place in dense.inputs]
    if stored != [False, True, True]:
        return False
    given, kernel = (graph.tensors[place] for place in dense.inputs[:2])
    return given.shape == (1, kernel.shape[1]) and len(kernel.scales) == 1


def _end_with_relu(graph: Graph) -> bool:
    """Return whether all sums but the last end with a ReLU: below zero kernels round ties differently."""
    hidden = [one for place, one in enumerate(graph.operators) if one.kind in _SUMS and place not in _last(graph)]
    return all(one.options.fusedActivationFunction in _RELUS for one in hidden)


def _same_quantisation(add: Operator, graph: Graph) -> bool:
    tensors = [graph.tensors[place] for place in (*add.inputs, add.output)]
    return len({(one.shape, int(one.zeros[0])) for one in tensors if one.values is None}) == 1 and all(
        one.values is None for one in tensors
    )


def _share_scales(model: Any, graph: Graph) -> None:
    """Give all tensors of each operator that only adds or moves values the largest of their scales."""
    tensors, changed = model.subgraphs[0].tensors, True
    while changed:
        changed = False
        for operator in graph.operators:
            if operator.kind not in (*_SUMS, "SOFTMAX"):
                sources = operator.inputs if operator.kind in ("ADD", "CONCATENATION") else operator.inputs[:1]
                ends = [tensors[place].quantization for place in (*sources, operator.output)]
                largest = max(np.float32(end.scale[0]) for end in ends)
                changed |= any(np.float32(end.scale[0]) != largest for end in ends)
                for end in ends:
                    end.scale = np.array([largest], np.float32)


def _observed(
    floats: bytes, inputs: NDArray[np.float32]
) -> tuple[list[_Layer], NDArray[np.float64], NDArray[np.float64]]:
    """Run the float network; return its layers, and the least and largest of each value of its output."""
    graph = read_graph(floats)
    found = {place: one for place, one in enumerate(graph.operators) if one.kind in _SUMS}
    collectors = {place: _collector(one, graph) for place, one in found.items()}
    network, numbers = _interpreter(floats), np.random.default_rng(0)
    lows, highs = np.inf, -np.inf
    for one in inputs:
        network.set_tensor(graph.input, one[None])
        network.invoke()
        for place, operator in found.items():
            given = network.get_tensor(operator.inputs[0])[0]
            collectors[place].add(given if given.ndim == 3 else given.reshape(1, 1, -1), numbers)
        values = network.get_tensor(graph.output)[0].astype(np.float64)
        lows, highs = np.minimum(lows, values.min(0)), np.maximum(highs, values.max(0))
    layers = []
    for place, operator in found.items():
        kernel, bias = (
            np.asarray(graph.tensors[one].values).view(np.float32).astype(np.float64) for one in operator.inputs[1:]
        )
        layers.append((place, kernel.reshape(len(kernel), -1), bias, collectors[place].statistics()))
    return layers, np.asarray(lows), np.asarray(highs)


def _collector(operator: Operator, graph: Graph) -> Collector:
    source, kernel = (graph.tensors[place].shape for place in operator.inputs[:2])
    if operator.kind == "FULLY_CONNECTED":
        return Collector((1, 1, kernel[1]), (1, 1), (0, 0, 0, 0))
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
    model: Any, place: int, wanted: tuple[NDArray[np.float64], NDArray[np.float64]], seen: Statistics
) -> None:
    """Quantise the weights and biases of a convolution or a dense layer to even integers."""
    weights, bias = wanted
    graph = model.subgraphs[0]
    operator = graph.operators[place]
    source, kernel, biases = (graph.tensors[number] for number in operator.inputs)
    given = np.float32(source.quantization.scale[0])
    ratio = float(graph.tensors[operator.outputs[0]].quantization.scale[0]) / float(given)
    rounded, scales = _best(weights, ratio, seen, alike=len(kernel.quantization.scale) == 1)
    real = _UNIT * rounded * scales[:, None].astype(np.float64)
    steps = (given * scales).astype(np.float32)
    moved = (bias + (weights - real) @ seen.mean) / steps.astype(np.float64)
    kept = len(kernel.quantization.scale)  # of a dense layer one, of a convolution one a row
    _store(model, kernel, (_UNIT * rounded).astype(np.int8), scales[:kept])
    _store(model, biases, (_UNIT * np.round(moved / _UNIT)).astype(np.int32), steps[:kept])


def _best(
    weights: NDArray[np.float64], ratio: float, seen: Statistics, *, alike: bool
) -> tuple[NDArray[np.float64], NDArray[np.float32]]:
    """Return the weights in units, as integers, and the scales: of two powers of two the one that changes sums less.

    Args:
        alike: all rows have one scale.
    """
    largest, most = np.maximum(np.abs(weights).max(1), 1e-12), _LIMIT // _UNIT
    if alike:
        largest[:] = largest.max()
    power = np.ceil(np.log2(largest / (_UNIT * most * ratio)))  # no weight is clipped
    powers = np.maximum(np.concatenate([power, power - 1]), _SMALLEST)
    scales = (2.0**powers * _ABOVE * ratio).astype(np.float32)
    rounded, errors = round_weights(np.tile(weights, (2, 1)), _UNIT * scales.astype(np.float64), most, seen)
    wide, narrow = errors[: len(weights)], errors[len(weights) :]
    better = np.full(len(weights), narrow.sum() < wide.sum()) if alike else narrow < wide
    rows = np.arange(len(weights)) + len(weights) * better
    return rounded[rows], scales[rows]


def _store(model: Any, tensor: Any, values: NDArray[Any], scales: NDArray[np.float32]) -> None:
    """Write a tensor with one scale a row into a separate buffer."""
    data = np.frombuffer(values.tobytes(), np.uint8)
    if sum(one.buffer == tensor.buffer for one in model.subgraphs[0].tensors) > 1:
        model.buffers.append(type(model.buffers[tensor.buffer])())
        tensor.buffer = len(model.buffers) - 1
    model.buffers[tensor.buffer].data = data
    tensor.quantization.scale = scales
    tensor.quantization.zeroPoint = np.zeros(len(scales), np.int64)
