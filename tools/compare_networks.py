"""Compare networks that were trained equally long on the same shards: architectures, and sizes of one of them.

    python tools/compare_networks.py architectures --hours 1 --watch crops/labels.csv --out runs/architectures
    python tools/compare_networks.py sizes --steps 20000 --watch crops/labels.csv --out runs/sizes

After an interruption the same command continues. The shards are rendered before the first training starts, so that no
training waits for them. Results: `comparison.csv`, a row a training, and `comparison.png`.
"""

from __future__ import annotations

import argparse
import csv
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from plate_runtime import command_line
from plate_runtime.errors import DataError, damage_as
from plate_train.atomic import replacing
from plate_train.loop import checkpoint
from plate_train.loop import option_types as checked
from plate_train.loop.figures import new_figure, store_figure
from plate_train.loop.run_files import REPORT_FILE, read_json
from plate_train.loop.shards import Prefetcher, Store, open_store
from plate_train.networks.multiply_adds import multiply_adds
from plate_train.networks.tensorflow_setup import PRECISIONS
from plate_train.plates.architectures import ARCHITECTURES, DEFAULT, Size, build
from plate_train.plates.settings import Settings
from plate_train.progress import progress

PROG = "compare_networks.py"
TABLE, PLOT = "comparison.csv", "comparison.png"
SIZES = ((0.25, 2), (0.35, 2), (0.5, 2), (0.7, 2), (0.8, 3), (1.2, 3))
"""Widths and depths, each with about twice as many multiply-adds as the one before."""
_USES = 2
"""Rounds are short, so that the length of a short training is known early."""
_START = "from plate_train.command import main; main()"


Row = dict[str, Any]


@dataclass(frozen=True)
class Experiment:
    """One training: a network of a size, and the seed of its weights and of the order of pictures."""

    model: str
    width: float
    depth: int
    seed: int

    @property
    def name(self) -> str:
        """Of its folder."""
        return f"{self.model}-{self.width:g}x{self.depth}-seed-{self.seed}"

    def arguments(self) -> list[str]:
        """Return its options of `plate-train plate`."""
        values = {"model": self.model, "width": self.width, "depth": self.depth, "seed": self.seed}
        return [part for name, value in values.items() for part in (f"--{name}", str(value))]


def command(arguments: Sequence[str]) -> int:
    """Run what is missing of a comparison, and write its table and its plot."""
    options = parse(arguments)
    from plate_train.synthetic.plates import shard
    from plate_train.synthetic.plates.spec import PLATE_SPEC

    kept = max(8, options.shards + 1)
    store = open_store(shard, PLATE_SPEC, Path(options.drawings), kept)
    if options.what == "architectures":
        experiments = architectures(options.multiply_adds * 1e6, options.seeds)
    else:
        experiments = [Experiment(options.model, *size, seed) for seed in range(options.seeds) for size in SIZES]
    render(store, options.shards)
    common = [
        *length(options), "--drawing-seed", "0", "--shards", str(options.shards),
        "--uses", str(_USES), "--window", str(options.shards),
        "--drawings", options.drawings, "--drawings-kept", str(kept),
        "--threads", str(options.threads), "--precision", options.precision,
        *(["--watch", *options.watch] if options.watch else []),
    ]  # fmt: skip
    compare(experiments, options.out, lambda experiment, folder: train(experiment, folder, common))
    print(f"{options.out / TABLE}, {options.out / PLOT}", flush=True)
    return 0


def architectures(target: float, seeds: int) -> list[Experiment]:
    """Return every architecture with about `target` multiply-adds, each with so many seeds."""
    widths = {name: width_for(name, target) for name in ARCHITECTURES}
    return [Experiment(name, widths[name], 2, seed) for seed in range(seeds) for name in ARCHITECTURES]


def width_for(name: str, target: float) -> float:
    """Return the width, in steps of 0.05, at which a network comes nearest to `target` multiply-adds."""
    width: float = round(20 * (target / multiply_adds(build(name))) ** 0.5) / 20
    near = [round(width + step / 20, 2) for step in range(-3, 4) if width + step / 20 >= 0.1]
    return min(near, key=lambda candidate: abs(multiply_adds(build(name, Size(candidate))) - target))


def render(store: Store, shards: int) -> None:
    """Render the shards that all experiments train on."""
    settings = Settings()
    with Prefetcher(store, 0, settings.shard, settings.workers) as ahead, progress(shards, "rendering", "shard") as bar:
        ahead.want(0, shards - 1)
        for number in range(shards):
            ahead.get(number)
            bar.update()


def compare(experiments: Sequence[Experiment], out: Path, trained: Callable[[Experiment, Path], None]) -> None:
    """Train what has no report yet, and write table and plot after each training."""
    with progress(len(experiments), "comparison", "training") as bar:
        for experiment in experiments:
            if not (out / experiment.name / REPORT_FILE).exists():
                trained(experiment, out / experiment.name)
                write(out)
            bar.update()
    write(out)


def train(experiment: Experiment, folder: Path, common: Sequence[str]) -> None:
    """Train one network in another process, continuing an unfinished run.

    Raises:
        DataError: the training failed. KeyboardInterrupt: it was interrupted.
    """
    arguments = ["--resume"] if (folder / checkpoint.FILE).exists() else [*experiment.arguments(), *common]
    done = subprocess.run([sys.executable, "-c", _START, "plate", *arguments, "--out", str(folder)], check=False)
    if done.returncode == 130:
        raise KeyboardInterrupt
    if done.returncode != 0:
        raise DataError(f"the training in {folder} ended with code {done.returncode}; see above")


def length(options: argparse.Namespace) -> list[str]:
    """Return the options for equal hours, in which large networks take fewer steps, or for equal steps."""
    return ["--steps", str(options.steps)] if options.steps else ["--hours", str(options.hours)]


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """Return what the command line says."""
    parser = argparse.ArgumentParser(prog=PROG, description="Compare networks of whole plates.")
    add = parser.add_argument
    add("what", choices=("architectures", "sizes"))
    add("--out", type=Path, required=True, metavar="DIR", help="folder of the trainings and of the results")
    add("--hours", type=checked.number(0.001, 100), default=1.0, metavar="H", help="of each training (default: 1)")
    add("--steps", type=checked.whole(1), metavar="N", help="of each training, however long they take")
    add("--seeds", type=checked.whole(1), default=3, metavar="N", help="trainings of each network (default: 3)")
    add("--shards", type=checked.whole(2), default=24, metavar="N", help="of 8192 pictures, for all (default: 24)")
    add("--watch", nargs="+", metavar="FILE.csv", help="real crops to be scored")
    add("--drawings", default=Settings().drawings, metavar="DIR", help="folder of the shards")
    add("--threads", type=checked.whole(1), default=2, metavar="N")
    add("--precision", choices=PRECISIONS, default=PRECISIONS[0], help="of products (default: %(default)s)")
    add("--model", choices=tuple(ARCHITECTURES), default=DEFAULT, help="the network of the compared sizes")
    add(
        "--multiply-adds",
        type=checked.number(1, 1000),
        default=50.0,
        metavar="M",
        help="of each architecture, millions",
    )
    add("--debug", action="store_true", help="show tracebacks")
    return parser.parse_args(arguments)


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


if __name__ == "__main__":
    command_line.run(command, PROG)
