"""The classes of a character network, and the pairs no plate alphabet keeps apart."""

from __future__ import annotations

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
"""Class order of every model trained here: index 0 is "0", index 35 is "Z"."""

TWINS = (("0", "O"), ("1", "I"))
"""Signs that many plate alphabets draw alike, so that no camera can tell them apart."""

_FOLD = str.maketrans("OI", "01")


def fold(text: str) -> str:
    """Return `text` with O written as 0 and I as 1: many plate fonts draw each pair alike."""
    return text.translate(_FOLD)
