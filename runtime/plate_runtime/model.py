"""A model file running in a backend: pictures prepared by its manifest in, the network's answer out."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

import numpy as np
from numpy.typing import NDArray

from .backends import Backend, open_backend
from .errors import ModelError, UsageError
from .manifest import Manifest
from .modelfile import ModelFile, read_model_file
from .preprocess import resize_picture, scale_pixels

MODELS = Path(__file__).parent / "models"
_SHIPPED = {"character": "plate-character-1.0.0-int8", "plate": "plate-reader-1.0.0-int8"}


def ships(kind: str, backend: str = "auto") -> bool:
    """Whether a model of that kind ships in the format that `backend` reads."""
    return kind in _SHIPPED and _shipped_path(kind, backend).is_file()


def shipped_model(kind: str, backend: str = "auto") -> Path:
    """Return the path of the model that ships for `kind`, in the format that `backend` reads.

    Raises:
        UsageError: no model of that kind ships. ModelError: it is missing from the installation.
    """
    if kind not in _SHIPPED:
        raise UsageError(f"no {kind} model ships yet; name one with its file")
    path = _shipped_path(kind, backend)
    if not path.is_file():
        raise ModelError(f"{path} is missing from the installation; install plate-edge again")
    return path


def named_model(name: str | Path, backend: str = "auto") -> Path:
    """Return the path of a model file, or of the shipped int8 model of that name, such as "plate-reader-nano".

    Raises:
        UsageError: it looks like a name, and no model of that name ships.
    """
    path = Path(name)
    if path.suffix or path.name != str(name) or path.exists():
        return path
    suffix = _suffix(backend)
    shipped = {found.name.rsplit("-", 2)[0]: found for found in sorted(MODELS.glob(f"*-int8{suffix}"))}
    if str(name) not in shipped:
        raise UsageError(f"no model called {name} ships; name a file, or one of {', '.join(shipped)}")
    return shipped[str(name)]


def _shipped_path(kind: str, backend: str) -> Path:
    return MODELS / f"{_SHIPPED[kind]}{_suffix(backend)}"


def _suffix(backend: str) -> str:
    return ".onnx" if backend == "onnx" else ".tflite"


class Model:
    """One opened model. Not thread-safe: interpreters reuse their tensors; open one per thread."""

    def __init__(self, file: ModelFile, backend: Backend) -> None:
        self.file = file
        self.backend = backend

    @property
    def manifest(self) -> Manifest:
        """What the file says of itself."""
        return self.file.manifest

    def predict(self, inputs: NDArray[np.float32]) -> NDArray[np.float32]:
        """Run a batch, float32 (n, height, width, 1) as `preprocess.prepare` makes it -> float32 (n, *output_shape).

        The result is what the network says, before the manifest's temperature: probabilities (n, classes) of a
        character, logits (n, steps, classes and blank) of a plate.

        Raises:
            ModelError: the network's answer is not what the manifest says, or holds what is no finite number.
        """
        outputs = self.backend.run(inputs)
        expected = (len(inputs), *self.manifest.output_shape)
        if outputs.shape != expected:
            raise ModelError(f"{self.file.path} answers with shape {outputs.shape}, its manifest says {expected}")
        if not np.isfinite(outputs).all():
            raise ModelError(f"{self.file.path} answers with values that are not finite; train or export it again")
        return outputs

    def predict_pictures(
        self, pictures: Sequence[NDArray[np.uint8]], picture_polarity: str | None = None
    ) -> NDArray[np.float32]:
        """Prepare gray pictures, uint8 (h, w) of any sizes, and run them -> float32 (n, *output_shape)."""
        spec = self.manifest.input
        if not len(pictures):
            return np.zeros((0, *self.manifest.output_shape), np.float32)
        pixels = np.stack([resize_picture(picture, spec, picture_polarity) for picture in pictures])
        return self.predict(scale_pixels(pixels, spec))

    def close(self) -> None:
        """Let go of the interpreter."""
        self.backend.close()

    def __enter__(self) -> Model:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def open_model(
    path: str | Path | None = None, kind: str | None = "character", backend: str = "auto", threads: int = 1
) -> Model:
    """Open a model file, or the one that ships for `kind`, in the backend of that name.

    Args:
        path: a file, or the name of a model that ships; see `named_model`.
        kind: what the file has to be; None takes every kind, and the character model where no file is named.
        backend: "auto" takes the first installed interpreter for the file's format; the model says which ran.
        threads: for the interpreter, at least 1.

    Raises:
        ModelError: the file is damaged, foreign or of another kind. MissingPartError: no interpreter for it.
        UsageError: an unknown backend, or fewer than one thread.
    """
    if threads < 1:
        raise UsageError(f"threads has to be at least 1, not {threads}")
    file = read_model_file(shipped_model(kind or "character", backend) if path is None else named_model(path, backend))
    if kind is not None and file.manifest.kind != kind:
        raise ModelError(f"{file.path} is a {file.manifest.kind} model where a {kind} model is needed")
    return Model(file, open_backend(backend, file, threads))
