"""The options of `plate-train plate`, and what they start."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

from ..loop import option_types as checked
from ..loop.run_options import RUNS, add_finer_choices, add_run_options, adder, given_settings, resume_hint, run_folder
from ..loop.shards import TRAINING_SPLIT, Store, open_store
from ..loop.shared_search import Address, add_share_options, require_share
from ..networks.tensorflow_setup import require_extra
from ..progress import STARTING, progress
from .architectures import ARCHITECTURES
from .settings import FINE_TUNING, FURTHER, Settings, new_settings

KIND = "plate"
PREVIEWED = 105
EXAMPLES = """examples:
  plate-train plate --hours 12 --out runs/reader              train on synthetic crops
  plate-train plate --resume --out runs/reader                continue an interrupted run
  plate-train plate --hours 1 --width 0.5 --watch crops/labels.csv
                                                              a smaller network; real crops scored as well
  plate-train plate --data crops --from plate-reader          fine-tune with crops of your own: crops/labels.csv
  plate-train plate --data crops --from plate-reader --epochs 60
                                                              the same, each crop seen twice as often
  plate-train plate --trials 12 --hours 6                     search size and learning rate first
  plate-train plate --trials 40 --chief 192.168.1.5:7000      search on several hosts: one chief, and on the others
  plate-train plate --worker 192.168.1.5:7000                 workers
  plate-train plate --preview sheet.png                       look at the synthetic plates
"""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options. Those not given are None, so that a resumed run keeps the recorded values."""
    defaults = Settings()
    further = {name: f"{FINE_TUNING.get(name, getattr(defaults, name))}, with --from too: {value}"
               for name, value in FURTHER.items()}  # fmt: skip
    tuned = FINE_TUNING | further | {"hours": "not used, see --epochs"}
    add, setting = parser.add_argument, adder(parser, defaults, tuned)
    setting("data", str, "DIR", "crops of your own to train on as well: a labels.csv with the columns image and text")
    add("--model", choices=tuple(ARCHITECTURES), help=f"the network (default: {defaults.model})")
    setting("width", checked.number(0.05, 4), "X", "multiplies the channels of every convolution")
    setting("depth", checked.whole(1), "N", "convolutions in each of the two middle stages")
    text = "length of the run in rounds, one new shard each; with --data: how often each crop is used"
    setting("epochs", checked.whole(1), "N", text)
    setting("trials", checked.whole(0), "N", "search first: number of random sizes and learning rates to try")
    setting("seeds", checked.whole(1), "N", "number of trainings on the same shards; the first model is kept")
    add("--preview", type=checked.png, metavar="FILE.png", help="write a sheet of plates with their texts, and stop")
    add_share_options(parser)
    add_run_options(parser, setting, KIND)
    setting("dropout", checked.number(0, 0.95), "X", "dropout before the output")
    setting("mix", checked.number(0.01, 0.99), "X", "with --data: fraction of a step that is your own crops")
    text = "how far to go from the network of --from (0) to the trained one (1); less forgets less"
    setting("blend", checked.number(0.01, 1), "X", text)
    setting("least-steps", checked.whole(0), "N", "least steps of a run without --epochs")
    setting("drawing-seed", checked.whole(0), "N", "seed of the shards (default: that of --seed)")
    setting("shards", checked.whole(0), "N", "number of different shards, used in turn; 0: always new ones")
    add_finer_choices(setting)
    setting("trial-steps", checked.whole(1), "N", "steps of each trial of a search")
    setting(
        "most-multiply-adds",
        checked.number(1, 1000),
        "M",
        "with --trials: most multiply-adds of a network, in millions",
    )


def read_settings(folder: Path) -> Settings:
    """Return the recorded settings of a run. Raises UsageError if there are none, or they cannot be read."""
    return Settings.read(folder, add_options)


def execute(options: argparse.Namespace, say: Callable[[str], None]) -> int:
    """Run `plate-train plate` with parsed options and return the exit code."""
    require_extra()
    given = given_settings(options, Settings)
    if options.preview:
        return _preview(new_settings(given), options.preview, say)
    if options.worker is not None:
        require_share(options)
        say(STARTING)
        _work(new_settings(given), options.out or RUNS / f"{KIND}-worker", options.worker, say)
        return 0
    folder = run_folder(options, KIND)
    say(STARTING)
    settings = read_settings(folder).resumed(given) if options.resume else new_settings(given)
    options.trials = settings.trials
    require_share(options)
    with resume_hint(KIND, folder):
        _train(settings, folder, options, say)
    return 0


def _train(settings: Settings, folder: Path, options: argparse.Namespace, say: Callable[[str], None]) -> None:
    from .session import session

    store = _store(settings)
    session(settings, folder, store, resume=options.resume, retime=_retimed(options), chief=options.chief, say=say)


def _work(settings: Settings, folder: Path, chief: Address, say: Callable[[str], None]) -> None:
    from .search import help_search

    help_search(settings, folder, _store(settings), chief=chief, say=say)


def _preview(settings: Settings, path: Path, say: Callable[[str], None]) -> int:
    from .plots import preview

    store = _store(settings)
    with progress(PREVIEWED, "rendering", "picture") as bar:
        seed, spec = settings.synthetic_seed, store.spec
        pictures, texts = store.render(seed, 0, PREVIEWED, spec, TRAINING_SPLIT, advance=bar.update)
    preview(pictures, texts, path)
    say(f"{PREVIEWED} synthetic plates with their texts: {path}")
    return 0


def _store(settings: Settings) -> Store:
    from ..synthetic.plates import shard
    from ..synthetic.plates.spec import PLATE_SPEC

    return open_store(shard, PLATE_SPEC, Path(settings.drawings), settings.kept)


def _retimed(options: argparse.Namespace) -> bool:
    return any(getattr(options, name) is not None for name in ("hours", "steps", "epochs"))
