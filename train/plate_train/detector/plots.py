"""Pictures of a run on scenes: learning curves, what was missed or invented, and a sheet of what is drawn."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from plate_runtime.detect import Detection

from ..characters.plots import new_figure, store_figure
from ..loop.checkpoint import State
from ..plates.plots import loss_curve
from ..sheets import store_pages, tiled
from ..synthetic.scenes.labels import Mark, decode
from .score import FrameSet, match

_WIDTH, _HEIGHT = 400, 240
_MOST = 60
_PLATE, _IGNORED, _RIGHT, _FALSE = (255, 60, 40), (90, 160, 255), (60, 230, 90), (255, 220, 0)


def learning_curves(state: State, sets: Sequence[str], path: Path) -> None:
    """Draw the loss, plates found, and false detections a frame against the steps."""
    figure = new_figure(12, 4.2)
    titles = ("loss of changed training scenes", "% of plates found", "detections on no plate, a frame")
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
    """Draw frames with plates that were missed or detections on none: red missed, green found, yellow false."""
    shown = []
    for place, (detections, marks) in enumerate(zip(found, frames.marks, strict=True)):
        matches = match(detections, marks)
        if matches.outside or None in matches.found:
            counted = [mark.corners for mark in marks if mark.counts]
            drawn = [(mark.corners, _IGNORED) for mark in marks if not mark.counts]
            pairs = zip(counted, matches.found, strict=True)
            drawn += [(corners, _PLATE if number is None else _RIGHT) for corners, number in pairs]
            drawn += [(np.array(detections[number].corners), _FALSE) for number in matches.outside]
            shown.append(_frame(frames.pictures[place], drawn))
    if shown:
        store_pages(tiled(shown[:_MOST]), path)


def drawings(pictures: NDArray[np.uint8], texts: Sequence[str], path: Path) -> None:
    """Draw a sheet of drawn scenes with their plates: red those that count, blue those that are ignored."""
    shown = []
    for picture, text in zip(pictures, texts, strict=True):
        marks: list[Mark] = decode(text)
        shown.append(_frame(picture, [(mark.corners, _PLATE if mark.counts else _IGNORED) for mark in marks]))
    store_pages(tiled(shown), path)


def _frame(picture: NDArray[np.uint8], outlines: Sequence[tuple[NDArray[Any], tuple[int, int, int]]]) -> Image.Image:
    shown = Image.fromarray(picture).convert("RGB")
    pen = ImageDraw.Draw(shown)
    for corners, colour in outlines:
        pen.polygon([(float(x), float(y)) for x, y in corners], outline=colour, width=2)
    return shown.resize((_WIDTH, _HEIGHT), Image.Resampling.BILINEAR)
