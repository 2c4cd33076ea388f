"""What a finished run leaves behind: scores, the calibrated model, pictures of what was missed, and `report.json`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from plate_runtime.detect import Detection

from ..loop.checkpoint import State
from ..plates.calibrate import log_loss
from ..plates.report import FILE, write
from . import plots
from .score import FrameSet, count, match, score

__all__ = ["FILE", "finish", "write"]
Search = Callable[[FrameSet, float, float], Sequence[Sequence[Detection]]]
"""A set, temperature and threshold of the network -> what it finds in each frame."""
_FALSE_A_FRAME = 0.5
"""Detections on no plate that are put up with in drawn scenes, which are harder than the world: each costs a reading
of a millisecond, and what it reads is dropped by both confidences together."""


def finish(
    sets: Mapping[str, FrameSet],
    found: Mapping[str, Sequence[Sequence[Detection]]],
    state: State,
    folder: Path,
    say: Callable[[str], None],
    *,
    search: Search,
) -> dict[str, Any]:
    """Fit temperature and threshold on drawings, draw the pictures, and return the report as JSON values.

    Args:
        found: by one look at each frame, for the fit and the curves; search: finds what the product will, for scores.
    """
    sure, right = outcomes(found["drawn"], sets["drawn"])
    temperature = fit_temperature(sure, right)
    plots.learning_curves(state, list(sets), folder / "learning_curves.png")
    threshold = fit_threshold(sure, right, len(sets["drawn"]), temperature)
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
    """Return the confidence of each detection that is on a plate or on none, and which of both."""
    sure: list[float] = []
    right: list[bool] = []
    for detections, marks in zip(found, frames.marks, strict=True):
        matches = match(detections, marks)
        hits = [place for place in matches.found if place is not None]
        sure += [detections[place].confidence for place in (*hits, *matches.outside)]
        right += [True] * len(hits) + [False] * len(matches.outside)
    return np.array(sure, np.float64), np.array(right, bool)


def fit_temperature(sure: NDArray[np.float64], right: NDArray[np.bool_]) -> float:
    """Return the temperature at which confidences are likeliest for what was right; 1 with too little to tell."""
    if right.size < 50 or (~right).sum() < 10:
        return 1.0
    told = np.clip(sure, 1e-6, 1 - 1e-6)
    logits = np.log(told / (1 - told))
    return round(
        float(
            min(np.geomspace(0.25, 2.0, 25), key=lambda t: log_loss((1 / (1 + np.exp(-logits / t))).tolist(), right))
        ),
        4,
    )


def fit_threshold(sure: NDArray[np.float64], right: NDArray[np.bool_], frames: int, temperature: float) -> float:
    """Return the least confidence, at that temperature, with few enough false detections; 0.1 to 0.6."""
    told = np.clip(sure, 1e-6, 1 - 1e-6)
    told = 1 / (1 + np.exp(-np.log(told / (1 - told)) / temperature))
    for threshold in np.arange(0.1, 0.6, 0.02):
        if (told[~right] >= threshold).sum() <= _FALSE_A_FRAME * frames:
            return round(float(threshold), 2)
    return 0.6
