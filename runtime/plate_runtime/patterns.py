r"""The pattern language for serials of number plates.

L        a letter, of `letters` where the format names some
9        a digit
*        a letter or a digit
[A-D15]  one of these characters
{name}   one string of the region's list of that name
\B       the character B itself
" " "-" "." "·"   separators, which are on the plate but not in its text
/        the start of the lower row
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
DIGITS = "0123456789"
SEPARATORS = " -.·"
_PIECE = re.compile(r"(?P<class>\[[^]]*\])|(?P<list>\{[^}]*\})|(?P<literal>\\.)|(?P<plain>.)", re.DOTALL)
_WORD = re.compile("[A-Z0-9]+")
_RANGE = re.compile(r"([A-Z0-9])(?:-([A-Z0-9]))?")


@dataclass(frozen=True)
class Token:
    """A piece of a pattern; a text has one of its `choices`.

    kind: "characters": choices are single characters. "words": strings, maybe of several lengths. "separator" and
    "break": one string, on the plate (a gap, a dash; the next row) but not in the text.
    """

    kind: Literal["characters", "words", "separator", "break"]
    choices: tuple[str, ...]

    @property
    def read(self) -> bool:
        """Whether it is part of the text that a reader returns."""
        return self.kind in ("characters", "words")


def parse_pattern(
    pattern: str, letters: str = LETTERS, lists: Mapping[str, Sequence[str]] | None = None
) -> tuple[Token, ...]:
    """Turn a pattern into tokens. Raises ValueError, one sentence, for a pattern that is not of this language."""
    if not letters or len(set(letters)) < len(letters) or not set(letters) <= set(LETTERS):
        raise ValueError(f"letters {letters!r} have to be some of A-Z, each once")
    tokens = tuple(_token(match, letters, lists or {}) for match in _PIECE.finditer(pattern))
    if not any(token.read for token in tokens):
        raise ValueError("it has no characters")
    return tokens


def expression(tokens: Sequence[Token]) -> re.Pattern[str]:
    """Return the regular expression of the texts that the tokens stand for, without separators."""
    parts = (
        f"[{''.join(t.choices)}]" if t.kind == "characters" else f"(?:{'|'.join(t.choices)})" for t in tokens if t.read
    )
    return re.compile("".join(parts))


def _token(match: re.Match[str], letters: str, lists: Mapping[str, Sequence[str]]) -> Token:
    piece = match.group()
    if match["class"]:
        return Token("characters", tuple(_characters(piece[1:-1])))
    if match["list"]:
        return Token("words", _words(piece[1:-1], lists))
    if match["literal"]:
        return Token("characters", tuple(_characters(piece[1:])))
    return _plain(piece, letters)


@cache
def _plain(piece: str, letters: str) -> Token:
    """Return the token of a single character of the language; each is made once."""
    meanings = {"L": letters, "9": DIGITS, "*": letters + DIGITS}
    if piece in meanings:
        return Token("characters", tuple(meanings[piece]))
    if piece == "/":
        return Token("break", ("/",))
    if piece in SEPARATORS:
        return Token("separator", (piece,))
    raise ValueError(f"{piece!r} means nothing here; write \\{piece} for the character itself")


def _characters(inside: str) -> str:
    ranges = _RANGE.findall(inside)
    characters = "".join("".join(map(chr, range(ord(first), ord(last or first) + 1))) for first, last in ranges)
    if not characters.isalnum() or _RANGE.sub("", inside) or len(set(characters)) < len(characters):
        raise ValueError(f"[{inside}] is not a set of the characters A-Z and 0-9, each once")
    return characters


def _words(name: str, lists: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    if name not in lists:
        raise ValueError(f"there is no list {name!r}")
    words = tuple(lists[name])
    if not words or len(set(words)) < len(words) or not all(map(_WORD.fullmatch, words)):
        raise ValueError(f"list {name!r} has to hold strings of A-Z and 0-9, each once")
    return words
