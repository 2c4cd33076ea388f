"""The characters that a model reads: its alphabet, its confusables, and written text folded into it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache

from .alphabet import ALPHABET, LOOK_ALIKE

# Letters with a stroke through them do not decompose as accented ones do.
_BASE = {"Ø": "O", "Đ": "D", "Ð": "D", "Ł": "L", "Ħ": "H", "Ŧ": "T", "Æ": "AE", "Œ": "OE", "ẞ": "SS"}
# They stand for an unreadable character in labels; dropping them would change the text.
_PLACEHOLDERS = "?*"
_SEPARATORS = "ZPSCM"  # blanks, punctuation, symbols, control characters, accents: first letters of Unicode categories


@dataclass(frozen=True)
class Script:
    """The characters that a model reads.

    Attributes:
        alphabet: one character a class, in the order of the output.
    """

    alphabet: str = ALPHABET

    @cached_property
    def confusables(self) -> tuple[str, ...]:
        """Groups of characters of the alphabet that look alike, each in the order of `LOOK_ALIKE`; none with one."""
        groups = ("".join(one for one in group if one in self.alphabet) for group in LOOK_ALIKE)
        return tuple(group for group in groups if len(group) > 1)

    @cached_property
    def confusable_classes(self) -> tuple[tuple[int, ...], ...]:
        """The same as places in the alphabet."""
        return tuple(tuple(map(self.alphabet.index, group)) for group in self.confusables)

    @cached_property
    def is_latin(self) -> bool:
        """Whether all characters are of A-Z and 0-9, with some of both: only for these is there a prior over texts."""
        return set(self.alphabet) <= set(ALPHABET) and not (self.alphabet.isalpha() or self.alphabet.isdecimal())

    @property
    def name(self) -> str:
        """The alphabet as messages name it."""
        return "A-Z and 0-9" if set(self.alphabet) == set(ALPHABET) else f"one of {self.alphabet}"

    def others(self, character: str) -> str:
        """Return the confusables of a character without itself; "" where it has none."""
        group = next((group for group in self.confusables if character in group), "")
        return group.replace(character, "")

    def to_characters(self, written: str, keep: str = "") -> str:
        """Return written text in characters of the alphabet, without blanks, hyphens and other separators.

        Case does not count. Accents are dropped where the alphabet has none (Ö becomes O), and a letter of another
        script becomes the one that looks like it (Cyrillic А becomes Latin A). Characters of `keep` stay as they are.

        Raises:
            ValueError: a letter or digit has no counterpart in the alphabet, or a `?` or `*` stands for one.
        """
        import unicodedata  # reading plates needs none of it

        composed = unicodedata.normalize("NFC", written)
        return "".join(self._folded(character, keep) for character in composed)

    def _folded(self, character: str, keep: str) -> str:
        import unicodedata

        if character in keep:
            return character
        if found := _counterpart(character, self.alphabet):
            return found
        if character in _PLACEHOLDERS:
            raise ValueError(
                f"{character!r} stands for an unknown character; leave the text empty if it cannot be read"
            )
        parts = "".join(_BASE.get(part, part) for part in unicodedata.normalize("NFKD", character.upper()))
        found = "".join(_counterpart(part, self.alphabet) for part in parts)
        if not found and unicodedata.category(character)[0] not in _SEPARATORS:
            raise ValueError(f"{character!r} is not on the plates that are read; write {self.name}")
        return found


LATIN = Script()
"""A-Z and 0-9, which the shipped models read."""


@lru_cache(maxsize=1024)  # plates have a few dozen characters, but a file may have all of Unicode
def _counterpart(character: str, alphabet: str) -> str:
    """The character, its capital, its small letter or its look-alike in the alphabet; "" where it has none."""
    capital = character.upper()
    for one in (character, capital, character.lower()):
        if one in alphabet and len(one) == 1:
            return one
    group = next((group for group in LOOK_ALIKE if capital in group and len(capital) == 1), "")
    return next((one for one in sorted(group, key=str.isdecimal) if one in alphabet), "")  # letters before 0 and 1
