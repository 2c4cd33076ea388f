"""The accuracy check of a kind of model: texts are read, or plates are detected."""

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
from .text_check import Check, Examples, Limits, TextResult

AnyReport = Report | FrameReport
"""A report on an export of any kind."""


class AccuracyCheck(Protocol):
    """The accuracy check of one kind. Each kind has its own types of results; others read only their outputs.

    Attributes:
        inputs: float32 (n, height, width, 1), of every reader; at_once: size of a batch.
        originals: gray uint8 (h, w), plates or frames before preprocessing, which are read as the product reads them.
    """

    inputs: NDArray[np.float32]
    at_once: int
    originals: Sequence[NDArray[np.uint8]]

    def count(self, reading: Reading) -> Any:
        """Return the result of a reading of the set."""

    def compare(self, reference: Any, result: Any, *, file: str, backend: str, version: str) -> Any:
        """Compare the result of a file with that of its `.h5`."""

    def judge(self, reference: Any, checks: Sequence[Any]) -> None:
        """Raise AccuracyError unless all results are within the limits."""

    def scores(self, checks: Sequence[Any], file: str) -> tuple[Score, ...]:
        """Return the scores that go into the manifest of `file`."""

    def report(
        self,
        calibration: Calibration | None,
        reference: Any,
        artefacts: Sequence[Artefact],
        checks: Sequence[Any],
        installed: Mapping[str, str | None],
    ) -> AnyReport:
        """Return the report."""


def accuracy_check(source: Source, check_set: CheckSet, limits: Limits) -> AccuracyCheck:
    """Return the accuracy check of this kind of model."""
    if isinstance(check_set.val, Frames):
        return FrameAccuracy(source, check_set, check_set.val, limits)
    return TextAccuracy(source, check_set, limits)


class TextAccuracy:
    """The accuracy check of models that read characters or plates."""

    at_once = 64

    def __init__(self, source: Source, check_set: CheckSet, limits: Limits) -> None:
        self.inputs = scale_pixels(check_set.val.pictures, source.meta.input)
        self.originals = check_set.val.originals
        self._source, self._set, self._limits = source, check_set, limits
        self._examples = Examples(self.inputs, check_set.val.texts, check_set.unseen)

    def count(self, reading: Reading) -> TextResult:
        """Read the texts, and count those that are right."""
        texts = reading.texts or read_texts(reading.outputs, self._source.meta)
        return text_check.count_right(texts, reading.outputs, self._examples)

    def compare(self, reference: TextResult, result: TextResult, *, file: str, backend: str, version: str) -> Check:
        """See `text_check.compare`."""
        labels = self._examples.labels
        return text_check.compare(reference, result, labels, file=file, backend=backend, version=version)

    def judge(self, reference: TextResult, checks: Sequence[Check]) -> None:
        """See `text_check.judge`."""
        text_check.judge(reference, checks, self._examples.labels, self._limits)

    def scores(self, checks: Sequence[Check], file: str) -> tuple[Score, ...]:
        """See `text_check.scores`."""
        return text_check.scores(checks, file, self._set.name, self._set.digest)

    def report(
        self,
        calibration: Calibration | None,
        reference: TextResult,
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


class FrameAccuracy:
    """The accuracy check of detectors."""

    at_once = 16

    def __init__(self, source: Source, check_set: CheckSet, frames: Frames, limits: Limits) -> None:
        self.inputs = scale_pixels(frames.pictures, source.meta.input)
        self.originals = frames.originals
        self._source, self._set, self._frames, self._limits = source, check_set, frames, limits

    def count(self, reading: Reading) -> Found:
        """Count the plates that were detected."""
        return frame_check.count_found(reading.plates, reading.outputs, self._frames)

    def compare(self, reference: Found, result: Found, *, file: str, backend: str, version: str) -> FrameCheck:
        """See `frame_check.compare`."""
        temperature = self._source.meta.temperature
        return frame_check.compare(reference, result, temperature, file=file, backend=backend, version=version)

    def judge(self, reference: Found, checks: Sequence[FrameCheck]) -> None:
        """See `frame_check.judge`."""
        frame_check.judge(reference, checks, self._limits)

    def scores(self, checks: Sequence[FrameCheck], file: str) -> tuple[Score, ...]:
        """See `frame_check.scores`."""
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
