"""Int8 TFLite -> int8 ONNX (QDQ), operator by operator: the same int8 weights, int32 biases, scales and zero points."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from math import prod
from typing import Any

import numpy as np

from plate_runtime.manifest import Quantisation

from ..network_outputs import output_name
from .onnx_writer import LAST_TO_FIRST, Writer, untranslatable
from .tflite import INPUT
from .tflite_graph import Operator, Tensor, read_graph

_IR_VERSION = 8  # what tf2onnx and opset 18 came with


def translate(content: bytes, opset: int, quantisation: Quantisation | None = None) -> Any:
    """Return the `onnx.ModelProto` of an int8 TFLite file of batch 1, for any batch, with float32 ends.

    Args:
        quantisation: of the file, if each value of its output has its own scale.

    Raises:
        ModelError: it has an operator, or a use of one, that has no translation.
    """
    graph = read_graph(content)
    writer = Writer(graph, INPUT)
    for operator in graph.operators:
        if operator.kind not in _RULES:
            raise untranslatable(operator.kind)
        writer.values[operator.output] = _RULES[operator.kind](writer, operator)
    last = graph.tensors[graph.output]
    name = output_name(len(last.shape))
    taken, axis = last, None
    if quantisation is not None and quantisation.value_scales:
        steps = np.array(quantisation.value_scales, np.float32), np.array(quantisation.value_zero_points, np.int64)
        taken, axis = replace(last, scales=steps[0], zeros=steps[1]), len(last.shape) - 1
    ends = [writer.flat(graph.output), *writer.parameters(taken)]
    writer.node("DequantizeLinear", ends, name=name, axis=axis)
    return _model(writer, {INPUT: graph.tensors[graph.input], name: last}, opset)


def _model(writer: Writer, ends: dict[str, Tensor], opset: int) -> Any:
    import onnx
    from onnx import helper

    given, taken = (
        helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, ["batch", *one.shape[1:]])
        for name, one in ends.items()
    )
    return helper.make_model(
        helper.make_graph(writer.nodes, "main_graph", [given], [taken], writer.stored),
        opset_imports=[helper.make_opsetid("", opset)],
        ir_version=_IR_VERSION,
        producer_name="plate-export",
    )


def _convolution(writer: Writer, operator: Operator) -> str:
    tensors, options = writer.graph.tensors, operator.options
    source, kernel = tensors[operator.inputs[0]], tensors[operator.inputs[1]]
    depthwise = operator.kind == "DEPTHWISE_CONV_2D"
    assert kernel.values is not None
    weights = kernel.values.transpose((3, 0, 1, 2) if depthwise else (0, 3, 1, 2))
    inputs = [writer.real(operator.inputs[0]), writer.weights(operator.inputs[1], weights, "kernel")]
    inputs += _bias(writer, operator)
    size, steps = kernel.shape[1:3], (options.strideH, options.strideW)
    wide = (options.dilationHFactor, options.dilationWFactor)
    result = writer.node(
        "Conv",
        inputs,
        kernel_shape=size,
        strides=steps,
        dilations=wide,
        group=source.shape[3] if depthwise else source.shape[3] // kernel.shape[3],
        pads=padding(source.shape, size, steps, wide, options.padding),
    )
    return writer.quantised(result, operator)


def _dense(writer: Writer, operator: Operator) -> str:
    kernel, result = (writer.graph.tensors[place] for place in (operator.inputs[1], operator.output))
    if kernel.values is None:
        raise untranslatable("FULLY_CONNECTED with computed weights")
    rows = writer.reshaped(writer.flat(operator.inputs[0]), kernel.shape[1:])
    inputs = [writer.node("DequantizeLinear", [rows, *writer.parameters(writer.graph.tensors[operator.inputs[0]])])]
    inputs += [writer.weights(operator.inputs[1], kernel.values, "kernel"), *_bias(writer, operator)]
    name = writer.quantised(writer.node("Gemm", inputs, transB=1), operator)
    return name if len(result.shape) == 2 else writer.placed(name, result.shape)


def _bias(writer: Writer, operator: Operator) -> list[str]:
    places = operator.inputs[2:]
    values = [(place, writer.graph.tensors[place].values) for place in places]
    return [writer.weights(place, one, "bias") for place, one in values if one is not None]


def _pool(writer: Writer, operator: Operator) -> str:
    source, options = writer.graph.tensors[operator.inputs[0]], operator.options
    size, steps = (options.filterHeight, options.filterWidth), (options.strideH, options.strideW)
    pads = padding(source.shape, size, steps, (1, 1), options.padding)
    window: dict[str, Any] = {"kernel_shape": size, "strides": steps, "pads": pads}
    if operator.kind == "MAX_POOL_2D":  # of int8 as it is: nothing is computed
        if operator.limits(writer.graph.tensors[operator.output]) != (-128, 127):
            raise untranslatable("MAX_POOL_2D with an activation")
        return writer.node("MaxPool", [writer.value(operator.inputs[0])], **window)
    return writer.quantised(writer.node("AveragePool", [writer.real(operator.inputs[0])], **window), operator)


def _mean(writer: Writer, operator: Operator) -> str:
    axes = writer.graph.tensors[operator.inputs[1]].values
    result = writer.graph.tensors[operator.output]
    shape = writer.graph.tensors[operator.inputs[0]].shape
    if axes is None or len(shape) != 4 or sorted(int(axis) % 4 for axis in axes.ravel()) != [1, 2]:
        raise untranslatable("MEAN over other sides than height and width")
    name = writer.quantised(writer.node("GlobalAveragePool", [writer.real(operator.inputs[0])]), operator)
    return name if len(result.shape) == 4 else writer.reshaped(name, result.shape[1:])


def _reshape(writer: Writer, operator: Operator) -> str:
    return writer.placed(writer.flat(operator.inputs[0]), writer.graph.tensors[operator.output].shape)


def _transpose(writer: Writer, operator: Operator) -> str:
    order, result = writer.graph.tensors[operator.inputs[1]].values, writer.graph.tensors[operator.output]
    if order is None or order[0] != 0:
        raise untranslatable("TRANSPOSE that moves the batch")
    turned = writer.node("Transpose", [writer.flat(operator.inputs[0])], perm=[int(axis) for axis in order])
    return writer.node("Transpose", [turned], perm=LAST_TO_FIRST) if len(result.shape) == 4 else turned


def _enlargement(writer: Writer, operator: Operator) -> str:
    """Repeat pixels. For integer factors all rules for the nearest pixel give the same."""
    source, result = (writer.graph.tensors[place].shape for place in (operator.inputs[0], operator.output))
    if result[1] % source[1] or result[2] % source[2] or operator.options.alignCorners:
        raise untranslatable("RESIZE_NEAREST_NEIGHBOR by other than whole factors")
    # With the sizes of two axes onnxruntime 1.32 fails where it moves layouts.
    times = np.array([1, 1, result[1] // source[1], result[2] // source[2]], np.float32)
    inputs = [writer.value(operator.inputs[0]), "", writer.constant(times, "times")]
    rule = {"coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}
    return writer.node("Resize", inputs, mode="nearest", **rule)


def _tiles(writer: Writer, operator: Operator) -> str:
    """Put values behind themselves: Keras repeats pixels so."""
    times = writer.graph.tensors[operator.inputs[1]].values
    if times is None or times[0] != 1:
        raise untranslatable("TILE of the batch")
    if len(times) == 4:
        times = times[list(LAST_TO_FIRST)]
    return writer.node("Tile", [writer.value(operator.inputs[0]), writer.constant(times.astype(np.int64), "times")])


def _joint(writer: Writer, operator: Operator) -> str:
    tensors, result = writer.graph.tensors, writer.graph.tensors[operator.output]
    axis = operator.options.axis % len(result.shape)
    if axis == 0 or operator.limits(result) != (-128, 127):
        raise untranslatable("CONCATENATION of the batch or with an activation")
    if len(result.shape) == 4:
        axis = LAST_TO_FIRST.index(axis)
    ends = [(tensors[place].scales.tobytes(), tensors[place].zeros.tobytes()) for place in operator.inputs]
    if all(one == (result.scales.tobytes(), result.zeros.tobytes()) for one in ends):  # nothing is computed
        return writer.node("Concat", [writer.value(place) for place in operator.inputs], axis=axis)
    joined = writer.node("Concat", [writer.real(place) for place in operator.inputs], axis=axis)
    return writer.quantised(joined, operator)


def _product(writer: Writer, operator: Operator) -> str:
    if any(len(writer.graph.tensors[place].shape) != 3 for place in operator.inputs):
        raise untranslatable("BATCH_MATMUL of other than three sides")
    inputs = []
    for place, turned in zip(operator.inputs, (operator.options.adjX, operator.options.adjY), strict=True):
        value = writer.value(place)
        value = writer.node("Transpose", [value], perm=(0, 2, 1)) if turned else value
        inputs.append(writer.node("DequantizeLinear", [value, *writer.parameters(writer.graph.tensors[place])]))
    return writer.quantised(writer.node("MatMul", inputs), operator)


def _plain(kind: str, **attributes: Any) -> Callable[[Writer, Operator], str]:
    """Rule for an operator that ONNX has too, on tensors of the result's shape, single values or values of channels."""

    def rule(writer: Writer, operator: Operator) -> str:
        shape = writer.graph.tensors[operator.output].shape
        for one in (writer.graph.tensors[place] for place in operator.inputs):
            sides = prod(one.shape)
            stored = one.values is not None and (
                sides == 1 or (sides == one.shape[-1] == shape[-1] and len(shape) == 4)
            )
            if not stored and (one.values is not None or one.shape != shape):
                raise untranslatable(f"{operator.kind} of different shapes")
        inputs = [writer.real(place) for place in operator.inputs]
        return writer.quantised(writer.node(kind, inputs, **attributes), operator)

    return rule


