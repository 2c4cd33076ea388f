r"""The language that serials of number plates are described in.

L        a letter, of `letters` where the format names some
9        a digit
*        a letter or a digit
[A-D15]  one of these signs
{name}   one string of the region's list of that name
\B       the sign B itself
" " "-" "." "·"   separators, which are painted but not read
/        where the lower row starts
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
_PIECE = re.compile(r"(?P<class>\[[^]]*\])|(?P<list>\{[^}]*\})|(?P<literal>\\.)|(?P<sign>.)", re.DOTALL)
_WORD = re.compile("[A-Z0-9]+")
_RANGE = re.compile(r"([A-Z0-9])(?:-([A-Z0-9]))?")


@dataclass(frozen=True)
class Token:
    """A piece of a pattern, of which one of `choices` is written.

    kind: "signs": choices are single signs; "words": strings, maybe of several lengths; "separator" and "break": one
    string, painted (a gap, a dash; the next row) but no part of the text.
    """

    kind: Literal["signs", "words", "separator", "break"]
    choices: tuple[str, ...]

    @property
    def read(self) -> bool:
        """Whether it is part of the text that a reader returns."""
        return self.kind in ("signs", "words")


def parse_pattern(
    pattern: str, letters: str = LETTERS, lists: Mapping[str, Sequence[str]] | None = None
) -> tuple[Token, ...]:
    """Turn a pattern into tokens. Raises ValueError, one sentence, where it is not of this language."""
    if not letters or len(set(letters)) < len(letters) or not set(letters) <= set(LETTERS):
        raise ValueError(f"letters {letters!r} have to be some of A-Z, each once")
    tokens = tuple(_token(match, letters, lists or {}) for match in _PIECE.finditer(pattern))
    if not any(token.read for token in tokens):
        raise ValueError("nothing in it is read")
    return tokens


def expression(tokens: Sequence[Token]) -> re.Pattern[str]:
    """Return the regular expression of the texts that the tokens stand for, separators left out."""
    parts = (f"[{''.join(t.choices)}]" if t.kind == "signs" else f"(?:{'|'.join(t.choices)})" for t in tokens if t.read)
    return re.compile("".join(parts))


def _token(match: re.Match[str], letters: str, lists: Mapping[str, Sequence[str]]) -> Token:
    piece = match.group()
    if match["class"]:
        return Token("signs", tuple(_signs(piece[1:-1])))
    if match["list"]:
        return Token("words", _words(piece[1:-1], lists))
    if match["literal"]:
        return Token("signs", tuple(_signs(piece[1:])))
    return _plain(piece, letters)


@cache
def _plain(piece: str, letters: str) -> Token:
    """The token of one sign of the language; nearly all are one of a few, so each is made once."""
    meanings = {"L": letters, "9": DIGITS, "*": letters + DIGITS}
    if piece in meanings:
        return Token("signs", tuple(meanings[piece]))
    if piece == "/":
        return Token("break", ("/",))
    if piece in SEPARATORS:
        return Token("separator", (piece,))
    raise ValueError(f"{piece!r} means nothing here; a sign itself is written \\{piece}")


def _signs(inside: str) -> str:
    ranges = _RANGE.findall(inside)
    signs = "".join("".join(map(chr, range(ord(first), ord(last or first) + 1))) for first, last in ranges)
    if not signs.isalnum() or _RANGE.sub("", inside) or len(set(signs)) < len(signs):
        raise ValueError(f"[{inside}] is no set of the signs A-Z and 0-9, each once")
    return signs


def _words(name: str, lists: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    if name not in lists:
        raise ValueError(f"there is no list {name!r}")
    words = tuple(lists[name])
    if not words or len(set(words)) < len(words) or not all(map(_WORD.fullmatch, words)):
        raise ValueError(f"list {name!r} has to hold strings of A-Z and 0-9, each once")
    return words
