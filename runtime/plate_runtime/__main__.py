"""`python -m plate_runtime PICTURE ...`: read plate crops with nothing but this folder."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from .commandline import run
from .errors import InputError, UsageError

_USAGE = """usage: python -m plate_runtime [options] PICTURE ...
options: --as plate|character, --model FILE, --backend NAME, --region NAME

Read pictures of one plate (or one character) each; print TEXT<TAB>confidence<TAB>source.
A picture without a readable plate prints nothing. Exit codes: 0 done, 1 a picture could not be read, 2 wrong use.

example: python -m plate_runtime crop.jpg
"""
_OPTIONS = ("--as", "--model", "--backend", "--region")


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
    from .reader import PlateReader

    code = 0
    as_ = options.get("--as", "plate")
    with PlateReader(options.get("--model"), options.get("--backend", "auto"), as_=as_) as reader:
        for source in pictures:
            try:
                for plate in reader.read(source, as_, region=options.get("--region")):
                    print(f"{plate.text}\t{plate.confidence:.3f}\t{source}", flush=True)
            except InputError as error:
                print(f"plate_runtime: {error}", file=sys.stderr)
                code = error.exit_code
    return code


if __name__ == "__main__":
    run(command, "plate_runtime")
