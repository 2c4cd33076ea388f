"""Numbers and alphabets on the command line, checked where they are read."""

from __future__ import annotations

import argparse
import unicodedata
from collections.abc import Callable


def whole(least: int) -> Callable[[str], int]:
    """Return a parser of whole numbers from `least` on."""

    def whole_number(text: str) -> int:
        value = int(text)
        if value < least:
            raise argparse.ArgumentTypeError(f"{value} is less than {least}")
        return value

    return whole_number


def characters(text: str) -> str:
    """Parse an alphabet: characters that can be seen, each once, at least two."""
    plain = unicodedata.normalize("NFC", text)
    if len(plain) < 2 or len(set(plain)) < len(plain) or not plain.isprintable() or " " in plain:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not an alphabet: give at least two characters, each once, no blanks"
        )
    return plain


def number(least: float, most: float) -> Callable[[str], float]:
    """Return a parser of numbers within `least` to `most`."""

    def any_number(text: str) -> float:
        value = float(text)
        if not least <= value <= most:
            raise argparse.ArgumentTypeError(f"{value} is not within {least} to {most}")
        return value

    return any_number
