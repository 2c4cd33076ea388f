"""Plots of a detector run: learning curves, missed plates and false positives, and a sheet of scenes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from plate_runtime.results import Detection

from ..loop.checkpoint import State
from ..loop.figures import loss_curve, new_figure, store_figure
from ..sheets import store_pages, tiled
from ..synthetic.scenes.labels import PlateLabel, decode
from .score import FrameSet, match

_WIDTH, _HEIGHT = 400, 240
_MOST = 60
_PLATE, _IGNORED, _RIGHT, _FALSE = (255, 60, 40), (90, 160, 255), (60, 230, 90), (255, 220, 0)


def learning_curves(state: State, sets: Sequence[str], path: Path) -> None:
    """Plot the loss, detected plates, and false positives a frame over the steps."""
    figure = new_figure(12, 4.2)
    titles = ("loss of augmented training scenes", "% of plates detected", "false positives a frame")
    for place, title in enumerate(titles):
        axes = figure.add_subplot(1, 3, place + 1)
        axes.set_title(title, fontsize=9)
        axes.set_xlabel("step")
        axes.grid(alpha=0.3)
        if place == 0:
            loss_curve(axes, state)
            continue
        for name in sets:
            rows = [row for row in state.history if name in row]
            below, factor = ("plates", 100.0) if place == 1 else ("frames", 1.0)
            above = "found" if place == 1 else "false"
            values = [factor * row[name][above] / max(1, row[name][below]) for row in rows]
            axes.plot([row["step"] for row in rows], values, label=name, marker="." if len(rows) < 2 else None)
        if axes.get_legend_handles_labels()[0]:
            axes.legend(fontsize=8)
    store_figure(figure, path)


def failures(frames: FrameSet, found: Sequence[Sequence[Detection]], path: Path) -> None:
    """Draw frames with errors: red missed plates, green detected ones, yellow false positives."""
    shown = []
    for place, (detections, labels) in enumerate(zip(found, frames.labels, strict=True)):
        matches = match(detections, labels)
        if matches.outside or None in matches.found:
            required = [label.corners for label in labels if label.required]
            outlines = [(label.corners, _IGNORED) for label in labels if not label.required]
            pairs = zip(required, matches.found, strict=True)
            outlines += [(corners, _PLATE if number is None else _RIGHT) for corners, number in pairs]
            outlines += [(np.array(detections[number].corners), _FALSE) for number in matches.outside]
            shown.append(_frame(frames.pictures[place], outlines))
    if shown:
        store_pages(tiled(shown[:_MOST]), path)


def preview(pictures: NDArray[np.uint8], texts: Sequence[str], path: Path) -> None:
    """Draw a sheet of synthetic scenes with their plates: red required ones, blue ignored ones."""
    shown = []
    for picture, text in zip(pictures, texts, strict=True):
        labels: list[PlateLabel] = decode(text)
        shown.append(_frame(picture, [(label.corners, _PLATE if label.required else _IGNORED) for label in labels]))
    store_pages(tiled(shown), path)


def _frame(picture: NDArray[np.uint8], outlines: Sequence[tuple[NDArray[Any], tuple[int, int, int]]]) -> Image.Image:
    shown = Image.fromarray(picture).convert("RGB")
    pen = ImageDraw.Draw(shown)
    for corners, colour in outlines:
        pen.polygon([(float(x), float(y)) for x, y in corners], outline=colour, width=2)
    return shown.resize((_WIDTH, _HEIGHT), Image.Resampling.BILINEAR)
