"""The options of `plate-train character`, and what they start."""

from __future__ import annotations

import argparse
import shlex
import sys
from collections.abc import Callable, Sequence
from dataclasses import fields, replace
from datetime import datetime
from pathlib import Path

from plate_runtime.alphabet import ALPHABET

from ..loop.option_types import characters, number, png, whole
from ..loop.run_files import SETTINGS_FILE, recorded_settings
from ..loop.run_options import PROG
from ..loop.shared_search import add_share_options, require_share
from ..loop.tuning import FOLDER
from ..networks.tensorflow_setup import require_extra
from ..progress import STARTING
from .settings import Settings, unfinished_run

EXAMPLES = """examples:
  plate-train character                                      train on synthetic characters
  plate-train character --data characters --seeds 5          train on class folders, five times
  plate-train character --data characters --alphabet 0123456789ABEKMHOPCTYX
                                                             train on class folders of other characters
  plate-train character --data characters --trials 10        search sizes and learning rate first
  plate-train character --resume                             continue an interrupted search
  plate-train character --trials 40 --chief 192.168.1.5:7000 search on several hosts: one chief, and on the others
  plate-train character --worker 192.168.1.5:7000            workers
  plate-train character --data characters --preview seen.png look at augmented pictures
  plate-train character --data characters --protocol mission --no-augment --seeds 5
                                                             keep the best epoch on val/
"""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    defaults = Settings()
    add = parser.add_argument
    add(
        "--data",
        metavar="DIR",
        help="train/ and val/ of class folders, class folders alone, or labels.csv; default: synthetic characters",
    )
    add(
        "--alphabet",
        type=characters,
        metavar="CHARACTERS",
        help="the classes in their order, such as 0123456789АБВ (default: 0-9 A-Z)",
    )
    add("--model", choices=("baseline", "tuned"), default=defaults.model, help="the network (default: %(default)s)")
    add(
        "--trials",
        type=whole(0),
        default=0,
        metavar="N",
        help="search first: number of random settings to try (default: no search)",
    )
    add("--epochs", type=whole(1), metavar="N", help="most epochs (default: 60, for synthetic characters 30)")
    add("--seed", type=whole(0), default=0, metavar="N", help="the first seed (default: %(default)s)")
    add("--seeds", type=whole(1), default=1, metavar="N", help="number of trainings; the first is saved (default: 1)")
    add("--resume", action="store_true", help="continue the search of --out, or of the newest unfinished run")
    add("--preview", type=png, metavar="FILE.png", help="write sheets of augmented pictures, and stop")
    add(
        "--protocol",
        choices=("honest", "mission"),
        default=defaults.protocol,
        help="honest: val/ is scored once, at the end; mission: the best epoch on val/ is kept (default: %(default)s)",
    )
    add(
        "--augment",
        type=number(0, 3),
        metavar="FACTOR",
        help="strength of augmentation (default: 1, for synthetic characters 0.5)",
    )
    add("--no-augment", dest="augment", action="store_const", const=0.0, help="no augmentation")
    add("--from", dest="start", metavar="MODEL", help="start from the weights of this .h5")
    add("--out", type=Path, metavar="RUN", help="folder of the results (default: runs/character-DATE-TIME)")
    add(
        "--threads",
        type=whole(1),
        default=defaults.threads,
        metavar="N",
        help="processor threads; same seed and threads give the same weights (default: 1)",
    )
    add_share_options(parser)
    add("--debug", action="store_true", help="show tracebacks")
    _add_finer_choices(parser.add_argument_group("finer choices").add_argument, defaults)


def _add_finer_choices(add: Callable[..., object], defaults: Settings) -> None:
    add(
        "--drawn",
        type=whole(36),
        default=defaults.drawn,
        metavar="N",
        help="synthetic characters to train on (default: %(default)s)",
    )
    add(
        "--polarity",
        choices=("light-on-dark", "dark-on-light", "any"),
        help="polarity of the pictures in --data (default: measured)",
    )
    add("--batch", type=whole(1), default=defaults.batch, metavar="N", help="pictures in a step (default: %(default)s)")
    add("--learning-rate", type=number(1e-7, 1), metavar="X", help="highest learning rate of Adam (default: 0.001)")
    add("--dropout", type=number(0, 0.95), metavar="X", help="dropout after the first dense layer (default: 0.3)")
    for name, default in (("first-filters", 32), ("second-filters", 64), ("first-dense", 256), ("second-dense", 128)):
        add(
            f"--{name}",
            type=whole(1),
            metavar="N",
            help=f"size of this layer in the tuned network (default: {default})",
        )
    add(
        "--model-name",
        dest="name",
        metavar="NAME",
        default="",
        help="name of the model (default: that of the run's folder)",
    )
    add(
        "--model-version",
        dest="version",
        metavar="X.Y.Z",
        default=defaults.version,
        help="version of the model (default: %(default)s)",
    )


def resumed(
    options: argparse.Namespace, parser: argparse.ArgumentParser, parse: Callable[[], argparse.Namespace]
) -> argparse.Namespace:
    """Return the options of a resumed run: those recorded in its folder, unless the command line gives others.

    Args:
        parser: of these options; the recorded settings become its defaults. parse: parses the command line again.
    """
    folder = options.out or unfinished_run(Path("runs"))
    parser.set_defaults(**recorded_settings(folder, SETTINGS_FILE, Settings, parser))
    options = parse()
    options.out = folder
    return options


def execute(options: argparse.Namespace, arguments: Sequence[str], say: Callable[[str], None]) -> int:
    """Run `plate-train character` with parsed options and return the exit code."""
    from . import run as training

    require_extra()
    require_share(options)
    settings = Settings(**{entry.name: getattr(options, entry.name) for entry in fields(Settings)})
    settings.recipe()
    if options.preview:
        return _preview(settings, options.preview, say)
    say(STARTING)
    if options.worker is not None:
        training.work(settings, options.out or Path("runs") / "character-worker", options.worker, say)
        return 0
    folder: Path = options.out or Path("runs") / f"character-{datetime.now():%Y%m%d-%H%M%S}"
    try:
        training.run(settings, folder, options.resume, shlex.join([PROG, *arguments]), say, chief=options.chief)
    except KeyboardInterrupt:
        if (folder / FOLDER).exists():
            print(f"{PROG}: interrupted; continue with: {PROG} character --resume --out {folder}", file=sys.stderr)
        raise
    return 0


def _preview(settings: Settings, path: Path, say: Callable[[str], None]) -> int:
    from ..sheets import store_pages
    from .plots import preview
    from .run import gather, with_polarity

    settings, drawn = with_polarity(settings, say), settings.data is None
    material = gather(replace(settings, drawn=8 * len(ALPHABET)) if drawn else settings, say)
    strength, polarity = settings.recipe().augment, settings.spec().polarity
    pages = preview(material.train, strength, polarity, settings.seed, same=not drawn)
    print(f"every class as training sees it: {', '.join(map(str, store_pages(pages, path)))}")
    return 0
