"""`python -m plate_runtime PICTURE ...`: read plates with nothing but this folder."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from .command_line import run
from .errors import InputError, UsageError

_USAGE = f"""usage: python -m {__package__} [options] PICTURE ...
options: --as auto|frame|plate|character, --model FILE, --detector FILE, --backend NAME, --region NAME

Read number plates in pictures, or pictures of one plate or one character each; print TEXT<TAB>confidence<TAB>source.
Without --as: plates anywhere in the picture, or one plate that fills it. If models/ has no detector: one plate each.
A picture without a readable plate prints nothing. Exit codes: 0 done, 1 a picture could not be read, 2 wrong use.

example: python -m {__package__} crop.jpg
"""
_OPTIONS = ("--as", "--model", "--detector", "--backend", "--region")


def command(arguments: Sequence[str]) -> int:
    """Read the pictures named in `arguments` and return the exit code."""
    if not arguments or "-h" in arguments or "--help" in arguments:
        print(_USAGE, end="")
        return 0 if arguments else 2
    options: dict[str, str] = {}
    pictures = []
    rest = iter(arguments)
    for argument in rest:
        name, equals, value = argument.partition("=")
        if name in _OPTIONS:
            options[name] = value if equals else next(rest, "")
            if not options[name]:
                raise UsageError(f"{name} needs a value; try --help")
        elif argument.startswith("--") and argument != "--debug":
            raise UsageError(f"{argument} is unknown; try --help")
        elif argument != "--debug":
            pictures.append(argument)
    if not pictures:
        raise UsageError("nothing to read; name a picture")
    return _read(pictures, options)


def _read(pictures: Sequence[str], options: dict[str, str]) -> int:
    from .reader import MODES, PlateReader
    from .shipped import default_as

    code = 0
    backend = options.get("--backend", "auto")
    as_ = options.get("--as") or default_as(backend) or "plate"
    if as_ not in MODES:
        raise UsageError(f"--as {as_} is unknown; use {', '.join(MODES)}")
    with PlateReader(options.get("--model"), backend, as_=as_, detector=options.get("--detector")) as reader:
        for source in pictures:
            try:
                for plate in reader.read(source, as_, region=options.get("--region")):
                    print(f"{plate.text}\t{plate.confidence:.3f}\t{source}", flush=True)
            except InputError as error:
                print(f"{__package__}: {error}", file=sys.stderr)
                code = error.exit_code
    return code


if __name__ == "__main__":
    run(command, str(__package__))
