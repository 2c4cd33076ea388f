"""Score a reader on labelled pictures."""

from __future__ import annotations

import time
from statistics import median
from typing import TYPE_CHECKING, Any, NamedTuple

from plate_runtime.alphabet import fold
from plate_runtime.errors import DataError, InputError
from plate_runtime.evaluate import calibration, score_texts
from plate_runtime.pictures.open_picture import open_picture

if TYPE_CHECKING:
    from collections.abc import Iterable

    from plate_runtime.evaluate import CalibrationBin, TextScore
    from plate_runtime.labels import LabelledPicture
    from plate_runtime.reader import PlateReader


class Reading(NamedTuple):
    """One picture as read: text and confidence (0..1) are "" and 0 where nothing was; `cpu_ms` without decoding."""

    picture: LabelledPicture
    text: str
    confidence: float
    cpu_ms: float

    @property
    def exact(self) -> bool:
        """Whether the reading is the label."""
        return self.text == self.picture.text

    @property
    def folded(self) -> bool:
        """Whether it is with O=0 and I=1."""
        return fold(self.text) == fold(self.picture.text)


class Evaluation(NamedTuple):
    """What a reader made of a set: readings, scores, calibration, and what could not be read at all.

    A confidence counts O and 0, I and 1 as one sign, so calibration is held against the folded match.
    """

    readings: list[Reading]
    score: TextScore
    ece: float
    bins: list[CalibrationBin]
    unreadable: list[tuple[str, InputError]]

    @property
    def failures(self) -> list[Reading]:
        """Readings that are not the label, the surest first: these mislead most. Right with O=0 and I=1 comes last."""
        return sorted((one for one in self.readings if not one.exact), key=lambda one: (one.folded, -one.confidence))

    @property
    def cpu_ms_median(self) -> float:
        """Processor time of one reading in milliseconds."""
        return median(one.cpu_ms for one in self.readings)


def evaluate(
    reader: PlateReader, pictures: Iterable[LabelledPicture], read_as: str, region: str | None = None
) -> Evaluation:
    """Read every picture, whatever the confidence, and score.

    Args:
        read_as: "plate", "character", or "auto" as plate-infer reads without `--as`.
        region: where the plates come from.

    Raises:
        DataError: not one picture could be opened.
    """
    readings: list[Reading] = []
    unreadable: list[tuple[str, InputError]] = []
    for picture in pictures:
        try:
            readings.append(_read(reader, picture, read_as, region))
        except InputError as error:
            unreadable.append((str(picture.path), error))
    if not readings:
        raise DataError(f"no picture of the set can be read; the first: {unreadable[0][1] if unreadable else 'none'}")
    score = score_texts([one.text for one in readings], [one.picture.text for one in readings])
    ece, bins = calibration([one.confidence for one in readings], [one.folded for one in readings])
    return Evaluation(readings, score, ece, bins, unreadable)


def describe(evaluation: Evaluation) -> dict[str, Any]:
    """Return the scores as plate-eval prints them in JSON."""
    score = evaluation.score
    return {
        "count": score.count,
        "exact": score.exact,
        "exact_rate": round(score.exact_rate, 6),
        "folded": score.folded,
        "folded_rate": round(score.folded_rate, 6),
        "cer": round(score.cer, 6),
        "ece": round(evaluation.ece, 6),
        "cpu_ms_median": round(evaluation.cpu_ms_median, 3),
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
