"""The options of `plate-train locator`, and what they start."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from dataclasses import fields
from datetime import datetime
from pathlib import Path
from typing import Any

from .. import options as checked
from ..plates.settings import unfinished_run
from ..plates.shards import TRAINING_PART
from ..tensorflow_setup import PRECISIONS, require_extra
from .settings import Settings, changed, read_settings

PROG = "plate-train"
PREVIEWED = 40
EXAMPLES = """examples:
  plate-train locator --hours 12 --out runs/locator           train on drawn scenes
  plate-train locator --resume --out runs/locator             go on with an interrupted run
  plate-train locator --hours 2 --width 0.8 --watch frames/labels.csv
                                                              a smaller network; real frames scored meanwhile
  plate-train locator --preview scenes.png                    look at what is drawn
"""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options; those that are not given are None, so that a resumed run keeps its own."""
    defaults = Settings()
    add = parser.add_argument

    def setting(name: str, kind: Callable[[str], Any], metavar: str, text: str, **more: Any) -> None:
        value = getattr(defaults, more.get("dest", name.replace("-", "_")))
        shown = "" if value is None or value == () else f" (default: {value})"
        add(f"--{name}", type=kind, metavar=metavar, help=text + shown, **more)

    setting("width", checked.number(0.1, 3), "X", "multiplies the channels of the convolutions")
    setting("depth", checked.whole(0), "N", "convolutions added to each coarse level")
    setting("hours", checked.number(0.001, 1000), "H", "length of the run")
    setting("steps", checked.whole(1), "N", "length of the run in steps, instead of --hours")
    setting("seed", checked.whole(0), "N", "of weights, drawings and their order")
    add("--resume", action="store_true", help="go on with the run in --out, or with the newest unfinished one")
    add("--preview", type=Path, metavar="FILE", help="draw a sheet of scenes with their plates, and stop")
    setting("from", str, "MODEL", "start from the weights of this .h5", dest="start")
    add("--watch", nargs="+", metavar="FILE.csv", help="score real frames after every round; nothing is chosen by it")
    add("--out", type=Path, metavar="RUN", help="folder of the results; default runs/locator-DATE-TIME")
    setting("threads", checked.whole(1), "N", "same seed and threads, same weights")
    add("--debug", action="store_true", help="show tracebacks")
    add("--precision", choices=PRECISIONS, help="of products while training; see docs/training-plates.md")
    setting("learning-rate", checked.number(1e-7, 1), "X", "AdamW's, at its highest")
    setting("batch", checked.whole(1), "N", "scenes a step")
    setting("average", checked.whole(1), "N", "steps that weights are averaged over, about")
    setting("drawings", str, "DIR", "where drawings are kept; runs with the same generator share them")
    setting("drawings-kept", checked.whole(8), "N", "shards kept of one seed", dest="kept")
    setting("workers", checked.whole(1), "N", "processes that draw ahead")
    setting("shard", checked.whole(1), "N", "drawings of a shard")
    setting("uses", checked.whole(1), "N", "how often each drawing is seen, changed each time")
    setting("window", checked.whole(1), "N", "shards that a round mixes")
    setting("validation", checked.whole(1), "N", "drawings that are scored")
    setting("checkpoint-minutes", checked.number(0, 600), "M", "between checkpoints", dest="minutes")
    setting("model-name", str, "NAME", "of the model", dest="name")
    setting("model-version", str, "X.Y.Z", "of the model", dest="version")


def execute(options: argparse.Namespace, say: Callable[[str], None]) -> int:
    """Run `plate-train locator` with parsed options and return the exit code."""
    require_extra()
    given = _given(options)
    if options.preview:
        return _preview(Settings(**given), options.preview, say)
    folder: Path | None = options.out
    if options.resume:
        folder = folder or unfinished_run(Path("runs"), "locator")
        settings = changed(read_settings(folder), given)
    else:
        settings = Settings(**given)
        folder = folder or Path("runs") / f"locator-{datetime.now():%Y%m%d-%H%M%S}"
    try:
        _train(settings, folder, options, say)
    except BaseException as error:
        if isinstance(error, Exception):
            raise
        print(f"{PROG}: interrupted; go on with: {PROG} locator --resume --out {folder}", file=sys.stderr)
        raise
    return 0


def _train(settings: Settings, folder: Path, options: argparse.Namespace, say: Callable[[str], None]) -> None:
    from .generator import scene_store
    from .run import run

    store = scene_store(Path(settings.drawings), settings.kept)
    retime = options.hours is not None or options.steps is not None
    run(settings, folder, store, resume=options.resume, retime=retime, say=say)


def _preview(settings: Settings, path: Path, say: Callable[[str], None]) -> int:
    from ..draw.scenes.pool import shard
    from .plots import drawings

    pictures, texts = shard(settings.seed, 0, PREVIEWED, part=TRAINING_PART)
    drawings(pictures, texts, path)
    say(f"{PREVIEWED} drawn scenes with their plates: {path}")
    return 0


def _given(options: argparse.Namespace) -> dict[str, Any]:
    """Return the settings that the command line names."""
    named = ((entry.name, getattr(options, entry.name, None)) for entry in fields(Settings))
    return {name: tuple(value) if name == "watch" else value for name, value in named if value is not None}
