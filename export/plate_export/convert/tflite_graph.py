"""An int8 TFLite file as plain data: its operators in order, its tensors with their scales."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from plate_runtime.errors import ModelError

from .tflite import parsed


@dataclass(frozen=True)
class Tensor:
    """Values (None if they are computed) of a shape; real value = scale x (stored value - zero point)."""

    shape: tuple[int, ...]
    values: NDArray[Any] | None
    scales: NDArray[np.float32]
    zeros: NDArray[np.int64]


@dataclass(frozen=True)
class Operator:
    """Its TFLite name, its options, the indices of its tensors."""

    kind: str
    options: Any
    inputs: tuple[int, ...]
    output: int

    def limits(self, tensor: Tensor) -> tuple[int, int]:
        """Return the least and the largest int8 value that the operator's activation gives.

        Raises:
            ModelError: the activation is none of RELU, RELU6 and RELU_N1_TO_1.
        """
        fused = getattr(self.options, "fusedActivationFunction", 0)
        if fused not in _ACTIVATIONS:
            raise ModelError(f"{self.kind} of the int8 TFLite has an activation that has no translation to int8 ONNX")
        low, high = (
            None if end is None else round(float(end / tensor.scales[0])) + int(tensor.zeros[0])
            for end in _ACTIVATIONS[fused]
        )
        return max(-128, -128 if low is None else low), min(127, 127 if high is None else high)


_ACTIVATIONS = {0: (None, None), 1: (0.0, None), 2: (-1.0, 1.0), 3: (0.0, 6.0)}
"""TFLite's number -> ends of the range."""


@dataclass(frozen=True)
class Graph:
    """A network of one input and one output, batch 1."""

    operators: Sequence[Operator]
    tensors: Sequence[Tensor]
    input: int
    output: int


def read_graph(content: bytes) -> Graph:
    """Read the one graph of an int8 TFLite file."""
    from tensorflow.lite.python import schema_py_generated as schema

    model = parsed(content)
    names = {number: name for name, number in vars(schema.BuiltinOperator).items() if isinstance(number, int)}
    graph = model.subgraphs[0]
    operators = []
    for one in graph.operators:
        code = model.operatorCodes[one.opcodeIndex]
        kind = names[max(code.builtinCode, code.deprecatedBuiltinCode)]
        inputs = tuple(int(place) for place in one.inputs if place >= 0)
        operators.append(Operator(kind, one.builtinOptions, inputs, int(one.outputs[0])))
    tensors = [_tensor(one, model.buffers[one.buffer].data) for one in graph.tensors]
    return Graph(operators, tensors, int(graph.inputs[0]), int(graph.outputs[0]))


def _tensor(one: Any, data: Any) -> Tensor:
    from tensorflow.lite.python import schema_py_generated as schema

    shape = tuple(int(side) for side in one.shape) if one.shape is not None else ()
    values = None
    if data is not None and len(data):
        dtype = np.dtype(np.int8 if one.type == schema.TensorType.INT8 else np.int32)
        values = np.frombuffer(bytes(data), dtype).reshape(shape)
    scale = one.quantization.scale if one.quantization is not None else None
    if scale is None:
        return Tensor(shape, values, np.empty(0, np.float32), np.empty(0, np.int64))
    return Tensor(shape, values, np.asarray(scale, np.float32), np.asarray(one.quantization.zeroPoint, np.int64))
