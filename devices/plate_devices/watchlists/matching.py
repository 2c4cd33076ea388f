"""Which listed plate a reading is: exactly, by a pattern, or but for one doubtful character."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from plate_runtime.alphabet import fold

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from plate_devices.watchlists.plate_file import ListedPlate, PlateList

DOUBTFUL_BELOW = 0.95
"""Confidence of a character below which one of its alternatives may be the right one..."""
GUESSED_BELOW = 0.6
"""...and below which any sign may be, or none."""


class Match(NamedTuple):
    """A listed plate, and whether it matches as "exact", "pattern" or "fuzzy"."""

    kind: str
    listed: ListedPlate


def match(plate: Mapping[str, Any], listed: PlateList, fuzzy: bool) -> Match | None:
    """Return the listed plate that a plate of a record is, or None.

    Args:
        plate: as `records.plate_record` describes it.
        listed: the plates of a list; O is 0 and I is 1 in all comparisons. An exact match goes before patterns, and
            the first pattern of the list before others.
        fuzzy: one doubtful character may be another one, or none. Of several such plates the likeliest is taken, and
            where none is likelier, none: a guess between two people is worse than no answer.
    """
    text = plate["text"]
    if not text:
        return None
    if found := listed.exact.get(fold(text)):
        return Match("exact", found)
    for expression, found in listed.patterns:
        if expression.fullmatch(fold(text)):
            return Match("pattern", found)
    if not fuzzy:
        return None
    shares: dict[str, float] = {}
    for other, share in _variants(text, plate["characters"], listed.script.alphabet):
        if other in listed.exact:
            shares[other] = max(share, shares.get(other, 0.0))
    best = sorted(shares, key=lambda other: -shares[other])[:2]
    if not best or (len(best) == 2 and shares[best[0]] == shares[best[1]]):
        return None
    return Match("fuzzy", listed.exact[best[0]])


def _variants(text: str, characters: Sequence[Mapping[str, Any]], alphabet: str) -> Iterator[tuple[str, float]]:
    """Yield what the plate says where one doubtful character is read otherwise, folded, and how likely that is."""
    if len(characters) != len(text):
        return
    for place, character in enumerate(characters):
        before, after = text[:place], text[place + 1 :]
        if character["confidence"] < DOUBTFUL_BELOW:
            for sign, share in character["alternatives"]:
                yield fold(before + sign + after), share
        if character["confidence"] < GUESSED_BELOW:
            for sign in alphabet:
                yield fold(before + sign + after), 0.0
            if before or after:
                yield fold(before + after), 0.0
