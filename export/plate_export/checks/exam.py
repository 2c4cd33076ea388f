"""What a file has to pass before it is published, by the kind of model: texts to be read, or plates to be found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from plate_runtime.manifest import Score
from plate_runtime.model_file import read_model_file
from plate_runtime.preprocess import scale_pixels
from plate_runtime.shipped import shipped_model

from ..artefact import Artefact
from ..check_sets.labelled import CheckSet
from ..check_sets.scene_set import Frames
from ..convert import libraries
from ..convert.calibrate import Calibration
from ..report.frame_report import FrameReport
from ..report.text_report import Report
from ..source import Source
from . import frame_check, text_check
from .frame_check import Found, FrameCheck
from .network_outputs import read_texts
from .reading_process import Reading
from .text_check import Answers, Check, Examples, Limits

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
        return text_check.count_right(texts, reading.outputs, self._examples)

    def compare(self, reference: Answers, answers: Answers, *, file: str, backend: str, version: str) -> Check:
        """See `gate.compare`."""
        labels = self._examples.labels
        return text_check.compare(reference, answers, labels, file=file, backend=backend, version=version)

    def judge(self, reference: Answers, checks: Sequence[Check]) -> None:
        """See `gate.judge`."""
        text_check.judge(reference, checks, self._examples.labels, self._limits)

    def scores(self, checks: Sequence[Check], file: str) -> tuple[Score, ...]:
        """See `gate.scores`."""
        return text_check.scores(checks, file, self._set.name, self._set.digest)

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
            libraries=libraries.versions(),
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
        return frame_check.count_found(reading.plates, reading.outputs, self._frames)

    def compare(self, reference: Found, answers: Found, *, file: str, backend: str, version: str) -> FrameCheck:
        """See `gate_frames.compare`."""
        temperature = self._source.meta.temperature
        return frame_check.compare(reference, answers, temperature, file=file, backend=backend, version=version)

    def judge(self, reference: Found, checks: Sequence[FrameCheck]) -> None:
        """See `gate_frames.judge`."""
        frame_check.judge(reference, checks, self._limits)

    def scores(self, checks: Sequence[FrameCheck], file: str) -> tuple[Score, ...]:
        """See `gate_frames.scores`."""
        reader = read_model_file(shipped_model("frame")).manifest.label
        return frame_check.scores(checks, file, self._set.name, self._set.digest, reader)

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
            libraries=libraries.versions(),
        )
