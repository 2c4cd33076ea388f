"""Scoring, once for everybody: training, the export's check and plate-eval count the same way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .alphabet import fold


@dataclass(frozen=True)
class TextScore:
    """How many of `count` readings are `exact`, `folded` (O=0, I=1), and the character error rate `cer`."""

    count: int
    exact: int
    folded: int
    cer: float

    @property
    def exact_rate(self) -> float:
        """Share of exact readings, 0..1; 0 for an empty set."""
        return self.exact / self.count if self.count else 0.0

    @property
    def folded_rate(self) -> float:
        """Share of folded readings, 0..1; 0 for an empty set."""
        return self.folded / self.count if self.count else 0.0


@dataclass(frozen=True)
class CalibrationBin:
    """One bin of a reliability diagram: `count` readings between `low` and `high`."""

    low: float
    high: float
    count: int
    confidence: float
    accuracy: float


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
    """Return the share of positions, 0..1, at which two readers say the same; 1 for empty sequences."""
    pairs = list(zip(first, second, strict=True))
    return sum(a == b for a, b in pairs) / len(pairs) if pairs else 1.0


def confusions(readings: Sequence[str], labels: Sequence[str]) -> Counter[tuple[str, str]]:
    """Count each (label, reading) that differs."""
    pairs = zip(labels, readings, strict=True)
    return Counter((label, reading) for label, reading in pairs if label != reading)


def calibration(
    confidences: Sequence[float] | NDArray[np.float32], correct: Sequence[bool] | NDArray[np.bool_], bins: int = 10
) -> tuple[float, list[CalibrationBin]]:
    """Return the expected calibration error, 0..1, over bins of equal width, and the bins that hold readings.

    Formula: Naeini et al. 2015; sum over bins of count/total * |accuracy - mean confidence|.
    """
    levels, hits = np.asarray(confidences, np.float64), np.asarray(correct, bool)
    if levels.shape != hits.shape:
        raise ValueError(f"{levels.size} confidences for {hits.size} readings")
    index = np.clip((levels * bins).astype(int), 0, bins - 1)
    filled = []
    for number in range(bins):
        inside = index == number
        if count := int(inside.sum()):
            mean, accuracy = float(levels[inside].mean()), float(hits[inside].mean())
            filled.append(CalibrationBin(number / bins, (number + 1) / bins, count, mean, accuracy))
    error = sum(entry.count * abs(entry.accuracy - entry.confidence) for entry in filled)
    return error / max(1, levels.size), filled
