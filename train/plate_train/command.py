"""`plate-train`: the command line of training."""

from __future__ import annotations

import argparse
import shlex
import sys
from collections.abc import Sequence
from dataclasses import fields, replace
from datetime import datetime
from pathlib import Path
from typing import Any, NoReturn

from plate_runtime import command_line
from plate_runtime.alphabet import ALPHABET

from .characters.run import Settings, run
from .detector import options as detector
from .loop.numbers import characters, number, whole
from .plates import options as plate
from .progress import STARTING, say

PROG = "plate-train"
_EXAMPLES = """examples:
  plate-train fonts                                          fetch the fonts that are drawn with
  plate-train character                                      train on drawings
  plate-train character --data characters --seeds 5          train on class folders, five times
  plate-train character --data characters --alphabet 0123456789ABEKMHOPCTYX
                                                             train on class folders of other characters
  plate-train character --data characters --trials 10        search sizes and learning rate first
  plate-train plate --hours 12 --out runs/reader             train the reader of whole plates on drawings
  plate-train detector --hours 12 --out runs/detector          train what finds plates in frames, on drawn scenes
  plate-train character --resume                             go on with an interrupted search
  plate-train character --data characters --preview seen.png look at the pictures as training changes them
  plate-train character --data characters --protocol mission --no-augment --seeds 5
                                                             the mission's way: best epoch on val/
"""


def main() -> NoReturn:
    """Entry point of the console script."""
    command_line.run(command, PROG)


def command(arguments: Sequence[str]) -> int:
    """Run `plate-train` with the given arguments and return the exit code."""
    parser, character = _parser()
    options = parser.parse_args(arguments)
    if options.what == "fonts":
        return _fonts(options.force)
    if options.what == "plate":
        return plate.execute(options, say)
    if options.what == "detector":
        return detector.execute(options, say)
    if options.resume:
        from .characters.run import unfinished_run
        from .loop.run_files import SETTINGS_FILE, recorded_settings

        options.out = options.out or unfinished_run(Path("runs"))
        folder = options.out
        character.set_defaults(**recorded_settings(folder, SETTINGS_FILE, Settings, character))
        options = parser.parse_args(arguments)
        options.out = folder
    return _character(options, arguments)


def _fonts(force: bool) -> int:
    from .synthetic.fonts import fetch

    print(f"fonts in {fetch(force)}")
    return 0


def _character(options: argparse.Namespace, arguments: Sequence[str]) -> int:
    from .networks.tensorflow_setup import require_extra

    require_extra()
    settings = Settings(**{entry.name: getattr(options, entry.name) for entry in fields(Settings)})
    settings.recipe()
    if options.preview:
        return _preview(settings, options.preview)
    say(STARTING)
    folder: Path = options.out or Path("runs") / f"character-{datetime.now():%Y%m%d-%H%M%S}"
    try:
        run(settings, folder, options.resume, shlex.join([PROG, *arguments]), say)
    except KeyboardInterrupt:
        if folder.exists():
            print(f"{PROG}: interrupted; go on with: {PROG} character --resume --out {folder}", file=sys.stderr)
        raise
    return 0


def _preview(settings: Settings, path: Path) -> int:
    from .characters.plots import preview
    from .characters.run import gather, with_polarity
    from .sheets import store_pages

    settings, drawn = with_polarity(settings, say), settings.data is None
    material = gather(replace(settings, drawn=8 * len(ALPHABET)) if drawn else settings, say)
    strength, polarity = settings.recipe().augment, settings.spec().polarity
    pages = preview(material.train, strength, polarity, settings.seed, same=not drawn)
    print(f"every class as training sees it: {', '.join(map(str, store_pages(pages, path)))}")
    return 0


