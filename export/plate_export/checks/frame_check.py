"""The accuracy check of a detector: every file in every installed interpreter is compared with its `.h5`."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from plate_runtime.errors import AccuracyError
from plate_runtime.evaluate import DetectionScore, Matches, match_plates, score_detections
from plate_runtime.manifest import Score

from ..check_sets.scene_set import Frames
from .frame_texts import FoundPlate
from .text_check import Limits

_KEPT = 16


@dataclass(frozen=True)
class Found:
    """The result of one detector for the validation set.

    Attributes:
        plates, matches: of each frame; score: counts of all of them.
        read: of the plates with a text, how many the reader that ships for frames reads exactly where they were found.
        outputs: float32 (n, cells, 9), what the network gives for the frames as inputs.
    """

    plates: list[list[FoundPlate]]
    matches: list[Matches]
    score: DetectionScore
    read: int
    outputs: NDArray[np.float32]


@dataclass(frozen=True)
class FrameCheck:
    """The comparison of one file in one interpreter with its `.h5`.

    Attributes:
        file: name of the model file; backend, version: the interpreter; result: of the file, with its first outputs.
        agreement: fraction of the plates that both found or both missed.
        largest_difference: of any cell's confidence in any frame.
        changed: indices of the frames in which other plates are found, or the number of false detections differs.
    """

    file: str
    backend: str
    version: str
    result: Found
    agreement: float
    largest_difference: float
    changed: tuple[int, ...]


def count_found(plates: list[list[FoundPlate]], outputs: NDArray[np.float32], frames: Frames) -> Found:
    """Match the detections of each frame with its labels, and count them."""
    matches, read = [], 0
    for found, labelled, ignored in zip(plates, frames.plates, frames.ignored, strict=True):
        corners = [one.detection.corners for one in found]
        matched = match_plates(corners, [c for c, _ in labelled], ignored=[c for c, _ in ignored])
        pairs = zip(labelled, matched.found, strict=True)
        read += sum(bool(text) and place is not None and found[place].text == text for (_, text), place in pairs)
        matches.append(matched)
    return Found(plates, matches, score_detections(matches), read, outputs)


def compare(
    reference: Found, result: Found, temperature: float, *, file: str, backend: str, version: str
) -> FrameCheck:
    """Compare the result of a file with that of its `.h5`."""
    pairs = list(zip(reference.matches, result.matches, strict=True))
    same = [
        (first is None) == (second is None)
        for one, other in pairs
        for first, second in zip(one.found, other.found, strict=True)
    ]
    difference = _confidences(result.outputs, temperature) - _confidences(reference.outputs, temperature)
    return FrameCheck(
        file=file,
        backend=backend,
        version=version,
        result=replace(result, outputs=result.outputs[:_KEPT].copy()),
        agreement=sum(same) / max(1, len(same)),
        largest_difference=float(np.abs(difference).max()),
        changed=tuple(place for place, (one, other) in enumerate(pairs) if _differ(one, other)),
    )


def judge(reference: Found, checks: Sequence[FrameCheck], limits: Limits) -> None:
    """Raise AccuracyError, with the figures, unless all is within the limits.

    How many false detections more than its `.h5` a file may have: `more_false`.
    """
    score = reference.score
    needed, allowed, more = limits.needed(score.plates), limits.allowed(score.plates), more_false(limits, score)
    failures = []
    if score.found < needed:
        failures.append(f"the .h5 itself finds {_percentage(score)}, {limits.min_accuracy:g} % are needed")
    for one in checks:
        found = one.result.score
        what = f"{one.file} in {one.backend}"
        if found.found < score.found - allowed:
            failures.append(f"{what} finds {_percentage(found)}, the .h5 {score.found}, {allowed} fewer are allowed")
        elif found.found < needed:
            failures.append(f"{what} finds {_percentage(found)}, {limits.min_accuracy:g} % are needed")
        if found.outside > score.outside + more:
            counted = f"{what} has {found.outside} detections on no plate in {found.frames} frames"
            failures.append(f"{counted}, the .h5 {score.outside}, {more} more are allowed")
    if failures:
        rest = f" (and {len(failures) - 1} more)" if len(failures) > 1 else ""
        hint = "train again, or change --min-accuracy or --max-drop"
        raise AccuracyError(f"nothing was published: {failures[0]}{rest}; {hint}")


def more_false(limits: Limits, score: DetectionScore) -> int:
    """Return how many more false detections a file may have than its `.h5`, which has `score`.

    The limit is the largest of 1, `max_drop` per cent of the frames, and a tenth of the false detections of the `.h5`:
    near the threshold one step of int8 adds some and removes others. It is 0 if `max_drop` is 0.
    """
    if limits.max_drop <= 0:
        return 0
    return max(1, math.floor(limits.max_drop * score.frames / 100 + 1e-9), score.outside // 10)


def scores(checks: Sequence[FrameCheck], file: str, set_name: str, digest: str, reader: str) -> tuple[Score, ...]:
    """Return what the manifest of `file` keeps of its checks, in which `reader`, name@version, read."""
    kept = []
    for one in checks:
        if one.file == file:
            found = one.result.score
            counts = found.plates, found.found, found.found
            kept.append(Score(set_name, digest, *counts, one.backend, one.version, found.frames, found.outside, reader))
    return tuple(kept)


def _differ(one: Matches, other: Matches) -> bool:
    found = [[number is not None for number in matches.found] for matches in (one, other)]
    return found[0] != found[1] or len(one.outside) != len(other.outside)


def _confidences(outputs: NDArray[np.float32], temperature: float) -> NDArray[np.float32]:
    confidences: NDArray[np.float32] = 1 / (1 + np.exp(-np.clip(outputs[..., 0] / temperature, -60, 60)))
    return confidences


def _percentage(score: DetectionScore) -> str:
    return f"{score.found} of {score.plates} plates ({100 * score.recall:.1f} %)"
