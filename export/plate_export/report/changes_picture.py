"""A picture of what the export changed: bars by sign, and every character or plate that is read otherwise."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Sequence
from typing import Any

from ..check_sets.labelled import CheckSet
from ..checks.network_outputs import NOTHING, signs
from ..checks.text_check import Answers, Check

_WIDTH = 13.2  # inches
_COLUMNS, _PLATE_COLUMNS = 12, 6
_MOST_PICTURES = 96
_LINE = 0.11


def draw_changes(check_set: CheckSet, reference: Answers, checks: Sequence[Check]) -> bytes:
    """Return a PNG: share right of each sign by the `.h5` and by the worst file, and the changed pictures."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    captions = _captions(check_set, reference, checks)
    shown = list(captions.items())[:_MOST_PICTURES]
    aspect = check_set.val.pictures.shape[2] / check_set.val.pictures.shape[1]
    columns = _COLUMNS if aspect < 2 else _PLATE_COLUMNS
    rows = -(-len(shown) // columns)
    most_lines = max((len(lines) for _, lines in shown), default=0)
    lower_height = 0.5 + rows * (_WIDTH / columns / aspect + most_lines * _LINE)
    figure = Figure(figsize=(_WIDTH, 4 + lower_height), layout="constrained")
    FigureCanvasAgg(figure)
    parts: Any = figure.subfigures(2, 1, height_ratios=[4, lower_height])
    upper, lower = parts
    _draw_bars(upper.subplots(), check_set.val.texts, reference, checks)
    lower.suptitle(_title(len(captions), len(shown), len(check_set.val)), fontsize=10)
    if shown:
        tiles = lower.subplots(rows, columns, squeeze=False).ravel()
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
    counts = Counter(sign for label in labels for sign in label)
    known = sorted(counts)
    readers = [(".h5", reference.texts)]
    if checks:
        worst = min(checks, key=lambda one: (one.agreement, one.answers.right, -one.largest_difference))
        readers.append((f"{worst.file} in {worst.backend}, which agrees least", worst.answers.texts))
    for number, (name, texts) in enumerate(readers):
        right = Counter(sign for sign, read in signs(texts, labels) if sign == read)
        places = [place + 0.4 * number - 0.2 for place in range(len(known))]
        axes.bar(places, [100 * right[sign] / counts[sign] for sign in known], width=0.4, label=name)
    axes.set_xticks(range(len(known)), known)
    axes.set_ylim(0, 118)
    axes.set_yticks(range(0, 101, 20))
    axes.margins(x=0.01)
    axes.set_ylabel("read right, %")
    axes.legend(loc="upper left", ncols=2, fontsize=8)


def _captions(check_set: CheckSet, reference: Answers, checks: Sequence[Check]) -> dict[int, list[str]]:
    """Return place -> lines, the label and a line a reader that says otherwise than the `.h5`."""
    labels = check_set.val.texts
    captions: dict[int, list[str]] = {}
    for one in checks:
        for place in one.changed:
            lines = captions.setdefault(place, [f"is {labels[place]}", f"{reference.texts[place] or NOTHING}: .h5"])
            lines.append(f"{one.answers.texts[place] or NOTHING}: {one.file.rsplit('-', 1)[-1]} {one.backend}")
    return dict(sorted(captions.items()))


def _title(changed: int, shown: int, count: int) -> str:
    if not changed:
        return f"No answer changed: all {count} pictures are read as by the .h5"
    rest = f", the first {shown}" if shown < changed else ""
    return f"{changed} of {count} pictures are read otherwise{rest}"
