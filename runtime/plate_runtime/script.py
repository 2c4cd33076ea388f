"""Text as people write it -> characters of an alphabet, once for labels, watch lists and searches."""

from __future__ import annotations

import unicodedata
from functools import lru_cache

from .alphabet import ALPHABET

# Letters of several scripts that look alike on a plate; the one that the alphabet has stands for all of them.
_LOOK_ALIKE = (
    "AАΑ", "BВΒ", "CСϹ", "EЕΕ", "HНΗ", "IІΙ", "JЈ", "KКΚ", "MМΜ", "NΝ", "OОΟ", "PРΡ", "SЅ", "TТΤ", "XХΧ", "YУΥ", "ZΖ",
)  # fmt: skip
# Letters with a stroke through them do not decompose as accented ones do.
_BASE = {"Ø": "O", "Đ": "D", "Ð": "D", "Ł": "L", "Ħ": "H", "Ŧ": "T", "Æ": "AE", "Œ": "OE", "ẞ": "SS"}
# What a label may say of a character that could not be read; dropping it would make another text of it.
_PLACEHOLDERS = "?*"
_SEPARATORS = "ZPSCM"  # blanks, punctuation, symbols, control characters, accents: first letters of Unicode categories


def to_characters(written: str, alphabet: str = ALPHABET, keep: str = "") -> str:
    """Return written text in characters of the alphabet, without blanks, hyphens and other separators.

    Case does not count. Accents are dropped (Ö becomes O), and a letter of another script becomes the one that looks
    like it (Cyrillic А becomes Latin A). Characters of `keep` stay as they are.

    Raises:
        ValueError: a letter or digit has no counterpart in the alphabet, or a `?` or `*` stands for one.
    """
    return "".join(_in_alphabet(character, alphabet, keep) for character in written)


def _in_alphabet(character: str, alphabet: str, keep: str) -> str:
    if character in keep:
        return character
    if character in _PLACEHOLDERS:
        raise ValueError(f"{character!r} stands for an unknown character; leave the text empty if it cannot be read")
    if found := _counterpart(character, alphabet):
        return found
    parts = "".join(_BASE.get(part, part) for part in unicodedata.normalize("NFKD", character.upper()))
    found = "".join(_counterpart(part, alphabet) for part in parts)
    if not found and unicodedata.category(character)[0] not in _SEPARATORS:
        raise ValueError(f"{character!r} is not on the plates that are read; write {_described(alphabet)}")
    return found


@lru_cache(maxsize=1024)  # plates are written in a few dozen characters, but a file may hold all of Unicode
def _counterpart(character: str, alphabet: str) -> str:
    """The character, its capital or its look-alike in the alphabet; "" where it has none."""
    capital = character.upper()
    for one in (character, capital):
        if one in alphabet and len(one) == 1:
            return one
    group = next((group for group in _LOOK_ALIKE if capital in group and len(capital) == 1), "")
    return next((one for one in group if one in alphabet), "")


def _described(alphabet: str) -> str:
    return "A-Z and 0-9" if alphabet == ALPHABET else f"one of {alphabet}"
