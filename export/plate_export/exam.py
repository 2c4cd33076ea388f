"""What a file has to pass before it is published, by the kind of model: texts to be read, or plates to be found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from plate_runtime.manifest import Score
from plate_runtime.modelfile import read_model_file
from plate_runtime.preprocess import scale_pixels
from plate_runtime.shipped import shipped_model

from . import gate, gate_frames, parts
from .artefact import Artefact
from .calibrate import Calibration
from .gate import Answers, Check, Examples, Limits
from .gate_frames import Found, FrameCheck
from .labelled import CheckSet
from .outputs import read_texts
from .reading import Reading
from .report import Report
from .report_frames import FrameReport
from .scene_set import Frames
from .source import Source

AnyReport = Report | FrameReport
"""A report on an export of any kind."""


class Exam(Protocol):
    """A check of one kind. Answers and checks are its own; nobody else looks into them but for the outputs.

    Attributes:
        inputs: float32 (n, height, width, 1), what every reader is shown; at_once: how many of them in a batch.
        originals: gray uint8 (h, w), plates or frames as they were, which are read besides as the product reads them.
    """

    inputs: NDArray[np.float32]
    at_once: int
    originals: Sequence[NDArray[np.uint8]]

    def count(self, reading: Reading) -> Any:
        """Return what a reading makes of the set."""

    def compare(self, reference: Any, answers: Any, *, file: str, backend: str, version: str) -> Any:
        """Set a file's answers beside those of its `.h5`."""

    def judge(self, reference: Any, checks: Sequence[Any]) -> None:
        """Raise AccuracyError unless all is within the limits."""

    def scores(self, checks: Sequence[Any], file: str) -> tuple[Score, ...]:
        """Return what the manifest of `file` keeps of its checks."""

    def report(
        self,
        calibration: Calibration | None,
        reference: Any,
        artefacts: Sequence[Artefact],
        checks: Sequence[Any],
        installed: Mapping[str, str | None],
    ) -> AnyReport:
        """Return the report."""


def set_exam(source: Source, check_set: CheckSet, limits: Limits) -> Exam:
    """Return the exam for this kind of model."""
    if isinstance(check_set.val, Frames):
        return FrameExam(source, check_set, check_set.val, limits)
    return TextExam(source, check_set, limits)


class TextExam:
    """Characters or plates are read."""

    at_once = 64

    def __init__(self, source: Source, check_set: CheckSet, limits: Limits) -> None:
        self.inputs = scale_pixels(check_set.val.pictures, source.meta.input)
        self.originals = check_set.val.originals
        self._source, self._set, self._limits = source, check_set, limits
        self._examples = Examples(self.inputs, check_set.val.texts, check_set.unseen)

    def count(self, reading: Reading) -> Answers:
        """Read the texts, and count the right ones."""
        texts = reading.texts or read_texts(reading.outputs, self._source.meta)
        return gate.count_right(texts, reading.outputs, self._examples)

    def compare(self, reference: Answers, answers: Answers, *, file: str, backend: str, version: str) -> Check:
        """See `gate.compare`."""
        labels = self._examples.labels
        return gate.compare(reference, answers, labels, file=file, backend=backend, version=version)

    def judge(self, reference: Answers, checks: Sequence[Check]) -> None:
        """See `gate.judge`."""
        gate.judge(reference, checks, self._examples.labels, self._limits)

    def scores(self, checks: Sequence[Check], file: str) -> tuple[Score, ...]:
        """See `gate.scores`."""
        return gate.scores(checks, file, self._set.name, self._set.digest)

    def report(
        self,
        calibration: Calibration | None,
        reference: Answers,
        artefacts: Sequence[Artefact],
        checks: Sequence[Check],
        installed: Mapping[str, str | None],
    ) -> Report:
        """Return the report on texts."""
        return Report(
            source=self._source,
            check_set=self._set,
            limits=self._limits,
            calibration=calibration,
            reference=reference,
            artefacts=artefacts,
            checks=checks,
            installed=installed,
            libraries=parts.versions(),
        )


class FrameExam:
    """Plates are found in frames."""

    at_once = 16

    def __init__(self, source: Source, check_set: CheckSet, frames: Frames, limits: Limits) -> None:
        self.inputs = scale_pixels(frames.pictures, source.meta.input)
        self.originals = frames.originals
        self._source, self._set, self._frames, self._limits = source, check_set, frames, limits

    def count(self, reading: Reading) -> Found:
        """Count the plates that were found."""
        return gate_frames.count_found(reading.plates, reading.outputs, self._frames)

    def compare(self, reference: Found, answers: Found, *, file: str, backend: str, version: str) -> FrameCheck:
        """See `gate_frames.compare`."""
        temperature = self._source.meta.temperature
        return gate_frames.compare(reference, answers, temperature, file=file, backend=backend, version=version)

    def judge(self, reference: Found, checks: Sequence[FrameCheck]) -> None:
        """See `gate_frames.judge`."""
        gate_frames.judge(reference, checks, self._limits)

    def scores(self, checks: Sequence[FrameCheck], file: str) -> tuple[Score, ...]:
        """See `gate_frames.scores`."""
        reader = read_model_file(shipped_model("frame")).manifest.label
        return gate_frames.scores(checks, file, self._set.name, self._set.digest, reader)

    def report(
        self,
        calibration: Calibration | None,
        reference: Found,
        artefacts: Sequence[Artefact],
        checks: Sequence[FrameCheck],
        installed: Mapping[str, str | None],
    ) -> FrameReport:
        """Return the report on frames."""
        return FrameReport(
            source=self._source,
            check_set=self._set,
            frames=self._frames,
            limits=self._limits,
            calibration=calibration,
            reference=reference,
            artefacts=artefacts,
            checks=checks,
            installed=installed,
            libraries=parts.versions(),
        )
