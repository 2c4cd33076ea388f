"""Numbers, alphabets and files on the command line, checked where they are read."""

from __future__ import annotations

import argparse
import contextlib
import unicodedata
from collections.abc import Callable
from pathlib import Path

_MOST = 1_000_000_000  # NumPy and TensorFlow take seeds below 2**32


def whole(least: int) -> Callable[[str], int]:
    """Return a parser of whole numbers from `least` to a billion."""

    def whole_number(text: str) -> int:
        with contextlib.suppress(ValueError):
            if least <= int(text) <= _MOST:
                return int(text)
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from {least} to {_MOST}")

    return whole_number


def characters(text: str) -> str:
    """Parse an alphabet: characters that can be seen, each once, at least two."""
    plain = unicodedata.normalize("NFC", text)
    if len(plain) < 2 or len(set(plain)) < len(plain) or not plain.isprintable() or " " in plain:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not an alphabet: give at least two characters, each once, no blanks"
        )
    return plain


def png(text: str) -> Path:
    """Parse the name of a picture to write."""
    path = Path(text)
    if path.suffix.lower() != ".png" or path.is_dir():
        raise argparse.ArgumentTypeError(f"{text!r} is not the name of a picture to write, such as sheet.png")
    return path


def number(least: float, most: float) -> Callable[[str], float]:
    """Return a parser of numbers within `least` to `most`."""

    def any_number(text: str) -> float:
        with contextlib.suppress(ValueError):
            if least <= (value := float(text)) <= most:
                return value
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from {least} to {most}")

    return any_number
