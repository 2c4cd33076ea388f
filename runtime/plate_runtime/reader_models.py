"""The parts of a `PlateReader`: its models, each opened when it is first needed, or objects of the user's own."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from .errors import ModelError, UsageError
from .model import Model, open_model, ships
from .model_file import read_model_file
from .recognise import Recogniser
from .script import Script
from .shipped import DETECTING, shipped_model

if TYPE_CHECKING:
    from .detect import Detector
    from .manifest import Manifest

_OTHER = {"plate": "frame", "frame": "plate"}
"""The purpose of the second network of each."""


class ReaderModels:
    """The models of one reader. All methods raise as `model.open_model`."""

    def __init__(self, reader: str | Path | None, detector: str | Path | None, backend: str, threads: int) -> None:
        """Take the named files, None for the shipped ones."""
        self._reader, self._detector = reader, detector
        self._backend, self._threads = backend, threads
        self._opened: dict[str | None, Model] = {}
        self._manifests: dict[str, Manifest] = {}

    def reader(self, as_: str) -> Model:
        """Return the model that reads in a mode. Raises ModelError if the named file cannot."""
        what = "character" if as_ == "character" else "plate"
        model = self._shipped(self._purpose(as_)) if self._reader is None else self._open(None, self._reader, None)
        if model.manifest.kind not in (what, "character"):
            raise ModelError(f"{model.file.path} is a {model.manifest.kind} model and reads no single {what}")
        return model

    def detector(self) -> Model:
        """Return the model that detects plates."""
        return self._open("detector", self._detector, "detector")

    def uses_second(self, as_: str) -> bool:
        """Whether a second network reads plates that are read with doubt: only beside a shipped one."""
        return self._reader is None and self._purpose(as_) in _OTHER

    def require_second(self, as_: str) -> None:
        """Raise ModelError if the file of the second network of a mode is missing; it is read when needed."""
        shipped_model(_OTHER[self._purpose(as_)], self._backend)

    def second(self, as_: str) -> Model:
        """Return the second network of a mode."""
        return self._shipped(_OTHER[self._purpose(as_)])

    def second_manifest(self, as_: str) -> Manifest:
        """Return the manifest of the second network, which is not opened for it."""
        purpose = _OTHER[self._purpose(as_)]
        if purpose not in self._manifests:
            self._manifests[purpose] = read_model_file(shipped_model(purpose, self._backend)).manifest
        return self._manifests[purpose]

    def close(self) -> None:
        """Free the interpreters."""
        for model in self._opened.values():
            model.close()

    def _open(self, key: str | None, file: str | Path | None, kind: str | None) -> Model:
        if key not in self._opened:
            self._opened[key] = open_model(file, kind, self._backend, self._threads)
        return self._opened[key]

    def _shipped(self, purpose: str) -> Model:
        return self._open(purpose, shipped_model(purpose, self._backend), "plate" if purpose in _OTHER else purpose)

    def _purpose(self, as_: str) -> str:
        """Return the purpose, one of `shipped.NAMES`, of the shipped model that reads in a mode."""
        if as_ in DETECTING:
            return "frame"
        reads_plates = any(ships(purpose, self._backend) for purpose in _OTHER)
        return "plate" if as_ == "plate" and reads_plates else "character"


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
