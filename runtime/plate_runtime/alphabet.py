"""The classes of the shipped networks, and the characters that look alike on plates."""

from __future__ import annotations

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
"""Class order of every model that ships: index 0 is "0", index 35 is "Z"."""

LOOK_ALIKE = (
    "0OОΟ", "1IІΙ", "AАΑ", "BВΒ", "CСϹ", "EЕΕ", "HНΗ", "JЈ", "KКΚ", "MМΜ", "NΝ", "PРΡ", "SЅ", "TТΤ", "XХΧ", "YУΥ",
    "ZΖ",
)  # fmt: skip
"""Digits and letters of three scripts that look the same on many plates, so that no camera distinguishes them."""

CONFUSED_PAIRS = (
    "0D", "0Q", "DQ", "0C", "0U", "17", "1L", "1T", "1J", "2Z", "27", "38", "3B", "4A", "5S", "56", "6G", "68", "6B",
    "7T", "7Z", "8B", "8S", "89", "BR", "BP", "CG", "EF", "EB", "FP", "GQ", "HN", "HM", "HW", "KX", "LE", "MN", "MW",
    "NW", "PR", "UV", "VY", "VW", "XY", "TY", "UJ",
)  # fmt: skip
"""Folded characters that differ on plates, but are confused where a picture is small, dark or dirty."""

LATIN_LIKE = {
    one: latin
    for group in LOOK_ALIKE
    for latin in group if latin.isascii() and latin.isalpha()
    for one in group if not one.isascii()
}  # fmt: skip
"""A Cyrillic or Greek letter -> the Latin one that looks like it."""

_FOLD = str.maketrans({other: group[0] for group in LOOK_ALIKE for other in group[1:]})


def confused_with(character: str) -> str:
    """Return the characters that a folded character is confused with, without itself and its look-alikes."""
    return "".join(pair.replace(character, "") for pair in CONFUSED_PAIRS if character in pair)


def fold(text: str) -> str:
    """Return `text` with the first of each group of confusables, O as 0 and I as 1, for comparisons of any script."""
    return text.translate(_FOLD)