def _parser() -> tuple[argparse.ArgumentParser, argparse.ArgumentParser]:
    """Return the whole parser and the one of `character`, whose defaults a resumed run replaces."""
    parser = argparse.ArgumentParser(
        prog=PROG,
        description="Train the models.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="store_true", help="print the version")
    what = parser.add_subparsers(dest="what", required=True, metavar="character|plate|detector|fonts")
    fonts = what.add_parser("fonts", help="fetch the fonts that characters are drawn with")
    fonts.add_argument("--force", action="store_true", help="fetch them again")
    fonts.add_argument("--debug", action="store_true", help="show tracebacks")
    plate.add_options(_training(what, "plate", "train the reader of whole plates", plate.EXAMPLES))
    detector.add_options(_training(what, "detector", "train what finds plates in frames", detector.EXAMPLES))
    character = _training(what, "character", "train the character network", _EXAMPLES)
    _add_character_options(character)
    return parser, character


def _training(what: Any, name: str, text: str, examples: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = what.add_parser(
        name, help=text, epilog=examples, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    return parser


def _add_character_options(parser: argparse.ArgumentParser) -> None:
    defaults = Settings()
    add = parser.add_argument
    add(
        "--data",
        metavar="DIR",
        help="train/ and val/ of class folders, class folders alone, or labels.csv; default: drawings",
    )
    add(
        "--alphabet",
        type=characters,
        metavar="CHARACTERS",
        help="what classes are taken from, in their order, such as 0123456789АБВ (default: 0-9 A-Z)",
    )
    add("--model", choices=("baseline", "tuned"), default=defaults.model, help="the network (default: %(default)s)")
    add(
        "--trials",
        type=whole(0),
        default=0,
        metavar="N",
        help="search so many random choices first (default: no search)",
    )
    add("--epochs", type=whole(1), metavar="N", help="at most; default 60, for drawings 30")
    add("--seed", type=whole(0), default=0, metavar="N", help="the first seed (default: %(default)s)")
    add("--seeds", type=whole(1), default=1, metavar="N", help="train so many times; the first is saved (default: 1)")
    add("--resume", action="store_true", help="go on with the search of --out, or of the newest unfinished run")
    add("--preview", type=Path, metavar="FILE", help="draw the pictures as training changes them, and stop")
    add(
        "--protocol",
        choices=("honest", "mission"),
        default=defaults.protocol,
        help="honest: val/ is only scored; mission: best epoch on val/",
    )
    add(
        "--augment",
        type=number(0, 3),
        metavar="FACTOR",
        help="how far pictures are changed; default 1, for drawings 0.5",
    )
    add("--no-augment", dest="augment", action="store_const", const=0.0, help="leave the pictures as they are")
    add("--from", dest="start", metavar="MODEL", help="start from the weights of this .h5")
    add("--out", type=Path, metavar="RUN", help="folder of the results; default runs/character-DATE-TIME")
    add(
        "--threads",
        type=whole(1),
        default=defaults.threads,
        metavar="N",
        help="same seed and threads, same weights (default: 1)",
    )
    add("--debug", action="store_true", help="show tracebacks")
    more = parser.add_argument_group("finer choices")
    add = more.add_argument
    add(
        "--drawn",
        type=whole(36),
        default=defaults.drawn,
        metavar="N",
        help="drawings to train on (default: %(default)s)",
    )
    add(
        "--polarity",
        choices=("light-on-dark", "dark-on-light", "any"),
        help="of the pictures in --data (default: measured)",
    )
    add("--batch", type=whole(1), default=defaults.batch, metavar="N", help="pictures a step (default: %(default)s)")
    add("--learning-rate", type=number(1e-7, 1), metavar="X", help="Adam's, at its highest (default: 0.001)")
    add("--dropout", type=number(0, 0.95), metavar="X", help="after the first dense layer (default: 0.3)")
    for name, default in (("first-filters", 32), ("second-filters", 64), ("first-dense", 256), ("second-dense", 128)):
        add(f"--{name}", type=whole(1), metavar="N", help=f"size in the tuned network (default: {default})")
    add("--model-name", dest="name", metavar="NAME", default="", help="of the model (default: the folder's)")
    add(
        "--model-version",
        dest="version",
        metavar="X.Y.Z",
        default=defaults.version,
        help="of the model (default: %(default)s)",
    )
