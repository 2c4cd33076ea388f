"""Doubtful characters settled by a region's formats, and what that does to the confidence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from .alphabet import fold
from .decode import ALTERNATIVES, Character, Reading
from .formats import settle

if TYPE_CHECKING:
    from .formats import Region

# Of what a sign that cannot stand there leaves over, where the network did not name the one that can.
_UNNAMED = 0.5


def settle_reading(characters: Sequence[Character], confidence: float, region: Region) -> Reading | None:
    """Return the reading as a format of the region spells it, or None where none fits.

    A character that changes takes its new sign's share of what the old sign leaves over, p(new) / (1 - p(old)): the
    format says that the old one cannot stand there. Where the network did not name the new sign, that is one half.
    The plate's confidence changes by the same factors. A change of O to 0 or I to 1 changes no confidence, since a
    confidence counts each pair as one sign.
    """
    text = settle(characters, region)
    if text is None:
        return None
    settled = tuple(_changed(character, sign) for character, sign in zip(characters, text, strict=True))
    for before, after in zip(characters, settled, strict=True):
        confidence *= after.confidence / max(before.confidence, 1e-6)
    return Reading(settled, round(min(1.0, confidence), 4))


def _changed(character: Character, sign: str) -> Character:
    if sign == character.text:
        return character
    named = dict(character.alternatives)
    others = tuple((text, share) for text, share in character.alternatives if text != sign)
    if fold(sign) == fold(character.text):
        return replace(character, text=sign, alternatives=_ordered((character.text, _own(character)), *others))
    rest = max(1.0 - character.confidence, 1e-6)
    share = min(1.0, _with_twin(sign, named) / rest) if sign in named else _UNNAMED
    return Character(sign, round(share, 4), _ordered((character.text, character.confidence), *others))


def _ordered(*alternatives: tuple[str, float]) -> tuple[tuple[str, float], ...]:
    return tuple(sorted(alternatives, key=lambda alternative: -alternative[1])[:ALTERNATIVES])


def _own(character: Character) -> float:
    """The probability of the sign itself, without its twin's."""
    twins = sum(share for text, share in character.alternatives if fold(text) == fold(character.text))
    return round(max(0.0, character.confidence - twins), 4)


def _with_twin(sign: str, named: dict[str, float]) -> float:
    return sum(share for text, share in named.items() if fold(text) == fold(sign))
