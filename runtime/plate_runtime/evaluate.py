"""Scores of texts, detections and confidences: training, the export's check and plate-eval count the same way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .alphabet import fold
from .geometry import contains, polygon_iou
from .results import Corners

OVERLAP = 0.5
"""Least intersection over union of a detection and the labelled plate that it detects."""
_ON_A_PLATE = 0.1


@dataclass(frozen=True)
class TextScore:
    """How many of `count` readings are `exact`, `folded` (O=0, I=1), and the character error rate `cer`."""

    count: int
    exact: int
    folded: int
    cer: float

    @property
    def exact_rate(self) -> float:
        """Fraction of exact readings, 0..1; 0 for an empty set."""
        return self.exact / self.count if self.count else 0.0

    @property
    def folded_rate(self) -> float:
        """Fraction of folded readings, 0..1; 0 for an empty set."""
        return self.folded / self.count if self.count else 0.0


@dataclass(frozen=True)
class CalibrationBin:
    """One bin of a reliability diagram: `count` readings between `low` and `high`."""

    low: float
    high: float
    count: int
    confidence: float
    accuracy: float


@dataclass(frozen=True)
class Matches:
    """Detections beside labelled plates: `found` has for each plate the index of the detection that found it, or None.

    `outside` has the indices of detections on no labelled plate. The others lie on one, but inexactly or twice.
    """

    found: tuple[int | None, ...]
    outside: tuple[int, ...]


@dataclass(frozen=True)
class DetectionScore:
    """Of `plates` labelled in `frames`, how many were `found`; `outside`: detections that lie on none of them."""

    frames: int
    plates: int
    found: int
    outside: int

    @property
    def recall(self) -> float:
        """Fraction of the plates that were found, 0..1; 0 if there are none."""
        return self.found / self.plates if self.plates else 0.0

    @property
    def outside_per_frame(self) -> float:
        """Detections on no labelled plate, per frame: false positives, and plates without a label."""
        return self.outside / self.frames if self.frames else 0.0


def match_plates(
    found: Sequence[Corners], labelled: Sequence[Corners], overlap: float = OVERLAP, ignored: Sequence[Corners] = ()
) -> Matches:
    """Match detections, the most confident first, with labelled plates; each finds one at most.

    Args:
        overlap: least intersection over union of the two quadrilaterals.
        ignored: plates that do not count; a detection on one of them is not outside.
    """
    overlaps = [[polygon_iou(one, label) for label in labelled] for one in found]
    by_plate: list[int | None] = [None] * len(labelled)
    outside = []
    for number, row in enumerate(overlaps):
        free = [place for place, taken in enumerate(by_plate) if taken is None]
        best = max(free, key=lambda place: row[place], default=None)
        if best is not None and row[best] >= overlap:
            by_plate[best] = number
        elif not any(_on_a_plate(found[number], label) for label in (*labelled, *ignored)):
            outside.append(number)
    return Matches(tuple(by_plate), tuple(outside))


def score_detections(matches: Sequence[Matches]) -> DetectionScore:
    """Count the plates that were found in a set, from the matches of each of its frames."""
    plates = [place for one in matches for place in one.found]
    found = sum(place is not None for place in plates)
    return DetectionScore(len(matches), len(plates), found, sum(len(one.outside) for one in matches))


def _on_a_plate(detection: Corners, label: Corners) -> bool:
    """Return whether a detection lies on a labelled plate: they overlap, or the middle of one lies in the other."""
    first, second = np.array(detection), np.array(label)
    inside = contains(first, second.mean(axis=0)) | contains(second, first.mean(axis=0))
    return bool(inside) or polygon_iou(detection, label) > _ON_A_PLATE


def score_texts(readings: Sequence[str], labels: Sequence[str]) -> TextScore:
    """Score readings against labels, both without separators. Raises ValueError where the lengths differ."""
    pairs = list(zip(readings, labels, strict=True))
    exact = sum(reading == label for reading, label in pairs)
    folded = sum(fold(reading) == fold(label) for reading, label in pairs)
    return TextScore(len(pairs), exact, folded, character_error_rate(readings, labels))


def character_error_rate(readings: Sequence[str], labels: Sequence[str]) -> float:
    """Return edits needed, summed over all pairs, divided by the characters of all labels."""
    edits = sum(edit_distance(reading, label) for reading, label in zip(readings, labels, strict=True))
    return edits / max(1, sum(map(len, labels)))


def edit_distance(first: str, second: str) -> int:
    """Return the Levenshtein distance: insertions, deletions and substitutions, each counted 1."""
    row = list(range(len(second) + 1))
    for i, a in enumerate(first, 1):
        diagonal, row[0] = row[0], i
        for j, b in enumerate(second, 1):
            diagonal, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, diagonal + (a != b))
    return row[-1]


def agreement(first: Sequence[str], second: Sequence[str]) -> float:
    """Return the fraction of positions, 0..1, at which two readers read the same; 1 for empty sequences."""
    pairs = list(zip(first, second, strict=True))
    return sum(a == b for a, b in pairs) / len(pairs) if pairs else 1.0


def confusions(readings: Sequence[str], labels: Sequence[str]) -> Counter[tuple[str, str]]:
    """Count each (label, reading) that differs."""
    pairs = zip(labels, readings, strict=True)
    return Counter((label, reading) for label, reading in pairs if label != reading)


def calibration(
    confidences: Sequence[float] | NDArray[np.floating], correct: Sequence[bool] | NDArray[np.bool_], bins: int = 15
) -> tuple[float, list[CalibrationBin]]:
    """Return the expected calibration error, 0..1, over bins of equal width, and the bins that hold readings.

    Formula: Naeini et al. 2015; sum over bins of count/total * |accuracy - mean confidence|.

    Raises:
        ValueError: the lengths differ, or a confidence is not 0..1.
    """
    levels, hits = np.asarray(confidences, np.float64), np.asarray(correct, bool)
    if levels.shape != hits.shape:
        raise ValueError(f"{levels.size} confidences for {hits.size} readings")
    if not ((levels >= 0) & (levels <= 1)).all():
        raise ValueError("confidences are probabilities, 0..1")
    index = np.clip((levels * bins).astype(int), 0, bins - 1)
    filled = []
    for number in range(bins):
        inside = index == number
        if count := int(inside.sum()):
            mean, accuracy = float(levels[inside].mean()), float(hits[inside].mean())
            filled.append(CalibrationBin(number / bins, (number + 1) / bins, count, mean, accuracy))
    error = sum(entry.count * abs(entry.accuracy - entry.confidence) for entry in filled)
    return error / max(1, levels.size), filled
