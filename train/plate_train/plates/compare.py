"""Compare networks that were trained equally long on the same shards: architectures, and sizes of one of them.

    python -m plate_train.plates.compare architectures --hours 1 --watch crops/labels.csv --out runs/architectures
    python -m plate_train.plates.compare sizes --steps 20000 --watch crops/labels.csv --out runs/sizes

After an interruption the same command continues. The shards are rendered before the first training starts, so that no
training waits for them. Results: `comparison.csv`, a row a training, and `comparison.png`.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from plate_runtime import command_line
from plate_runtime.errors import DataError

from ..loop import checkpoint
from ..loop import numbers as checked
from ..loop.run_files import REPORT_FILE
from ..loop.shards import Prefetcher, Store
from ..networks.multiply_adds import multiply_adds
from ..networks.tensorflow_setup import PRECISIONS
from ..progress import progress
from . import comparison
from .architectures import ARCHITECTURES, DEFAULT, Size, build
from .settings import Settings

PROG = "plate_train.plates.compare"
SIZES = ((0.25, 2), (0.35, 2), (0.5, 2), (0.7, 2), (0.8, 3), (1.2, 3))
"""Widths and depths, each with about twice as many multiply-adds as the one before."""
_USES = 2
"""Rounds are short, so that the length of a short training is known early."""
_START = "from plate_train.command import main; main()"


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
    from .generator import plate_store

    kept = max(8, options.shards + 1)
    store = plate_store(Path(options.drawings), kept)
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
    print(f"{options.out / comparison.TABLE}, {options.out / comparison.PLOT}", flush=True)
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
                comparison.write(out)
            bar.update()
    comparison.write(out)


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


if __name__ == "__main__":
    command_line.run(command, PROG)
