"""Scores of a reader on labelled crops."""

from __future__ import annotations

import time
from statistics import median
from typing import TYPE_CHECKING, Any, NamedTuple

from plate_runtime.alphabet import fold
from plate_runtime.errors import DataError, InputError
from plate_runtime.evaluate import calibration, score_texts
from plate_runtime.pictures.open_picture import open_picture

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import TypeVar

    from plate_runtime.evaluate import CalibrationBin, TextScore
    from plate_runtime.labels import LabelledFrame, LabelledPicture
    from plate_runtime.reader import PlateReader

    Labelled = TypeVar("Labelled", LabelledPicture, LabelledFrame)
    Result = TypeVar("Result")


LISTED = 20
"""Failures that are listed in text output."""


class Reading(NamedTuple):
    """The result for one picture: text and confidence (0..1), "" and 0 for no text; `cpu_ms` without decoding."""

    picture: LabelledPicture
    text: str
    confidence: float
    cpu_ms: float

    @property
    def exact(self) -> bool:
        """Whether the text equals the label."""
        return self.text == self.picture.text

    @property
    def folded(self) -> bool:
        """Whether the text equals the label with O=0 and I=1."""
        return fold(self.text) == fold(self.picture.text)


class Evaluation(NamedTuple):
    """The result for a set: readings, scores, calibration, and files that could not be opened.

    A confidence counts O and 0, and I and 1, as one character. So calibration uses the folded match.
    """

    readings: list[Reading]
    score: TextScore
    ece: float
    bins: list[CalibrationBin]
    unreadable: list[tuple[str, InputError]]

    @property
    def failures(self) -> list[Reading]:
        """Readings that differ from the label, the most confident first; those right with O=0 and I=1 come last."""
        return sorted((one for one in self.readings if not one.exact), key=lambda one: (one.folded, -one.confidence))

    @property
    def cpu_ms_median(self) -> float:
        """Median CPU time of one reading in milliseconds."""
        return median(one.cpu_ms for one in self.readings)


def evaluate(
    reader: PlateReader, pictures: Iterable[LabelledPicture], read_as: str, region: str | None = None
) -> Evaluation:
    """Read every picture, without a threshold, and score.

    Args:
        read_as: the mode, "plate", "character", or "auto" as in plate-infer without `--as`.
        region: country or state of the plates.

    Raises:
        DataError: no picture could be opened.
    """
    readings, unreadable = read_each(pictures, lambda picture: _read(reader, picture, read_as, region))
    score = score_texts([one.text for one in readings], [one.picture.text for one in readings])
    ece, bins = calibration([one.confidence for one in readings], [one.folded for one in readings])
    return Evaluation(readings, score, ece, bins, unreadable)


def read_each(
    labelled: Iterable[Labelled], read: Callable[[Labelled], Result]
) -> tuple[list[Result], list[tuple[str, InputError]]]:
    """Return the results of all pictures, and path and error of those that could not be opened.

    Raises:
        DataError: no picture could be opened.
    """
    results: list[Result] = []
    unreadable: list[tuple[str, InputError]] = []
    for one in labelled:
        try:
            results.append(read(one))
        except InputError as error:
            unreadable.append((str(one.path), error))
    if not results:
        raise DataError(f"no picture of the set can be read; the first: {unreadable[0][1] if unreadable else 'none'}")
    return results, unreadable


def text_scores(score: TextScore, ece: float, cpu_ms_median: float) -> dict[str, Any]:
    """Return the scores of texts for the JSON of plate-eval."""
    return {
        "count": score.count,
        "exact": score.exact,
        "exact_rate": round(score.exact_rate, 6),
        "folded": score.folded,
        "folded_rate": round(score.folded_rate, 6),
        "cer": round(score.cer, 6),
        "ece": round(ece, 6),
        "cpu_ms_median": round(cpu_ms_median, 3),
    }


def describe(evaluation: Evaluation) -> dict[str, Any]:
    """Return the scores for the JSON of plate-eval."""
    return {
        **text_scores(evaluation.score, evaluation.ece, evaluation.cpu_ms_median),
        "bins": [
            {
                "low": one.low,
                "high": one.high,
                "count": one.count,
                "confidence": round(one.confidence, 4),
                "accuracy": round(one.accuracy, 4),
            }
            for one in evaluation.bins
        ],
        "failures": [
            {
                "image": str(one.picture.path),
                "text": one.picture.text,
                "reading": one.text,
                "confidence": round(one.confidence, 4),
                "folded": one.folded,
            }
            for one in evaluation.failures
        ],
        "unreadable": [{"image": path, "error": str(error)} for path, error in evaluation.unreadable],
    }


def _read(reader: PlateReader, picture: LabelledPicture, read_as: str, region: str | None) -> Reading:
    opened = open_picture(picture.path)
    started = time.process_time()
    plates = reader.read(opened, read_as, region=region, min_confidence=0.0)
    cpu_ms = 1000 * (time.process_time() - started)
    if not plates:
        return Reading(picture, "", 0.0, cpu_ms)
    best = max(plates, key=lambda plate: plate.confidence)
    return Reading(picture, best.text, float(best.confidence), cpu_ms)
