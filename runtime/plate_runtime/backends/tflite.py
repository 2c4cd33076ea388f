"""The older tflite-runtime package: the only interpreter for 32-bit ARM, up to Python 3.11 and with numpy below 2."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import MissingPartError, missing_extra, reason_of
from .interpreter import TFLiteBackend, distribution_version

if TYPE_CHECKING:
    from ..model_file import ModelFile

FORMAT = "tflite"


def open_file(file: ModelFile, threads: int) -> TFLiteBackend:
    """Load a TFLite file into tflite-runtime. Raises MissingPartError where it is missing or cannot work."""
    return TFLiteBackend("tflite", version(), _interpreter_class(), file, threads)


def version() -> str:
    """Return the installed version. Raises MissingPartError where there is none that works."""
    _interpreter_class()
    return distribution_version("tflite_runtime")


def _interpreter_class() -> Any:
    try:
        from tflite_runtime.interpreter import Interpreter
    except Exception as error:  # a broken package may raise anything
        raise missing_extra(f"tflite-runtime is not installed, or broken ({reason_of(error)})", "tflite") from error
    if int(np.__version__.split(".")[0]) >= 2:
        # It imports beside numpy 2 and then fails, or worse, when an interpreter is made.
        raise MissingPartError(f"tflite-runtime does not work with numpy {np.__version__}: pip install 'numpy<2'")
    return Interpreter
