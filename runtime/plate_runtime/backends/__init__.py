"""Interpreters behind one protocol, chosen by name: arrays in, arrays out."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Protocol

from ..errors import MissingPartError, ModelError, UsageError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from ..model_file import ModelFile

FORMATS = {"litert": "tflite", "tflite": "tflite", "onnx": "onnx"}
"""Backend name -> the file format it reads, in order of preference. "fake" reads both."""

NAMES = (*FORMATS, "fake")


class Backend(Protocol):
    """An interpreter with one model loaded. Real numbers go in and out: quantisation stays behind it."""

    name: str
    version: str
    input_dtype: str
    output_dtype: str

    def run(self, inputs: NDArray[np.float32]) -> NDArray[np.float32]:
        """Run a batch, float32 (n, height, width, channels) -> float32 (n, *manifest.output_shape)."""
        ...

    def close(self) -> None:
        """Let go of the interpreter; the backend is not used afterwards."""
        ...


def open_backend(name: str, file: ModelFile, threads: int = 1) -> Backend:
    """Load a model into the backend called `name`: "auto", "litert", "tflite", "onnx", "fake" or "fake:TEXT".

    "auto" takes the first backend for the file's format whose package is installed; whoever opened it can ask
    the backend for its name. Nothing falls back silently: a named backend runs or fails.

    Raises:
        UsageError: the name is unknown, or that backend does not read this format.
        MissingPartError: the package is not installed. ModelError: the interpreter refuses the model.
    """
    if name == "auto":
        return _open_first(file, threads)
    base, _, argument = name.partition(":")
    if base not in NAMES or (argument and base != "fake"):
        raise UsageError(f"backend {name!r} is unknown; there are auto, {', '.join(NAMES)}")
    if base == "fake":
        from .fake import FakeBackend

        return FakeBackend(file, argument)
    if FORMATS[base] != file.format:
        raise UsageError(f"backend {base} reads .{FORMATS[base]} files, not {file.path.name}")
    return _opener(base)(file, threads)


def installed() -> dict[str, str | None]:
    """Return each real backend's version, or None where it is missing or cannot be imported."""
    versions: dict[str, str | None] = {}
    for name in FORMATS:
        try:
            versions[name] = importlib.import_module(f".{name}", __name__).version()
        except MissingPartError:
            versions[name] = None
    return versions


def _open_first(file: ModelFile, threads: int) -> Backend:
    candidates = [name for name, format_ in FORMATS.items() if format_ == file.format]
    missing = []
    for name in candidates:
        try:
            return _opener(name)(file, threads)
        except MissingPartError as error:
            missing.append(str(error))
    import platform

    raise MissingPartError(explain_missing(file.path.name, missing, platform.machine()))


def explain_missing(name: str, missing: Sequence[str], machine: str) -> str:
    """Return why nothing can run the model file `name`: what is missing, or that nothing exists for this `machine`."""
    if machine.startswith("armv6"):
        return f"{name} cannot run here: no interpreter exists for ARMv6 (Pi 1, Pi Zero); use a Pi Zero 2 W or newer"
    return f"no interpreter for {name}: {'; '.join(missing)}"


def _opener(name: str) -> Callable[[ModelFile, int], Backend]:
    opener: Callable[[ModelFile, int], Backend] = importlib.import_module(f".{name}", __name__).open_file
    return opener


def check_tensor(file: ModelFile, what: str, found: object, expected: object) -> None:
    """Raise ModelError where a tensor of the model is not what its manifest says."""
    if found != expected:
        raise ModelError(f"{file.path}: {what} is {found}, its manifest says {expected}; export the model again")
