"""Google's LiteRT (package ai-edge-litert), the default on 64-bit machines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..errors import MissingPartError, reason_of
from .interpreter import TFLiteBackend, distribution_version

if TYPE_CHECKING:
    from ..model_file import ModelFile

FORMAT = "tflite"


def open_file(file: ModelFile, threads: int) -> TFLiteBackend:
    """Load a TFLite file into LiteRT. Raises MissingPartError where it is not installed."""
    return TFLiteBackend("litert", version(), _interpreter_class(), file, threads)


def version() -> str:
    """Return the installed version. Raises MissingPartError where there is none."""
    _interpreter_class()
    return distribution_version("ai_edge_litert")


def _interpreter_class() -> Any:
    try:
        from ai_edge_litert.interpreter import Interpreter
    except Exception as error:  # a broken package may raise anything
        raise MissingPartError(
            f"LiteRT is not installed, or broken ({reason_of(error)}): pip install ai-edge-litert"
        ) from error
    return Interpreter
