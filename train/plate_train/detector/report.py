"""Results of a finished run: scores, calibration, plots of errors, and `report.json`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from plate_runtime.results import Detection

from ..loop.calibrate import log_loss
from ..loop.checkpoint import State
from . import plots
from .score import FrameSet, count, match, score

Search = Callable[[FrameSet, float, float], Sequence[Sequence[Detection]]]
"""(set, temperature, threshold) -> the detections in each frame."""
_FALSE_PER_FRAME = 0.5
"""Accepted false positives per synthetic scene; these scenes are harder than real ones. Each costs a reading of about a
millisecond, and the product of both confidences then drops it."""


def finish(
    sets: Mapping[str, FrameSet],
    found: Mapping[str, Sequence[Sequence[Detection]]],
    state: State,
    folder: Path,
    say: Callable[[str], None],
    *,
    search: Search,
) -> dict[str, Any]:
    """Fit temperature and threshold on synthetic scenes, write the plots, and return the report as JSON values.

    Args:
        found: detections of one pass over each frame, for the fit and the curves. search: detects as the product does,
            for the scores.
    """
    confidences, right = outcomes(found["drawn"], sets["drawn"])
    temperature = fit_temperature(confidences, right)
    plots.learning_curves(state, list(sets), folder / "learning_curves.png")
    threshold = fit_threshold(confidences, right, len(sets["drawn"]), temperature)
    scores = {}
    for name, frames in sets.items():
        searched = search(frames, temperature, threshold)
        scored = replace(count(searched, frames), curve=score(found[name], frames).curve)
        scores[name] = scored.to_json()
        plots.failures(frames, searched, folder / f"failures-{name}.png")
        say(f"{name}: {scored}")
    return {
        "temperature": temperature,
        "threshold": threshold,
        "scores": scores,
    }


def outcomes(found: Sequence[Sequence[Detection]], frames: FrameSet) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return the confidence of each detection, and whether it is on a plate; those on ignored plates are omitted."""
    confidences: list[float] = []
    right: list[bool] = []
    for detections, labels in zip(found, frames.labels, strict=True):
        matches = match(detections, labels)
        hits = [place for place in matches.found if place is not None]
        confidences += [detections[place].confidence for place in (*hits, *matches.outside)]
        right += [True] * len(hits) + [False] * len(matches.outside)
    return np.array(confidences, np.float64), np.array(right, bool)


def fit_temperature(confidences: NDArray[np.float64], right: NDArray[np.bool_]) -> float:
    """Return the temperature with the least log loss; 1 if there are too few detections."""
    if right.size < 50 or (~right).sum() < 10:
        return 1.0
    clipped = np.clip(confidences, 1e-6, 1 - 1e-6)
    logits = np.log(clipped / (1 - clipped))
    return round(
        float(
            min(np.geomspace(0.25, 2.0, 25), key=lambda t: log_loss((1 / (1 + np.exp(-logits / t))).tolist(), right))
        ),
        4,
    )


def fit_threshold(confidences: NDArray[np.float64], right: NDArray[np.bool_], frames: int, temperature: float) -> float:
    """Return the lowest threshold, at that temperature, with few enough false positives; 0.1 to 0.6."""
    clipped = np.clip(confidences, 1e-6, 1 - 1e-6)
    clipped = 1 / (1 + np.exp(-np.log(clipped / (1 - clipped)) / temperature))
    for threshold in np.arange(0.1, 0.6, 0.02):
        if (clipped[~right] >= threshold).sum() <= _FALSE_PER_FRAME * frames:
            return round(float(threshold), 2)
    return 0.6
