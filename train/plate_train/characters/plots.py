"""Pictures of a run: learning curves, search results, confusion matrix, every error, and a preview of the data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from plate_runtime.alphabet import ALPHABET

from ..loop.figures import new_figure, store_figure
from ..sheets import caption_font, contact_sheets, drawable, note, store_pages, store_picture
from .augment import Strength, augment
from .datasets import CharacterSet
from .protocol import SeedResult
from .search import SearchResult

_MOST_ERRORS = 1000


def learning_curves(results: Sequence[SeedResult], path: Path) -> None:
    """Draw loss and accuracy by epoch, a line for each seed: of the training pictures and of the watched ones."""
    figure = new_figure(11, 4.2)
    for place, (name, title) in enumerate((("loss", "loss"), ("accuracy", "accuracy"))):
        axes = figure.add_subplot(1, 2, place + 1)
        for number, result in enumerate(results):
            rows = result.choosing or result.history
            epochs = range(1, len(rows) + 1)
            colour = f"C{number % 10}"
            axes.plot(epochs, [row[name] for row in rows], color=colour, alpha=0.5, linestyle=":")
            if f"val_{name}" in rows[0]:
                axes.plot(epochs, [row[f"val_{name}"] for row in rows], color=colour, label=f"seed {result.seed}")
            axes.axvline(result.epochs, color=colour, alpha=0.3, linewidth=0.8)
        axes.set_xlabel("epoch")
        axes.set_title(f"{title}: watched pictures (line), changed training pictures (dots)", fontsize=9)
        axes.grid(alpha=0.3)
        if name == "loss":
            axes.set_yscale("log")
        if axes.get_legend_handles_labels()[0]:
            axes.legend(fontsize=8)
    store_figure(figure, path)


def search_results(searched: SearchResult, path: Path) -> None:
    """Draw the accuracy of every trial against each thing that was chosen."""
    names = ("first_filters", "second_filters", "first_dense", "dropout", "learning_rate")
    figure = new_figure(12, 3.2)
    accuracies = [100 * trial.accuracy for trial in searched.trials]
    for place, name in enumerate(names):
        axes = figure.add_subplot(1, len(names), place + 1)
        axes.scatter([getattr(trial.hyper, name) for trial in searched.trials], accuracies, s=18)
        axes.scatter(
            [getattr(searched.best.hyper, name)],
            [100 * searched.best.accuracy],
            s=60,
            facecolors="none",
            edgecolors="C3",
        )
        axes.set_xlabel(name.replace("_", " "))
        axes.grid(alpha=0.3)
        if name == "learning_rate":
            axes.set_xscale("log")
        if place == 0:
            axes.set_ylabel("% right of the held-out pictures")
    store_figure(figure, path)


def confusion_matrix(
    probabilities: NDArray[np.float32], labels: NDArray[np.int64], path: Path, alphabet: str = ALPHABET
) -> None:
    """Draw how often each class was read as each other one; the diagonal stays pale so that errors show."""
    counts = np.zeros((len(alphabet), len(alphabet)), int)
    np.add.at(counts, (labels, probabilities.argmax(axis=1)), 1)
    errors = counts.copy()
    np.fill_diagonal(errors, 0)
    figure = new_figure(9.5, 9)
    axes = figure.add_subplot()
    axes.imshow(errors, cmap="Reds", vmin=0, vmax=max(1, int(errors.max())))
    for row, column in np.argwhere(counts):
        dark = errors[row, column] > errors.max() / 2
        colour = "white" if dark else "black" if row != column else "0.5"
        axes.text(column, row, str(counts[row, column]), ha="center", va="center", fontsize=6, color=colour)
    names = [drawable(character, caption_font()) for character in alphabet]
    axes.set_xticks(range(len(alphabet)), names)
    axes.set_yticks(range(len(alphabet)), names)
    axes.set_xlabel("read as")
    axes.set_ylabel("label")
    axes.set_title(f"{int(np.trace(counts))} of {int(counts.sum())} right")
    store_figure(figure, path)


def error_sheet(errors: Sequence[Mapping[str, Any]], pictures: NDArray[np.uint8], path: Path) -> None:
    """Draw the errors, most confident first, on pages: the picture, "label>read" and the confidence.

    `pictures` is uint8 (n, h, w).
    """
    errors = sorted(errors, key=lambda error: -error["confidence"])[:_MOST_ERRORS]
    captions = [f"{error['label']}>{error['read']} {error['confidence']:.2f}" for error in errors]
    if not captions:
        store_picture(note("no errors"), path)
        return
    store_pages(contact_sheets(pictures[[error["index"] for error in errors]], captions, enlarged=3), path)


def preview(
    characters: CharacterSet, strength: Strength | None, polarity: str, seed: int, *, same: bool = True
) -> list[Image.Image]:
    """Return pages of every class: a picture as it is, then seven as training changes them.

    With `same` the seven are changes of the first picture, else of others of the class as far as there are.
    """
    rows, captions = [], []
    for label in np.unique(characters.labels):
        members = np.flatnonzero(characters.labels == label)
        chosen = np.resize(members[:1] if same else members, 8)
        original, others = characters.pictures[chosen[:1]], characters.pictures[chosen[1:]]
        changed = augment(others, np.random.default_rng([seed, label]), strength, polarity) if strength else others
        rows += [original, changed]
        captions += [f"{characters.alphabet[label]} as it is"] + [""] * 7
    return contact_sheets(np.concatenate(rows), captions, enlarged=2, multiple=8)
