"""The accuracy check of a kind of model: texts are read, or plates are detected."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from plate_runtime.manifest import Score
from plate_runtime.model_file import read_model_file
from plate_runtime.preprocess import scale_pixels
from plate_runtime.shipped import shipped_model

from .artefact import Artefact
from .check_sets.labelled import CheckSet
from .check_sets.scene_set import Frames
from .checks import frame_check, text_check
from .checks.frame_check import Found, FrameCheck
from .checks.reading_process import Reading
from .checks.text_check import Check, Examples, Limits, TextResult
from .convert import libraries
from .convert.calibrate import Calibration
from .network_outputs import read_texts
from .report.export_report import ExportReport
from .report.frame_report import FrameReport
from .report.text_report import TextReport
from .source import Source


class AccuracyCheck:
    """The accuracy check of one kind. Each kind has its own types of results; others read only their outputs.

    Attributes:
        inputs: float32 (n, height, width, 1), of every reader; at_once: size of a batch.
        originals: gray uint8 (h, w), plates or frames before preprocessing, which are read as the product reads them.
    """

    at_once: ClassVar[int]
    report_class: ClassVar[type[ExportReport]]

    def __init__(self, source: Source, check_set: CheckSet, limits: Limits) -> None:
        self.inputs: NDArray[np.float32] = scale_pixels(check_set.val.pictures, source.meta.input)
        self.originals: Sequence[NDArray[np.uint8]] = check_set.val.originals
        self._source, self._set, self._limits = source, check_set, limits

    def count(self, reading: Reading) -> Any:
        """Return the result of a reading of the set."""
        raise NotImplementedError

    def compare(self, reference: Any, result: Any, *, file: str, backend: str, version: str) -> Any:
        """Compare the result of a file with that of its `.h5`."""
        raise NotImplementedError

    def judge(self, reference: Any, checks: Sequence[Any]) -> None:
        """Raise AccuracyError unless all results are within the limits."""
        raise NotImplementedError

    def scores(self, checks: Sequence[Any], file: str) -> tuple[Score, ...]:
        """Return the scores that go into the manifest of `file`."""
        raise NotImplementedError

    def report(
        self,
        calibration: Calibration | None,
        reference: Any,
        artefacts: Sequence[Artefact],
        checks: Sequence[Any],
        installed: Mapping[str, str | None],
    ) -> ExportReport:
        """Return the report."""
        return self.report_class(
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


def accuracy_check(source: Source, check_set: CheckSet, limits: Limits) -> AccuracyCheck:
    """Return the accuracy check of this kind of model."""
    return (FrameAccuracy if isinstance(check_set.val, Frames) else TextAccuracy)(source, check_set, limits)


class TextAccuracy(AccuracyCheck):
    """The accuracy check of models that read characters or plates."""

    at_once = 64
    report_class = TextReport

    def __init__(self, source: Source, check_set: CheckSet, limits: Limits) -> None:
        super().__init__(source, check_set, limits)
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


class FrameAccuracy(AccuracyCheck):
    """The accuracy check of detectors."""

    at_once = 16
    report_class = FrameReport

    def count(self, reading: Reading) -> Found:
        """Count the plates that were detected."""
        assert isinstance(self._set.val, Frames)
        return frame_check.count_found(reading.plates, reading.outputs, self._set.val)

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
