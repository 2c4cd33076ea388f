"""A model file in a backend: it prepares pictures by the manifest, and returns the network's output."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from threading import Lock
from typing import NoReturn

import numpy as np
from numpy.typing import NDArray

from .backends import Backend, open_backend
from .errors import ModelError, UsageError
from .manifest import Manifest
from .model_file import ModelFile, read_model_file
from .preprocess import resize_picture, scale_pixels
from .shipped import MODELS, named_model, shipped_model, ships

__all__ = ["MODELS", "Model", "named_model", "open_model", "shipped_model", "ships"]

_MOST_THREADS = 256


class Model:
    """One opened model. Thread-safe: threads wait for each other, because interpreters reuse their tensors."""

    def __init__(self, file: ModelFile, backend: Backend) -> None:
        self.file = file
        self.backend = backend
        self._lock, self._closed = Lock(), False

    @property
    def manifest(self) -> Manifest:
        """The manifest of the file."""
        return self.file.manifest

    def predict(self, inputs: NDArray[np.float32]) -> NDArray[np.float32]:
        """Run a batch, float32 (n, height, width, 1) as `preprocess.prepare` makes it -> float32 (n, *output_shape).

        The output is not calibrated by the manifest's temperature yet: probabilities (n, classes) of a character,
        logits (n, steps, classes and blank) of a plate, (n, cells, 9) of a detector.

        Raises:
            UsageError: the inputs have another shape or type, or the model is closed.
            ModelError: the output's shape is not that of the manifest, or a value is not finite.
        """
        shape = self.manifest.input.shape
        if inputs.dtype != np.float32 or inputs.shape[1:] != shape:
            raise UsageError(f"expected inputs of float32 {('n', *shape)}, not {inputs.dtype} {inputs.shape}")
        if not len(inputs):
            return np.zeros((0, *self.manifest.output_shape), np.float32)
        with self._lock:
            if self._closed:
                raise UsageError(f"{self.file.path} is closed; open it again")
            outputs = self.backend.run(inputs)
        expected = (len(inputs), *self.manifest.output_shape)
        if outputs.shape != expected:
            raise ModelError(f"{self.file.path} has an output of shape {outputs.shape}, its manifest says {expected}")
        if not np.isfinite(outputs).all():
            raise ModelError(f"{self.file.path} has an output that is not finite; train or export it again")
        return outputs

    def predict_pictures(
        self, pictures: Sequence[NDArray[np.uint8]], picture_polarity: str = "auto"
    ) -> NDArray[np.float32]:
        """Prepare gray pictures, uint8 (h, w) of any sizes, and run them -> float32 (n, *output_shape)."""
        spec = self.manifest.input
        if not len(pictures):
            return np.zeros((0, *self.manifest.output_shape), np.float32)
        pixels = np.stack([resize_picture(picture, spec, picture_polarity) for picture in pictures])
        return self.predict(scale_pixels(pixels, spec))

    def close(self) -> None:
        """Free the interpreter. Closing twice is no error."""
        with self._lock:
            self._closed = True
            self.backend.close()

    def __enter__(self) -> Model:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __reduce__(self) -> NoReturn:
        raise UsageError("an opened model can be neither copied nor pickled; open it in each process")


def open_model(
    path: str | Path | None = None, kind: str | None = "character", backend: str = "auto", threads: int = 1
) -> Model:
    """Open a model file, or the one that ships for `kind`, in the backend of that name.

    Args:
        path: a file, or the name of a model that ships; see `named_model`.
        kind: what the file has to be; None accepts every kind, and means the character model if no file is named.
        backend: "auto" takes the first installed interpreter for the file's format; see `Model.backend`.
        threads: for the interpreter, 1 to 256.

    Raises:
        ModelError: the file is damaged, foreign or of another kind. MissingPartError: no interpreter for it.
        UsageError: an unknown backend, or number of threads.
    """
    if not isinstance(threads, int) or not 1 <= threads <= _MOST_THREADS:
        raise UsageError(f"threads has to be a whole number from 1 to {_MOST_THREADS}, not {threads}")
    file = read_model_file(shipped_model(kind or "character", backend) if path is None else named_model(path, backend))
    if kind is not None and file.manifest.kind != kind:
        raise ModelError(f"{file.path} is a {file.manifest.kind} model where a {kind} model is needed")
    return Model(file, open_backend(backend, file, threads))
