"""Plots of a run on plates: learning curves, reliability, misread crops, and a sheet of synthetic plates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from plate_runtime.evaluate import calibration
from plate_runtime.results import Reading

from ..loop.checkpoint import State
from ..loop.figures import loss_curve, new_figure, store_figure
from ..sheets import contact_sheets, store_pages
from .score import CropSet, PlateScore, right

_ACROSS = 3
_MOST_ERRORS = 120
_MARKED = 60
"""Points of a curve, fewer of which are marked each."""


def learning_curves(state: State, before: Mapping[str, PlateScore], sets: Sequence[str], path: Path) -> None:
    """Draw the loss, and the percentage read right with O=0 and I=1 as one, against the steps.

    Args:
        before: how the sets were read before the first step, if they were.
    """
    figure = new_figure(11, 4.2)
    loss = figure.add_subplot(1, 2, 1)
    loss_curve(loss, state)
    loss.set_title("loss of augmented training crops", fontsize=9)
    scores = figure.add_subplot(1, 2, 2)
    for name in sets:
        rows = [row for row in state.history if name in row]
        steps = [0] * (name in before) + [row["step"] for row in rows]
        first = [before[name].percent] if name in before else []
        percent = first + [100 * row[name]["folded"] / max(1, row[name]["count"]) for row in rows]
        scores.plot(steps, percent, label=name, marker="o" if len(steps) < _MARKED else None)
    scores.set_title("% read right, O=0 and I=1 as one, averaged weights", fontsize=9)
    scores.legend(fontsize=8)
    for axes in (loss, scores):
        axes.set_xlabel("step")
        axes.grid(alpha=0.3)
    store_figure(figure, path)


def reliability(sets: Mapping[str, CropSet], readings: Mapping[str, Sequence[Reading]], path: Path) -> None:
    """Draw the fraction that is right against the confidence, a diagram a set, with counts as bars."""
    rows, columns = -(-len(sets) // _ACROSS), min(len(sets), _ACROSS)
    figure = new_figure(3.8 * columns, 3.8 * rows)
    for place, (name, crops) in enumerate(sets.items()):
        confidences = [reading.confidence for reading in readings[name]]
        error, bins = calibration(confidences, right(readings[name], crops.texts))
        axes = figure.add_subplot(rows, columns, place + 1)
        axes.plot([0, 1], [0, 1], color="0.7", linewidth=0.8)
        axes.plot([entry.confidence for entry in bins], [entry.accuracy for entry in bins], marker="o")
        counts = axes.twinx()
        counts.bar(
            [(entry.low + entry.high) / 2 for entry in bins], [entry.count for entry in bins], 0.06, color="0.85"
        )
        counts.set_ylim(0, 4 * max((entry.count for entry in bins), default=1))  # bars stay in the lowest quarter
        counts.tick_params(labelsize=7, colors="0.5")
        axes.set_zorder(counts.get_zorder() + 1)
        axes.patch.set_visible(False)
        axes.set_title(f"{name}: calibration error {error:.3f}", fontsize=9)
        axes.set_xlabel("confidence (gray bars: count)", fontsize=8)
        axes.set_ylabel("fraction right", fontsize=8)
        axes.set(xlim=(0, 1.02), ylim=(0, 1.05))
        axes.grid(alpha=0.3)
    store_figure(figure, path)


def misread(crops: CropSet, readings: Sequence[Reading], path: Path) -> None:
    """Draw the misread crops on pages, most confident first: the text, and below it what was read how confidently."""
    wrong = np.flatnonzero(~right(readings, crops.texts)).tolist()
    wrong = sorted(wrong, key=lambda place: -readings[place].confidence)[:_MOST_ERRORS]
    if not wrong:
        return
    captions = [
        f"is {crops.texts[place]}\nread {readings[place].text or 'nothing'} {readings[place].confidence:.2f}"
        for place in wrong
    ]
    store_pages(contact_sheets(crops.pictures[wrong], captions), path)


def preview(pictures: NDArray[np.uint8], texts: Sequence[str], path: Path) -> None:
    """Draw uint8 (n, height, width), each over its text, on pages."""
    store_pages(contact_sheets(pictures, texts), path)
