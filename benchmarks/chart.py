"""Right of total against CPU time, a panel a set, of what `plates.py` measured; it draws this itself at its end.

python benchmarks/chart.py     results/plates.csv -> results/plates.png, once more
"""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from typing import Any

from measuring import RESULTS, command_line

_MARKS = "osD^vP*X<>"
_FILE = "plates.png"


def draw(rows: Sequence[Mapping[str, Any]]) -> None:
    """Write results/plates.png."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    sets = list(dict.fromkeys(row["set"] for row in rows))
    readers = list(dict.fromkeys(row["reader"] for row in rows))
    figure = Figure(figsize=(4.2 * len(sets), 4.2 + 0.11 * len(readers)), layout="constrained")
    FigureCanvasAgg(figure)
    panels: Any = figure.subplots(1, len(sets), sharey=True, squeeze=False)[0]
    for panel, name in zip(panels, sets, strict=True):
        _panel(panel, [row for row in rows if row["set"] == name], readers)
    panels[0].set_ylabel("read right with O=0 and I=1, %")
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=2, fontsize=8)
    # Without a date and a version in it, equal figures give equal pictures.
    figure.savefig(RESULTS / _FILE, dpi=110, metadata={"Software": None})


def _panel(panel: Any, rows: Sequence[Mapping[str, Any]], readers: Sequence[str]) -> None:
    for row in rows:
        place = readers.index(row["reader"])
        colour, mark = f"C{place % 10}", _MARKS[place % len(_MARKS)]
        if row["folded"] == "":
            panel.axvline(row["cpu_ms_median"], color=colour, linestyle=":", label=f"{row['reader']} (time alone)")
        else:
            time, right = row["cpu_ms_median"], row["folded_percent"]
            panel.plot(time, right, mark, color=colour, markersize=8, linestyle="", label=row["reader"])
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
