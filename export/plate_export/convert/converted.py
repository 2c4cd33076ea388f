"""What a converter returns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from plate_runtime.manifest import Quantisation


@dataclass(frozen=True)
class Converted:
    """A converted network before its manifest goes in.

    Attributes:
        content: the file as the converter made it.
        tensors: how many tensors (TFLite) or weights (ONNX) there are of each type.
        quantisation: of an int8 input and output, else None.
        rounding: of int8, "exact" if all interpreters round alike, else "plain".
    """

    content: bytes
    tensors: Mapping[str, int]
    quantisation: Quantisation | None = None
    rounding: str | None = None
