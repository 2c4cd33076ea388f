"""A backend that runs LiteRT and prints how long each batch took: `--backend timed`.

A backend module offers `FORMAT`, `open_file` and `version`.
"""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

from plate_runtime.backends import litert

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from plate_runtime.backends import Backend
    from plate_runtime.model_file import ModelFile

FORMAT = "tflite"


class TimedBackend:
    """Wraps another backend."""

    name = "timed"

    def __init__(self, inner: Backend) -> None:
        self._inner = inner
        self.version = inner.version
        self.input_dtype, self.output_dtype = inner.input_dtype, inner.output_dtype

    def run(self, inputs: NDArray[np.float32]) -> NDArray[np.float32]:
        """Run a batch, float32 (n, height, width, channels), and print the milliseconds it took."""
        started = time.perf_counter()
        outputs = self._inner.run(inputs)
        print(f"{len(inputs)} inputs: {1000 * (time.perf_counter() - started):.2f} ms", file=sys.stderr)
        return outputs

    def close(self) -> None:
        """Close the wrapped backend."""
        self._inner.close()


def open_file(file: ModelFile, threads: int) -> TimedBackend:
    """Load a model."""
    return TimedBackend(litert.open_file(file, threads))


def version() -> str:
    """Return the interpreter's version."""
    return litert.version()
