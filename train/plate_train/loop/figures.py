"""Figures of matplotlib as PNG files, and the loss curve of a run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from plate_runtime.errors import missing_extra

from ..sheets import store_picture
from .checkpoint import State

MARKED = 60
"""Curves with fewer points get a marker at each point."""


def new_figure(width: float, height: float) -> Any:
    """A figure without pyplot: no window system, no global state."""
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError as error:
        raise missing_extra("matplotlib is not installed", "train") from error
    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def store_figure(figure: Any, path: Path) -> None:
    """Write a figure as a PNG that appears complete or not at all."""
    figure.canvas.draw()
    store_picture(Image.fromarray(np.asarray(figure.canvas.buffer_rgba())).convert("RGB"), path)


def loss_curve(axes: Any, state: State) -> None:
    """Plot the loss over the steps; a run of an earlier version has one point for each round."""
    points = state.curve or [(row["step"], row["loss"]) for row in state.history]
    steps, losses = zip(*points, strict=True) if points else ((), ())
    axes.plot(steps, losses, color="C7", marker="." if len(points) < MARKED else None)
    axes.set_yscale("log")