def _softmax(writer: Writer, operator: Operator) -> str:
    if operator.options.beta != 1 or len(writer.graph.tensors[operator.output].shape) == 4:
        raise untranslatable("SOFTMAX of four sides or with a temperature")
    return _plain("Softmax", axis=-1)(writer, operator)


def padding(
    shape: Sequence[int], size: Sequence[int], steps: Sequence[int], wide: Sequence[int], valid: int
) -> list[int]:
    """Return how many rows and columns TFLite adds: top, left, bottom, right; the odd one comes last."""
    if valid:
        return [0, 0, 0, 0]
    before, after = [], []
    for side, length, step, gap in zip(shape[1:3], size, steps, wide, strict=True):
        more = max((-(-side // step) - 1) * step + (length - 1) * gap + 1 - side, 0)
        before.append(more // 2)
        after.append(more - more // 2)
    return before + after


_RULES: dict[str, Callable[[Writer, Operator], str]] = {
    "ADD": _plain("Add"),
    "AVERAGE_POOL_2D": _pool,
    "BATCH_MATMUL": _product,
    "CONCATENATION": _joint,
    "CONV_2D": _convolution,
    "DEPTHWISE_CONV_2D": _convolution,
    "FULLY_CONNECTED": _dense,
    "LOGISTIC": _plain("Sigmoid"),
    "MAX_POOL_2D": _pool,
    "MEAN": _mean,
    "MUL": _plain("Mul"),
    "RESHAPE": _reshape,
    "RESIZE_NEAREST_NEIGHBOR": _enlargement,
    "SOFTMAX": _softmax,
    "TILE": _tiles,
    "TRANSPOSE": _transpose,
}
