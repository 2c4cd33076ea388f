"""The options of `plate-train detector`, and what they start."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

from ..loop import option_types as checked
from ..loop.run_options import add_finer_choices, add_run_options, adder, given_settings, resume_hint, run_folder
from ..loop.shards import TRAINING_SPLIT, open_store
from ..networks.tensorflow_setup import require_extra
from ..progress import STARTING, progress
from .settings import Settings

KIND = "detector"
PREVIEWED = 15
EXAMPLES = """examples:
  plate-train detector --hours 12 --out runs/detector         train on synthetic scenes
  plate-train detector --resume --out runs/detector           continue an interrupted run
  plate-train detector --hours 2 --width 0.8 --watch frames/labels.csv
                                                              a smaller network; also score real frames
  plate-train detector --preview scenes.png                   look at the scenes
"""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options. Those not given are None, so that a resumed run keeps the recorded values."""
    add, setting = parser.add_argument, adder(parser, Settings())
    setting("width", checked.number(0.1, 3), "X", "multiplies the channels of the convolutions")
    setting("depth", checked.whole(0), "N", "convolutions added to each coarse level")
    add("--preview", type=checked.png, metavar="FILE.png", help="write a sheet of scenes with their plates, and stop")
    add_run_options(parser, setting, KIND)
    add_finer_choices(setting)


def read_settings(folder: Path) -> Settings:
    """Return the recorded settings of a run. Raises UsageError if there are none, or they cannot be read."""
    return Settings.read(folder, add_options)


def execute(options: argparse.Namespace, say: Callable[[str], None]) -> int:
    """Run `plate-train detector` with parsed options and return the exit code."""
    require_extra()
    given = given_settings(options, Settings)
    if options.preview:
        return _preview(Settings(**given), options.preview, say)
    folder = run_folder(options, KIND)
    settings = read_settings(folder).resumed(given) if options.resume else Settings(**given)
    say(STARTING)
    with resume_hint(KIND, folder):
        _train(settings, folder, options, say)
    return 0


def _train(settings: Settings, folder: Path, options: argparse.Namespace, say: Callable[[str], None]) -> None:
    from ..synthetic.scenes import shard
    from ..synthetic.scenes.spec import SCENE_SPEC
    from .run import run

    store = open_store(shard, SCENE_SPEC, Path(settings.drawings), settings.kept)
    retime = options.hours is not None or options.steps is not None
    run(settings, folder, store, resume=options.resume, retime=retime, say=say)


def _preview(settings: Settings, path: Path, say: Callable[[str], None]) -> int:
    from ..synthetic.scenes.shard import shard
    from .plots import preview

    with progress(PREVIEWED, "rendering", "scene") as bar:
        pictures, texts = shard(settings.seed, 0, PREVIEWED, split=TRAINING_SPLIT, advance=bar.update)
    preview(pictures, texts, path)
    say(f"{PREVIEWED} synthetic scenes with their plates: {path}")
    return 0
