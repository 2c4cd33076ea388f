"""`plate-train`: the command line of training."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any, NoReturn

from plate_runtime import command_line

from .option_parser import OptionParser

_PROG = "plate-train"

_EXAMPLES = """examples:
  plate-train fonts                                          fetch the fonts of synthetic pictures
  plate-train character                                      train on synthetic characters
  plate-train character --data characters --seeds 5          train on class folders, five times
  plate-train character --data characters --alphabet 0123456789ABEKMHOPCTYX
                                                             train on class folders of other characters
  plate-train character --data characters --trials 10        search sizes and learning rate first
  plate-train plate --hours 12 --out runs/reader             train the reader of whole plates on synthetic crops
  plate-train detector --hours 12 --out runs/detector        train the detector on synthetic scenes
  plate-train character --resume                             continue an interrupted search
  plate-train character --data characters --preview seen.png look at augmented pictures
  plate-train character --data characters --protocol mission --no-augment --seeds 5
                                                             keep the best epoch on val/
"""


def main() -> NoReturn:
    """Entry point of the console script."""
    command_line.run(command, _PROG)


def command(arguments: Sequence[str]) -> int:
    """Run `plate-train` with the given arguments and return the exit code."""
    from .characters import options as character  # only now: before `run`, Ctrl-C shows a traceback
    from .detector import options as detector
    from .plates import options as plate
    from .progress import say

    parser, character_parser = _parser()
    options = parser.parse_args(arguments)
    if options.what == "fonts":
        return _fonts(options.force)
    if options.what == "plate":
        return plate.execute(options, say)
    if options.what == "detector":
        return detector.execute(options, say)
    if options.resume:
        options = character.resumed(options, character_parser, lambda: parser.parse_args(arguments))
    return character.execute(options, arguments, say)


def _fonts(force: bool) -> int:
    from .synthetic.fonts import fetch

    print(f"fonts in {fetch(force)}")
    return 0


def _parser() -> tuple[argparse.ArgumentParser, argparse.ArgumentParser]:
    """Return the whole parser and the one of `character`, whose defaults a resumed run replaces."""
    from .characters import options as character
    from .detector import options as detector
    from .plates import options as plate

    parser = OptionParser(
        prog=_PROG,
        description="Train a network. The result is a .h5 with a report. Options: plate-train plate --help, and so on.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="store_true", help="print the version")
    what = parser.add_subparsers(dest="what", required=True, metavar="character|plate|detector|fonts")
    character_parser = _training(what, "character", "train the character network", character.EXAMPLES)
    character.add_options(character_parser)
    plate.add_options(_training(what, "plate", "train the reader of whole plates", plate.EXAMPLES))
    detector.add_options(_training(what, "detector", "train the plate detector for frames", detector.EXAMPLES))
    text = "fetch the fonts of synthetic pictures"
    where = "Fetch the fonts into $PLATE_EDGE_FONTS (default: ~/.cache/plate-edge/fonts), about 13 MB. Needed once."
    fonts = what.add_parser("fonts", help=text, description=where)
    fonts.add_argument("--force", action="store_true", help="fetch them again")
    fonts.add_argument("--debug", action="store_true", help="show tracebacks")
    return parser, character_parser


def _training(what: Any, name: str, text: str, examples: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = what.add_parser(
        name,
        help=text,
        description=f"{text[0].upper()}{text[1:]}.",
        epilog=examples,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    return parser


if __name__ == "__main__":
    main()
