"""Interpreters behind one protocol, chosen by name: arrays in, arrays out."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol, cast

from ..errors import MissingPartError, ModelError, UsageError
from ..extensions import extension_names, load_extension

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from ..model_file import ModelFile

FORMATS = {"litert": "tflite", "tflite": "tflite", "onnx": "onnx", "openvino": "onnx"}
"""Backend name -> the file format it reads, in order of preference. "fake" reads both."""

NAMES = (*FORMATS, "fake")
"""The backends that are built in. Other packages add theirs through entry points, see `BackendModule`."""


class BackendModule(Protocol):
    """What the module of a backend offers; an entry point of the group `plate_edge.backends` names such a module."""

    FORMAT: str
    """The file format that it reads: "tflite" or "onnx"."""

    def open_file(self, file: ModelFile, threads: int) -> Backend:
        """Load a model. Raises MissingPartError without the interpreter's package, ModelError for a refused model."""
        ...

    def version(self) -> str:
        """Return the interpreter's version. Raises MissingPartError if its package is not installed, or broken."""
        ...


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
        """Free the interpreter; the backend is not used afterwards."""
        ...


def open_backend(name: str, file: ModelFile, threads: int = 1) -> Backend:
    """Load a model into a backend: "auto", a name of `NAMES`, "fake:TEXT", or one of another package.

    "auto" takes the first built-in backend for the file's format with an installed package; see `Backend.name`. A named
    backend runs or fails; there is no silent fall-back.

    Raises:
        UsageError: the name is unknown, or that backend does not read this format.
        MissingPartError: the package is not installed. ModelError: the interpreter refuses the model.
    """
    if name == "auto":
        return _open_first(file, threads)
    base, _, argument = name.partition(":")
    if base == "fake":
        from .fake import FakeBackend

        return FakeBackend(file, argument)
    module = None if argument else _module(base)
    if module is None:
        known = ", ".join(["auto", *NAMES, *extension_names("backends")])
        raise UsageError(f"backend {name!r} is unknown; there are {known}")
    if file.format != module.FORMAT:
        raise UsageError(f"backend {base} reads .{module.FORMAT} files, not {file.path.name}")
    return module.open_file(file, threads)


def format_of(name: str) -> str:
    """Return the file format that a backend reads; "tflite" for "auto", "fake" and unknown names."""
    if name in FORMATS:
        return FORMATS[name]
    base = name.partition(":")[0]
    module = None if base in ("auto", "fake") else _module(base)
    return module.FORMAT if module is not None else "tflite"


def installed() -> dict[str, str | None]:
    """Return each real backend's version, or None where it is missing or cannot be imported."""
    versions: dict[str, str | None] = {}
    for name in FORMATS:
        try:
            versions[name] = _built_in(name).version()
        except MissingPartError:
            versions[name] = None
    return versions


def _open_first(file: ModelFile, threads: int) -> Backend:
    candidates = [name for name, format_ in FORMATS.items() if format_ == file.format]
    missing = []
    for name in candidates:
        try:
            return _built_in(name).open_file(file, threads)
        except MissingPartError as error:
            missing.append(str(error))
    import platform

    raise MissingPartError(explain_missing(file.path.name, missing, platform.machine()))


def explain_missing(name: str, missing: Sequence[str], machine: str) -> str:
    """Return why no interpreter can run the model file `name`: none is installed, or none exists for this `machine`."""
    if machine.startswith("armv6"):
        return f"{name} cannot run here: no interpreter exists for ARMv6 (Pi 1, Pi Zero); use a Pi Zero 2 W or newer"
    return f"no interpreter for {name}: {'; '.join(missing)}"


def _module(name: str) -> BackendModule | None:
    return _built_in(name) if name in FORMATS else load_extension("backends", name)


def _built_in(name: str) -> BackendModule:
    return cast("BackendModule", importlib.import_module(f".{name}", __name__))


def check_tensor(file: ModelFile, what: str, found: object, expected: object) -> None:
    """Raise ModelError where a tensor of the model differs from its manifest."""
    if found != expected:
        raise ModelError(f"{file.path}: {what} is {found}, its manifest says {expected}; export the model again")
