"""The parts of a `PlateReader`: its models, each opened when it is first needed, or objects of the user's own."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from .errors import ModelError, UsageError
from .model import Model, open_model, ships
from .model_file import read_model_file
from .recognise import Recogniser
from .script import Script
from .shipped import shipped_model

if TYPE_CHECKING:
    from .detect import Detector
    from .manifest import Manifest


class ReaderModels:
    """The models of one reader. All methods raise as `model.open_model`."""

    def __init__(self, reader: str | Path | None, detector: str | Path | None, backend: str, threads: int) -> None:
        """Take the named files, None for the shipped ones."""
        self._reader, self._detector = reader, detector
        self._backend, self._threads = backend, threads
        self._opened: dict[str | None, Model] = {}

    def reader(self, as_: str) -> Model:
        """Return the model that reads in a mode. Raises ModelError if the named file cannot."""
        kind = self._kind(as_)
        model = self._open(kind, self._reader, kind)
        what = "character" if as_ == "character" else "plate"
        if model.manifest.kind not in (what, "character"):
            raise ModelError(f"{model.file.path} is a {model.manifest.kind} model and reads no single {what}")
        return model

    def detector(self) -> Model:
        """Return the model that detects plates."""
        return self._open("detector", self._detector, "detector")

    def uses_second(self, as_: str) -> bool:
        """Whether a second network reads plates that are read with doubt: only beside the shipped one."""
        return as_ != "character" and self._reader is None and self._kind("plate") == "plate"

    def require_second(self) -> None:
        """Raise ModelError if the file of the second network is missing; it is opened when needed."""
        shipped_model("second", self._backend)

    def second(self) -> Model:
        """Return the second network."""
        return self._open("second", shipped_model("second", self._backend), "plate")

    @cached_property
    def second_manifest(self) -> Manifest:
        """The manifest of the second network, which is not opened for it."""
        return read_model_file(shipped_model("second", self._backend)).manifest

    def close(self) -> None:
        """Free the interpreters."""
        for model in self._opened.values():
            model.close()

    def _open(self, key: str | None, file: str | Path | None, kind: str | None) -> Model:
        if key not in self._opened:
            self._opened[key] = open_model(file, kind, self._backend, self._threads)
        return self._opened[key]

    def _kind(self, as_: str) -> str | None:
        """Return the kind of the shipped model that reads `as_`; None for a named file, which has its own kind."""
        if self._reader is not None:
            return None
        segments = as_ == "plate" and not ships("plate", self._backend)
        return "character" if as_ == "character" or segments else "plate"


def own_recogniser(reader: str | Path | Recogniser | None) -> Recogniser | None:
    """Return a recogniser of the user's own; None for a model file or the shipped one. Raises UsageError."""
    if reader is None or isinstance(reader, str | Path):
        return None
    if not isinstance(reader, Recogniser) or not isinstance(reader.script, Script):
        raise UsageError(f"{type(reader).__name__} is not a recogniser; it needs a method recognise() and a Script")
    return reader


def own_detector(detector: str | Path | Detector | None) -> Detector | None:
    """Return a detector of the user's own; None for a model file or the shipped one. Raises UsageError."""
    if detector is None or isinstance(detector, str | Path):
        return None
    from .detect import Detector

    if not isinstance(detector, Detector):
        raise UsageError(f"{type(detector).__name__} is not a detector; it needs a method detect()")
    return detector
