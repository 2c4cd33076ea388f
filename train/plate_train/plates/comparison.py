"""Table and plot of a comparison, from the reports of its trainings."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from plate_runtime.errors import DataError, damage_as

from ..atomic import replacing
from ..loop.figures import new_figure, store_figure
from ..loop.run_files import REPORT_FILE, read_json

TABLE, PLOT = "comparison.csv", "comparison.png"
Row = dict[str, Any]


def write(folder: Path) -> None:
    """Write table and plot of all finished trainings below `folder`; nothing if there are none."""
    rows = [row(path) for path in sorted(folder.glob(f"*/{REPORT_FILE}"))]
    if not rows:
        return
    columns = list(dict.fromkeys(name for found in rows for name in found))
    with replacing(folder / TABLE) as unfinished, unfinished.open("w", newline="", encoding="utf-8") as stream:
        table = csv.DictWriter(stream, columns)
        table.writeheader()
        table.writerows(rows)
    plot(rows, folder / PLOT)


def row(report: Path) -> Row:
    """Return a training as a row: its network, what it cost, and the % read right of each set, O=0 and I=1 as one.

    Raises:
        DataError: the report is damaged.
    """
    problem = "the report is damaged; delete its folder and compare again"
    found = read_json(report, problem=problem)
    with damage_as(DataError, f"{report}: {problem}"):
        training = found["training"]
        settings = training["settings"]
        scores = {
            f"{name} %": round(100 * score["folded"] / max(1, score["count"]), 2)
            for name, score in found["scores"].items()
        }
        return {
            **{name: settings[name] for name in ("model", "width", "depth", "seed")},
            **{name: training[name] for name in ("parameters", "multiply_adds", "step", "hours")},
            **scores,
        }


def plot(rows: Sequence[Mapping[str, Any]], path: Path) -> None:
    """Plot the % read right over the multiply-adds: a dot for each training, a line for the means of a network."""
    sets = [name for name in rows[0] if name.endswith(" %")]
    figure = new_figure(4.2 * len(sets), 3.8)
    for place, name in enumerate(sets):
        axes = figure.add_subplot(1, len(sets), place + 1)
        for number, model in enumerate(sorted({found["model"] for found in rows})):
            mine = [found for found in rows if found["model"] == model and name in found]
            axes.scatter([found["multiply_adds"] / 1e6 for found in mine], [found[name] for found in mine], s=10)
            means = mean_by_cost(mine, name)
            axes.plot([cost / 1e6 for cost in means], list(means.values()), marker="_", color=f"C{number}", label=model)
        axes.set_xscale("log")
        axes.set_xlabel("million multiply-adds")
        axes.set_title(f"{name} right, O=0 and I=1 as one", fontsize=9)
        axes.grid(alpha=0.3)
        axes.legend(fontsize=8)
    store_figure(figure, path)


def mean_by_cost(rows: Sequence[Mapping[str, Any]], name: str) -> dict[float, float]:
    """Return the mean of a column for each number of multiply-adds, in rising order."""
    costs = sorted({found["multiply_adds"] for found in rows})
    grouped = {cost: [found[name] for found in rows if found["multiply_adds"] == cost] for cost in costs}
    return {cost: sum(values) / len(values) for cost, values in grouped.items()}
