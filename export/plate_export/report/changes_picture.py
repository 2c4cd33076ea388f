"""Pictures of what the export changed: bars by character, and every picture that is read differently."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
from PIL import Image

from plate_train.sheets import SIDE, contact_sheets

from ..check_sets.labelled import CheckSet
from ..checks.text_check import Check, TextResult
from ..network_outputs import NOTHING, character_pairs

_DPI = 100
_BARS = (12.0, 4.2)  # inches
_MOST_PICTURES = 500


def draw_changes(check_set: CheckSet, reference: TextResult, checks: Sequence[Check]) -> list[bytes]:
    """Return PNG pages: bars of the fraction right, then the changed pictures.

    The bars are of each character, by the `.h5` and by the file that agrees least. What fits below them stands on the
    first page, the rest on further pages.
    """
    captions = _captions(check_set, reference, checks)
    shown = list(captions.items())[:_MOST_PICTURES]
    title = _title(len(captions), len(shown), len(check_set.val))
    bars = _bars(title, check_set.val.texts, reference, checks)
    if not shown:
        return [_png(bars)]
    pictures = check_set.val.pictures[[place for place, _ in shown]]
    enlarged = max(1, 84 // pictures.shape[1])
    texts = ["\n".join(lines) for _, lines in shown]
    pages = contact_sheets(pictures, texts, enlarged=enlarged, side=(SIDE, SIDE - bars.height))
    first = Image.new("RGB", (max(bars.width, pages[0].width), bars.height + pages[0].height), "white")
    first.paste(bars, (0, 0))
    first.paste(pages[0], (0, bars.height))
    return [_png(page) for page in (first, *pages[1:])]


def _bars(title: str, labels: Sequence[str], reference: TextResult, checks: Sequence[Check]) -> Image.Image:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=_BARS, dpi=_DPI, layout="constrained")
    canvas: Any = FigureCanvasAgg(figure)
    figure.suptitle(title, fontsize=10)
    _draw_bars(figure.subplots(), labels, reference, checks)
    canvas.draw()
    return Image.fromarray(np.asarray(canvas.buffer_rgba())).convert("RGB")


def _png(page: Image.Image) -> bytes:
    buffer = io.BytesIO()
    page.save(buffer, format="PNG")
    return buffer.getvalue()


def _draw_bars(axes: Any, labels: Sequence[str], reference: TextResult, checks: Sequence[Check]) -> None:
    counts = Counter(character for label in labels for character in label)
    known = sorted(counts)
    readers = [(".h5", reference.texts)]
    if checks:
        worst = min(checks, key=lambda one: (one.agreement, one.result.right, -one.largest_difference))
        readers.append((f"{worst.file} in {worst.backend}, which agrees least", worst.result.texts))
    for number, (name, texts) in enumerate(readers):
        right = Counter(label for label, read in character_pairs(texts, labels) if label == read)
        places = [place + 0.4 * number - 0.2 for place in range(len(known))]
        axes.bar(places, [100 * right[one] / counts[one] for one in known], width=0.4, label=name)
    axes.set_xticks(range(len(known)), known)
    axes.set_ylim(0, 118)
    axes.set_yticks(range(0, 101, 20))
    axes.margins(x=0.01)
    axes.set_ylabel("read right, %")
    axes.legend(loc="upper left", ncols=2, fontsize=8)


def _captions(check_set: CheckSet, reference: TextResult, checks: Sequence[Check]) -> dict[int, list[str]]:
    """Return index -> lines: the label, and a line for each reader that differs from the `.h5`."""
    labels = check_set.val.texts
    captions: dict[int, list[str]] = {}
    for one in checks:
        for place in one.changed:
            lines = captions.setdefault(place, [f"is {labels[place]}", f"{reference.texts[place] or NOTHING}: .h5"])
            lines.append(f"{one.result.texts[place] or NOTHING}: {one.file.rsplit('-', 1)[-1]} {one.backend}")
    return dict(sorted(captions.items()))


def _title(changed: int, shown: int, count: int) -> str:
    if not changed:
        return f"No reading changed: all {count} pictures are read as the .h5 reads them"
    rest = f", the first {shown}" if shown < changed else ""
    return f"{changed} of {count} pictures are read otherwise{rest}"
