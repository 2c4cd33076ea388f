"""Options of every training on synthetic pictures, and the folder of the run."""

from __future__ import annotations

import argparse
import contextlib
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields
from datetime import datetime
from pathlib import Path
from typing import Any

from ..networks.tensorflow_setup import PRECISIONS
from .option_types import number, whole
from .run_files import unfinished_run

PROG = "plate-train"
RUNS = Path("runs")


def adder(
    parser: argparse.ArgumentParser, defaults: Any, with_data: Mapping[str, Any] | None = None
) -> Callable[..., None]:
    """Return what adds the option of a setting, and says its default in the help.

    `with_data` holds the defaults that differ where a user's own data are given.

    Options not given are None, so that a resumed run keeps the recorded values.
    """

    def setting(name: str, kind: Callable[[str], Any], metavar: str, text: str, **more: Any) -> None:
        field = more.get("dest", name.replace("-", "_"))
        value, own = getattr(defaults, field), (with_data or {}).get(field)
        shown = [] if value in (None, (), "") else [f"default: {value}"]
        shown += [] if own is None else [f"with --data: {own}"]
        ends = f" ({'; '.join(shown)})" if shown else ""
        parser.add_argument(f"--{name}", type=kind, metavar=metavar, help=text + ends, **more)

    return setting


def add_run_options(parser: argparse.ArgumentParser, setting: Callable[..., None], kind: str) -> None:
    """Add length, start, place and computation of a run of that kind, "plate" or "detector"."""
    add = parser.add_argument
    setting("hours", number(0.001, 1000), "H", "length of the run")
    setting("steps", whole(1), "N", "length of the run in steps, instead of --hours")
    setting("seed", whole(0), "N", "seed of weights, pictures and their order")
    shipped = ", or of the shipped plate-reader" if kind == "plate" else ""
    setting("from", str, "MODEL", f"start from the weights of this .h5{shipped}", dest="start")
    add("--resume", action="store_true", help="continue the run in --out, or the newest unfinished one")
    add("--watch", nargs="+", metavar="FILE.csv", help="also score these real pictures after each round")
    add("--out", type=Path, metavar="RUN", help=f"folder of the results (default: {RUNS}/{kind}-DATE-TIME)")
    setting("threads", whole(1), "N", "processor threads; same seed and threads give the same weights")
    add("--debug", action="store_true", help="show tracebacks")
    add(
        "--precision",
        choices=PRECISIONS,
        help="of matrix products; bfloat16 is faster on AVX512-BF16 and AMX (default: float32)",
    )


def add_finer_choices(setting: Callable[..., None]) -> None:
    """Add what few users change."""
    setting("learning-rate", number(1e-7, 1), "X", "highest learning rate of AdamW")
    setting("batch", whole(1), "N", "pictures in a step")
    setting("average", whole(1), "N", "about how many steps the weights are averaged over")
    setting("drawings", str, "DIR", "folder of the rendered shards, shared by runs with the same generator")
    setting("drawings-kept", whole(8), "N", "shards kept for each seed", dest="kept")
    setting("workers", whole(1), "N", "processes that render ahead")
    setting("shard", whole(1), "N", "most pictures in a shard")
    setting("uses", whole(1), "N", "how often each picture is used, each time with other augmentation")
    setting("window", whole(1), "N", "shards that a round mixes")
    setting("validation", whole(1), "N", "pictures of the validation set")
    setting("checkpoint-minutes", number(0, 600), "M", "minutes between checkpoints", dest="minutes")
    setting("model-name", str, "NAME", "name of the model (default: that of the run's folder)", dest="name")
    setting("model-version", str, "X.Y.Z", "version of the model", dest="version")


def given_settings(options: argparse.Namespace, settings: type[Any]) -> dict[str, Any]:
    """Return those fields of a class of settings that the command line names."""
    named = ((entry.name, getattr(options, entry.name, None)) for entry in fields(settings))
    return {name: tuple(value) if name == "watch" else value for name, value in named if value is not None}


def run_folder(options: argparse.Namespace, kind: str) -> Path:
    """Return the folder of the run. Raises UsageError if none is named, and there is none to go on with."""
    folder: Path | None = options.out
    if folder is None:
        folder = unfinished_run(RUNS, kind) if options.resume else RUNS / f"{kind}-{datetime.now():%Y%m%d-%H%M%S}"
    return folder


@contextlib.contextmanager
def resume_hint(kind: str, folder: Path) -> Iterator[None]:
    """Print how to continue if the block is interrupted; the signal then has its usual effect."""
    try:
        yield
    except (KeyboardInterrupt, SystemExit):
        print(f"{PROG}: interrupted; continue with: {PROG} {kind} --resume --out {folder}", file=sys.stderr)
        raise
