"""The backend of both LiteRT and tflite-runtime, which have the same API."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import DAMAGE, ModelError, reason_of
from ..quantisation import dequantise, output_steps, quantise
from . import check_tensor

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ..model_file import ModelFile

_descriptor_lock = Lock()


class TFLiteBackend:
    """A TFLite model in an `Interpreter`. A batch is run one by one, as plates come on a device."""

    def __init__(self, name: str, version: str, interpreter_class: Any, file: ModelFile, threads: int) -> None:
        self.name = name
        self.version = version
        self._file = file
        try:
            with _quiet_standard_error():
                self._interpreter = interpreter_class(model_content=file.content, num_threads=threads)
                self._interpreter.allocate_tensors()
        except (RuntimeError, *DAMAGE) as error:
            raise ModelError(f"{file.path} is refused by {name} {version}: {reason_of(error)}") from error
        inputs, outputs = self._interpreter.get_input_details(), self._interpreter.get_output_details()
        check_tensor(file, "the number of inputs and outputs", (len(inputs), len(outputs)), (1, 1))
        self._input, self._output = inputs[0], outputs[0]
        self.input_dtype = np.dtype(self._input["dtype"]).name
        self.output_dtype = np.dtype(self._output["dtype"]).name
        self._check()

    def run(self, inputs: NDArray[np.float32]) -> NDArray[np.float32]:
        """Run a batch, float32 (n, height, width, channels) -> float32 (n, *output shape)."""
        results = np.empty((len(inputs), *self._file.manifest.output_shape), np.float32)
        try:
            for index in range(len(inputs)):
                results[index] = self._run_one(inputs[index : index + 1])
        except (RuntimeError, *DAMAGE) as error:
            raise ModelError(f"{self._file.path} fails in {self.name} {self.version}: {reason_of(error)}") from error
        return results

    def close(self) -> None:
        """Free the interpreter."""
        self._interpreter = None

    def _run_one(self, one: NDArray[np.float32]) -> NDArray[np.float32]:
        quantisation = self._file.manifest.quantisation
        stored: NDArray[Any] = one
        if self.input_dtype == "int8" and quantisation is not None:
            stored = quantise(one, quantisation.input_scale, quantisation.input_zero_point)
        self._interpreter.set_tensor(self._input["index"], stored)
        self._interpreter.invoke()
        output: NDArray[Any] = self._interpreter.get_tensor(self._output["index"])[0]
        if self.output_dtype == "int8" and quantisation is not None:
            return dequantise(output, *output_steps(quantisation))
        return output

    def _check(self) -> None:
        """Compare the tensors with the manifest: a wrong shape or scale would give wrong plates without an error."""
        manifest = self._file.manifest
        check_tensor(self._file, "the batch of its input", tuple(map(int, self._input["shape"][:1])), (1,))
        check_tensor(self._file, "the input's shape", tuple(map(int, self._input["shape"][1:])), manifest.input.shape)
        check_tensor(self._file, "the input's type", self.input_dtype, manifest.input.dtype)
        check_tensor(self._file, "the output's type", self.output_dtype, manifest.input.dtype)
        check_tensor(
            self._file, "the output's shape", tuple(map(int, self._output["shape"][1:])), manifest.output_shape
        )
        if self.input_dtype == "int8" and manifest.quantisation is not None:
            recorded = manifest.quantisation
            self._check_scale("input", self._input, recorded.input_scale, recorded.input_zero_point)
            self._check_scale("output", self._output, recorded.output_scale, recorded.output_zero_point)

    def _check_scale(self, what: str, details: dict[str, Any], scale: float, zero_point: int) -> None:
        found_scale, found_zero_point = details["quantization"]
        check_tensor(self._file, f"the {what}'s zero point", int(found_zero_point), zero_point)
        check_tensor(self._file, f"the {what}'s scale", float(np.float32(found_scale)), float(np.float32(scale)))


@contextmanager
def _quiet_standard_error() -> Iterator[None]:
    """Keep the interpreter's own notes ("Created XNNPACK delegate") out of a command's error stream.

    C++ writes them to the file descriptor, and no option turns them off; errors arrive as exceptions. All threads share
    the descriptor, so only one at a time may replace it.
    """
    with _descriptor_lock:
        try:
            saved = os.dup(2)
        except OSError:  # a service may run without standard error
            yield
            return
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 2)
        os.close(nowhere)
        try:
            yield
        finally:
            os.dup2(saved, 2)
            os.close(saved)


def distribution_version(module: str) -> str:
    """Return a package's version: its own `__version__`, else the name of its installed metadata folder.

    `importlib.metadata` would do, but costs a tenth of the whole cold start.
    """
    import sys
    from pathlib import Path

    package = sys.modules[module]
    own = getattr(package, "__version__", None)
    if isinstance(own, str):
        return own
    site = Path(next(iter(package.__path__))).parent
    for folder in site.glob(f"{module}-*.dist-info"):
        return folder.name.removesuffix(".dist-info").rpartition("-")[2]
    return "unknown"
