"""OpenVINO, from the `openvino` extra: reads the ONNX files. "auto" takes onnxruntime first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import ModelError, missing_extra, reason_of
from . import check_tensor

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ..model_file import ModelFile

FORMAT = "onnx"


class OpenVinoBackend:
    """An ONNX model in OpenVINO on the CPU; float32 in and out. Int8 files give slightly other outputs."""

    name = "openvino"

    def __init__(self, file: ModelFile, threads: int) -> None:
        library = _library()
        self.version = version()
        self._path = file.path
        # Without the hint, processors with bfloat16 compute float32 layers in it.
        settings = {"INFERENCE_PRECISION_HINT": "f32", "INFERENCE_NUM_THREADS": threads, "NUM_STREAMS": 1}
        try:
            model = library.Core().read_model(file.content)
            self._model = library.compile_model(model, "CPU", settings)
        except RuntimeError as error:
            raise ModelError(f"{file.path} is refused by OpenVINO {self.version}: {reason_of(error)}") from error
        check_tensor(file, "the number of inputs and outputs", (len(model.inputs), len(model.outputs)), (1, 1))
        given, taken = model.input(0), model.output(0)
        check_tensor(file, "the input's shape", _shape(given), file.manifest.input.shape)
        check_tensor(file, "the input's type", given.element_type.get_type_name(), "f32")
        check_tensor(file, "the output's type", taken.element_type.get_type_name(), "f32")
        check_tensor(file, "the output's shape", _shape(taken), file.manifest.output_shape)
        self._fixed_batch = given.partial_shape[0].is_static
        self._request = self._model.create_infer_request()
        self.input_dtype = self.output_dtype = "float32"

    def run(self, inputs: NDArray[np.float32]) -> NDArray[np.float32]:
        """Run a batch, float32 (n, height, width, channels) -> float32 (n, *output shape)."""
        if self._fixed_batch and len(inputs) != 1:
            return np.concatenate([self.run(inputs[i : i + 1]) for i in range(len(inputs))])
        try:
            outputs: NDArray[np.float32] = self._request.infer({0: inputs})[0]
        except RuntimeError as error:
            raise ModelError(f"{self._path} fails in OpenVINO {self.version}: {reason_of(error)}") from error
        return outputs.copy()

    def close(self) -> None:
        """Free the model."""
        self._request = self._model = None


def open_file(file: ModelFile, threads: int) -> OpenVinoBackend:
    """Load an ONNX file. Raises MissingPartError where OpenVINO is not installed."""
    return OpenVinoBackend(file, threads)


def version() -> str:
    """Return the installed version. Raises MissingPartError where there is none."""
    return str(_library().__version__).partition("-")[0]


def _shape(port: Any) -> tuple[int, ...]:
    """Return the shape of an input or output without its batch."""
    return tuple(side.get_length() if side.is_static else -1 for side in port.partial_shape)[1:]


def _library() -> Any:
    try:
        import openvino
    except Exception as error:  # a broken package may raise anything
        raise missing_extra(f"OpenVINO is not installed, or broken ({reason_of(error)})", "openvino") from error
    return openvino
