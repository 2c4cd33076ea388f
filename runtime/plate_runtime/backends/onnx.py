"""onnxruntime, from the `onnx` extra."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import ModelError, missing_extra, reason_of
from . import check_tensor

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ..model_file import ModelFile

FORMAT = "onnx"


class OnnxBackend:
    """An ONNX model in onnxruntime on the CPU; float32 in and out, also where the inside is int8 (QDQ)."""

    name = "onnx"

    def __init__(self, file: ModelFile, threads: int) -> None:
        runtime = _runtime()
        self.version = str(runtime.__version__)
        self._path = file.path
        options = runtime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        try:
            self._session = runtime.InferenceSession(file.content, options, providers=["CPUExecutionProvider"])
        except Exception as error:  # onnxruntime's exceptions have no public common base
            raise ModelError(f"{file.path} is refused by onnxruntime {self.version}: {reason_of(error)}") from error
        inputs, outputs = self._session.get_inputs(), self._session.get_outputs()
        check_tensor(file, "the number of inputs and outputs", (len(inputs), len(outputs)), (1, 1))
        check_tensor(file, "the input's shape", tuple(inputs[0].shape[1:]), file.manifest.input.shape)
        check_tensor(file, "the input's type", inputs[0].type, "tensor(float)")
        check_tensor(file, "the output's type", outputs[0].type, "tensor(float)")
        check_tensor(file, "the output's shape", tuple(outputs[0].shape[1:]), file.manifest.output_shape)
        self._input_name = inputs[0].name
        self._fixed_batch = inputs[0].shape[0] == 1
        self.input_dtype = self.output_dtype = "float32"

    def run(self, inputs: NDArray[np.float32]) -> NDArray[np.float32]:
        """Run a batch, float32 (n, height, width, channels) -> float32 (n, *output shape)."""
        if self._fixed_batch and len(inputs) != 1:
            return np.concatenate([self.run(inputs[i : i + 1]) for i in range(len(inputs))])
        try:
            output: NDArray[np.float32] = self._session.run(None, {self._input_name: inputs})[0]
        except Exception as error:
            raise ModelError(f"{self._path} fails in onnxruntime {self.version}: {reason_of(error)}") from error
        return output

    def close(self) -> None:
        """Free the session."""
        self._session = None


def open_file(file: ModelFile, threads: int) -> OnnxBackend:
    """Load an ONNX file. Raises MissingPartError where onnxruntime is not installed."""
    return OnnxBackend(file, threads)


def version() -> str:
    """Return the installed version. Raises MissingPartError where there is none."""
    return str(_runtime().__version__)


def _runtime() -> Any:
    try:
        import onnxruntime
    except Exception as error:  # a broken package may raise anything
        raise missing_extra(f"onnxruntime is not installed, or broken ({reason_of(error)})", "onnx") from error
    return onnxruntime
