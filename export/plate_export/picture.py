"""A picture of what the export changed: bars by class, and every character that is read otherwise."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Sequence
from typing import Any

from .check_set import CheckSet
from .gate import Answers, Check

_COLUMNS = 12
_MOST_PICTURES = 96
_TILE = 1.1  # inches
_LINE = 0.11


def draw_changes(check_set: CheckSet, alphabet: str, reference: Answers, checks: Sequence[Check]) -> bytes:
    """Return a PNG: share right of each class by the `.h5` and by the worst file, and the changed pictures."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    captions = _captions(check_set, alphabet, reference, checks)
    shown = list(captions.items())[:_MOST_PICTURES]
    rows = -(-len(shown) // _COLUMNS)
    most_lines = max((len(lines) for _, lines in shown), default=0)
    lower_height = 0.5 + rows * (_TILE + most_lines * _LINE)
    figure = Figure(figsize=(_COLUMNS * _TILE, 4 + lower_height), layout="constrained")
    FigureCanvasAgg(figure)
    parts: Any = figure.subfigures(2, 1, height_ratios=[4, lower_height])
    upper, lower = parts
    _draw_bars(upper.subplots(), check_set.texts(alphabet), reference, checks)
    lower.suptitle(_title(len(captions), len(shown), len(check_set.val)), fontsize=10)
    if shown:
        tiles = lower.subplots(rows, _COLUMNS, squeeze=False).ravel()
        for tile in tiles:
            tile.axis("off")
        for tile, (place, lines) in zip(tiles, shown, strict=False):
            tile.imshow(check_set.val.pictures[place], cmap="gray", vmin=0, vmax=255)
            tile.set_title("\n".join(lines), fontsize=6, loc="left")
    buffer = io.BytesIO()
    # Without a date and a version in it, equal exports give equal pictures.
    figure.savefig(buffer, format="png", dpi=110, metadata={"Software": None})
    return buffer.getvalue()


def _draw_bars(axes: Any, labels: Sequence[str], reference: Answers, checks: Sequence[Check]) -> None:
    counts = Counter(labels)
    signs = sorted(counts)
    readers = [(".h5", reference.texts)]
    if checks:
        worst = min(checks, key=lambda one: (one.agreement, one.answers.right, -one.largest_difference))
        readers.append((f"{worst.file} in {worst.backend}, which agrees least", worst.answers.texts))
    for number, (name, texts) in enumerate(readers):
        right = Counter(label for text, label in zip(texts, labels, strict=True) if text == label)
        places = [place + 0.4 * number - 0.2 for place in range(len(signs))]
        axes.bar(places, [100 * right[sign] / counts[sign] for sign in signs], width=0.4, label=name)
    axes.set_xticks(range(len(signs)), signs)
    axes.set_ylim(0, 118)
    axes.set_yticks(range(0, 101, 20))
    axes.margins(x=0.01)
    axes.set_ylabel("read right, %")
    axes.legend(loc="upper left", ncols=2, fontsize=8)


def _captions(check_set: CheckSet, alphabet: str, reference: Answers, checks: Sequence[Check]) -> dict[int, list[str]]:
    """Return place -> lines, the label and a line a reader that says otherwise than the `.h5`."""
    labels = check_set.texts(alphabet)
    captions: dict[int, list[str]] = {}
    for one in checks:
        for place in one.changed:
            lines = captions.setdefault(place, [f"is {labels[place]}", f"{reference.texts[place]}: .h5"])
            lines.append(f"{one.answers.texts[place]}: {one.file.rsplit('-', 1)[-1]} {one.backend}")
    return dict(sorted(captions.items()))


def _title(changed: int, shown: int, count: int) -> str:
    if not changed:
        return f"No answer changed: all {count} pictures are read as by the .h5"
    rest = f", the first {shown}" if shown < changed else ""
    return f"{changed} of {count} pictures are read otherwise{rest}"
