"""Right of total against CPU time, a panel a set, of what `plates.py` measured; it draws this itself at its end.

python benchmarks/chart.py     results/plates.csv -> results/plates.png, once more
"""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from typing import Any

from measuring import RESULTS, command_line

_MARKERS = "osD^vP*X<>hd"
_FILE = "plates.png"

Style = tuple[Any, str]
"""Colour and marker."""


def draw(rows: Sequence[Mapping[str, Any]]) -> None:
    """Write results/plates.png."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    sets = list(dict.fromkeys(row["set"] for row in rows))
    styles = styles_of(list(dict.fromkeys(row["reader"] for row in rows)))
    figure = Figure(figsize=(4.2 * len(sets), 4.2 + 0.11 * len(styles)), layout="constrained")
    FigureCanvasAgg(figure)
    panels: Any = figure.subplots(1, len(sets), sharey=True, squeeze=False)[0]
    for panel, name in zip(panels, sets, strict=True):
        _panel(panel, [row for row in rows if row["set"] == name], styles)
    panels[0].set_ylabel("read right with O=0 and I=1, %")
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=2, fontsize=8)
    # Without a date and a version in it, equal figures give equal pictures.
    figure.savefig(RESULTS / _FILE, dpi=110, metadata={"Software": None})


def styles_of(readers: Sequence[str]) -> dict[str, Style]:
    """Return a colour and a marker that no other reader has; after the last shape, numbers are the markers."""
    from matplotlib.colors import hsv_to_rgb

    styles: dict[str, Style] = {}
    for place, reader in enumerate(readers):
        marker = _MARKERS[place] if place < len(_MARKERS) else f"${place + 1}$"
        # Neighbours in hue differ in brightness.
        styles[reader] = hsv_to_rgb((place / len(readers), 1.0, (0.9, 0.55)[place % 2])), marker
    return styles


def _panel(panel: Any, rows: Sequence[Mapping[str, Any]], styles: Mapping[str, Style]) -> None:
    for row in rows:
        colour, marker = styles[row["reader"]]
        if row["folded"] == "":
            panel.axvline(row["cpu_ms_median"], color=colour, linestyle=":", label=f"{row['reader']} (time alone)")
        else:
            time, right = row["cpu_ms_median"], row["folded_percent"]
            panel.plot(time, right, marker=marker, color=colour, markersize=8, linestyle="", label=row["reader"])
    panel.set_xscale("log")
    panel.set_xlim(0.2, 200)
    panel.set_ylim(0, 102)
    panel.grid(alpha=0.3, which="both")
    panel.set_title(f"{rows[0]['set']}, {rows[0]['count']} crops", fontsize=10)
    panel.set_xlabel("CPU ms a crop, one thread")


def main(arguments: Sequence[str] | None = None) -> None:
    """Draw what was measured."""
    command_line(__doc__).parse_args(arguments)
    with (RESULTS / "plates.csv").open(newline="", encoding="utf-8") as stream:
        found = [{**row, "cpu_ms_median": float(row["cpu_ms_median"])} for row in csv.DictReader(stream)]
        draw([{**row, "folded_percent": float(row["folded_percent"] or 0)} for row in found])


if __name__ == "__main__":
    main()
