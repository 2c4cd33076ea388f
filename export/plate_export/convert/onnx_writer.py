"""Writes ONNX nodes for the tensors of an int8 TFLite graph.

Values stay whole numbers from node to node. Only around arithmetic do dequantise and quantise nodes stand, which
onnxruntime joins with it into one integer kernel. On x86 it does so for unsigned values alone, so they are stored 128
higher than in TFLite, as are their zero points: that says the same. Pictures are channels last in TFLite and channels
first in ONNX; they are turned at the beginning and wherever a reshape needs TFLite's order.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from plate_runtime.errors import ModelError

from .tflite_graph import Graph, Operator, Tensor

LAST_TO_FIRST, _FIRST_TO_LAST = (0, 3, 1, 2), (0, 2, 3, 1)
_SHIFT = 128


def untranslatable(what: str) -> ModelError:
    """Return the error for an operator of an int8 TFLite file that has no form in ONNX."""
    return ModelError(f"{what} has no translation to int8 ONNX; use other layers, or leave out --onnx or --int8")


class Writer:
    """Collects nodes and stored tensors.

    Attributes:
        values: place of a TFLite tensor -> name of the int8 tensor that has its values. Those of four sides are
            channels first.
    """

    def __init__(self, graph: Graph, name: str) -> None:
        self.graph = graph
        self.nodes: list[Any] = []
        self.stored: list[Any] = []
        self._known: dict[tuple[str, bytes], str] = {}
        first = graph.tensors[graph.input]
        pictures = self.node("QuantizeLinear", [name, *self.parameters(first)])
        self.values = {graph.input: self._turned(pictures, first.shape)}

    def node(self, kind: str, inputs: Sequence[str], name: str = "", **attributes: Any) -> str:
        """Add a node; return the name of its output."""
        from onnx import helper

        label = f"{kind}_{len(self.nodes)}"
        output = name or f"{label}_output"
        self.nodes.append(helper.make_node(kind, list(inputs), [output], name=label, **attributes))
        return output

    def constant(self, values: NDArray[Any], what: str) -> str:
        """Store a tensor, once for all equal ones of a name; return its name."""
        from onnx import numpy_helper

        key = (f"{what}{values.dtype}{values.shape}", values.tobytes())
        if key not in self._known:
            self._known[key] = f"{what}_{len(self.stored)}"
            self.stored.append(numpy_helper.from_array(np.asarray(values, order="C"), self._known[key]))
        return self._known[key]

    def parameters(self, tensor: Tensor) -> list[str]:
        """Store scale and zero point, of a tensor with many as rows."""
        zeros = tensor.zeros + _SHIFT if tensor.values is None else tensor.zeros
        shape = tensor.scales.shape if len(tensor.scales) > 1 else ()
        dtype = np.uint8 if tensor.values is None else tensor.values.dtype
        return [
            self.constant(tensor.scales.reshape(shape), "scale"),
            self.constant(zeros.astype(dtype).reshape(shape), "zero"),
        ]

    def real(self, place: int) -> str:
        """Return the float form of a tensor; of a stored one that holds one value or one for each channel."""
        tensor = self.graph.tensors[place]
        if tensor.values is None:
            return self.node("DequantizeLinear", [self.value(place), *self.parameters(tensor)])
        values = (tensor.values.ravel() + np.int16(_SHIFT)).astype(np.uint8)
        stored = self.constant(values.reshape((-1, 1, 1) if len(values) > 1 else ()), "constant")
        return self.node("DequantizeLinear", [stored, *self.parameters(replace(tensor, values=None))])

    def weights(self, place: int, values: NDArray[Any], what: str) -> str:
        """Store int8 weights or int32 biases; return their float form."""
        tensor = self.graph.tensors[place]
        names = [self.constant(values, what), *self.parameters(tensor)]
        return self.node("DequantizeLinear", names, axis=0 if len(tensor.scales) > 1 else None)

    def quantised(self, name: str, operator: Operator) -> str:
        """Return the int8 form of an operator's result, its activation applied."""
        tensor = self.graph.tensors[operator.output]
        name = self.node("QuantizeLinear", [name, *self.parameters(tensor)])
        low, high = operator.limits(tensor)
        if (low, high) == (-128, 127):  # saturating is the activation
            return name
        return self.node(
            "Clip", [name, *(self.constant(np.array(one + _SHIFT, np.uint8), "limit") for one in (low, high))]
        )

    def value(self, place: int) -> str:
        """Return the integers of a computed tensor."""
        if place not in self.values:
            raise untranslatable("a layer of constants alone")
        return self.values[place]

    def flat(self, place: int) -> str:
        """Return the int8 tensor of a place as TFLite has it in memory, channels last."""
        four = len(self.graph.tensors[place].shape) == 4
        return self.node("Transpose", [self.value(place)], perm=_FIRST_TO_LAST) if four else self.value(place)

    def reshaped(self, name: str, shape: Sequence[int]) -> str:
        """Return a tensor in another shape; `shape` lacks the batch, which is kept."""
        return self.node("Reshape", [name, self.constant(np.array([-1, *shape], np.int64), "shape")])

    def _turned(self, name: str, shape: Sequence[int]) -> str:
        if len(shape) != 4:
            return name
        if shape[3] == 1:  # no value moves
            return self.reshaped(name, (1, *shape[1:3]))
        return self.node("Transpose", [name], perm=LAST_TO_FIRST)

    def placed(self, name: str, shape: Sequence[int]) -> str:
        """Return values that are channels last in the given shape of TFLite."""
        return self._turned(self.reshaped(name, shape[1:]), shape)
