"""The computational cost of a network."""

from __future__ import annotations

from typing import Any


def multiply_adds(model: Any) -> int:
    """Return the multiply-adds of one picture: of convolutions, dense layers and products of tensors."""
    return sum(_layer_multiply_adds(layer) for layer in model.layers)


def _layer_multiply_adds(layer: Any) -> int:
    kind = type(layer).__name__
    if kind == "Dot":
        first, second = (tensor.shape for tensor in layer.input)
        return int(_product(first[1:]) * _product(second[1:]) // first[layer.axes[0]])
    if kind not in ("Conv2D", "Dense"):
        return 0
    # each weight of the kernel is used once at every place of the output
    return int(_product(layer.kernel.shape) * _product(layer.output.shape[1:-1]))


def _product(sides: Any) -> int:
    result = 1
    for side in sides:
        result *= int(side)
    return result
