"""The table of export targets: which files can be made, by which converter, and which interpreters check them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from .convert.converted import Converted


@dataclass
class Material:
    """What converters start from.

    Attributes:
        network: the Keras network.
        inputs: float32 (n, height, width, 1), the calibration pictures of int8; None if no int8 file is made.
        score: of a detector, see `exact_int8.score_range`; else None.
    """

    network: Any
    inputs: NDArray[np.float32] | None = None
    score: tuple[float, float] | None = None

    @cached_property
    def int8(self) -> Converted:
        """The int8 TFLite file. The int8 ONNX file is translated from it."""
        from .convert import exact_int8, tflite

        assert self.inputs is not None, "int8 needs calibration pictures"
        return exact_int8.rewrite(self.network, tflite.to_int8(self.network, self.inputs), self.inputs, self.score)


def _float_tflite(material: Material) -> Converted:
    from .convert import tflite

    return tflite.to_float(material.network)


def _int8_tflite(material: Material) -> Converted:
    return material.int8


def _float_onnx(material: Material) -> Converted:
    from .convert import onnx

    return onnx.to_float(material.network)


def _int8_onnx(material: Material) -> Converted:
    from .convert import onnx

    return onnx.to_int8(material.int8.content, material.int8.quantisation)


@dataclass(frozen=True)
class Target:
    """One kind of file.

    Attributes:
        format: "tflite" or "onnx"; precision: "float32" or "int8".
        convert: makes the file from a network; note: for the table in the documentation.
        equal: interpreters that check it and have to give equal outputs if int8 is rounded exactly.
        close: interpreters that check it, with outputs that may differ slightly.
        needs: modules that the converter and the check import, besides those of every export.
    """

    format: str
    precision: str
    convert: Callable[[Material], Converted]
    note: str
    equal: tuple[str, ...]
    close: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()

    @property
    def suffix(self) -> str:
        """The end of the file's name, after NAME-VERSION-."""
        return f"{self.precision}.{self.format}"

    @property
    def backends(self) -> tuple[str, ...]:
        """All interpreters that check it, by their names in `plate_runtime.backends`."""
        return (*self.equal, *self.close)


_TFLITE, _ONNX, _OPENVINO = ("litert", "tflite"), ("onnx",), ("openvino",)
_FOR_ONNX = ("onnx", "tf2onnx", "onnxruntime")

TARGETS = (
    Target("tflite", "float32", _float_tflite, "batch 1", _TFLITE),
    Target("tflite", "int8", _int8_tflite, "batch 1, int8 weights, activations, input and output", _TFLITE),
    Target("onnx", "float32", _float_onnx, "any batch", _ONNX, _OPENVINO, _FOR_ONNX),
    Target("onnx", "int8", _int8_onnx, "any batch, the int8 TFLite as QDQ, float32 ends", _ONNX, _OPENVINO, _FOR_ONNX),
)


def find(format_: str, precision: str) -> Target:
    """Return the target of this format and precision. Raises StopIteration if the table has none."""
    return next(one for one in TARGETS if (one.format, one.precision) == (format_, precision))


def chosen(float_: bool, int8: bool, onnx: bool) -> tuple[Target, ...]:
    """Return the targets that options name: without options all; `--onnx` adds ONNX in the chosen precisions."""
    precisions = [name for name, asked in (("float32", float_), ("int8", int8)) if asked] or ["float32", "int8"]
    formats = ["tflite", "onnx"] if onnx or not (float_ or int8) else ["tflite"]
    return tuple(one for one in TARGETS if one.format in formats and one.precision in precisions)


def needed(targets: Sequence[Target]) -> tuple[str, ...]:
    """Return the modules that these targets need, each once."""
    return tuple(dict.fromkeys(module for one in targets for module in one.needs))


def table() -> str:
    """Return the targets as a Markdown table."""
    lines = ["| file | what it is | equal outputs in | close outputs in |", "|---|---|---|---|"]
    for one in TARGETS:
        name = f"`NAME-VERSION-{one.suffix}`"
        lines.append(f"| {name} | {one.precision}, {one.note} | {', '.join(one.equal)} | {', '.join(one.close)} |")
    return "\n".join(lines)
