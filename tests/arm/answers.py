"""What commands say of pictures, and how far two machines are apart in it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple


class Answer(NamedTuple):
    """One plate as read: its text, and every number that was said of it (confidences 0..1, corners in pixels)."""

    source: str
    text: str
    confidences: tuple[float, ...]
    corners: tuple[float, ...]


class Apart(NamedTuple):
    """How answers differ: pictures with other texts, largest difference in confidence and in pixels."""

    texts: int
    confidence: float
    pixels: float


def answers(lines: str) -> list[Answer]:
    """Read the JSON lines of plate-infer; a picture without a plate is an answer without text."""
    found = []
    for record in map(json.loads, lines.splitlines()):
        assert record["type"] == "frame", record
        found += [_answer(record["source"], plate) for plate in record["plates"] or [None]]
    return found


def failures(score: Mapping[str, Any]) -> list[Answer]:
    """Return what plate-eval lists: every reading that is not the label; so all others are known, too."""
    return [Answer(one["image"], one["reading"], (one["confidence"],), ()) for one in score["failures"]]


def apart(ours: Iterable[Answer], theirs: Iterable[Answer]) -> Apart:
    """Compare answers to the same pictures."""
    texts, confidence, pixels = 0, 0.0, 0.0
    ours, theirs = sorted(ours), sorted(theirs)
    for source in sorted({one.source for one in (*ours, *theirs)}):
        here, there = ([one for one in side if one.source == source] for side in (ours, theirs))
        if [one.text for one in here] != [one.text for one in there]:
            texts += 1
            continue
        for one, other in zip(here, there, strict=True):
            confidence = max(confidence, _farthest(one.confidences, other.confidences))
            pixels = max(pixels, _farthest(one.corners, other.corners))
    return Apart(texts, confidence, pixels)


def _answer(source: str, plate: dict[str, Any] | None) -> Answer:
    if plate is None:
        return Answer(source, "", (), ())
    said = [plate["confidence"], plate["detection_confidence"], *(one["confidence"] for one in plate["characters"])]
    corners = tuple(number for corner in plate["corners"] for number in corner)
    return Answer(source, plate["text"], tuple(number for number in said if number is not None), corners)


def _farthest(ours: Sequence[float], theirs: Sequence[float]) -> float:
    return max((abs(one - other) for one, other in zip(ours, theirs, strict=True)), default=0.0)
