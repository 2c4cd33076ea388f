"""Matches a reading with listed plates: exactly, by a pattern, or except for one uncertain character."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from plate_devices.watchlists.validity import UNKNOWN
from plate_runtime.alphabet import fold

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from plate_devices.watchlists.plate_file import ListedPlate, PlateList

UNCERTAIN_BELOW = 0.95
"""Confidence of a character below which its alternatives are tried."""

UNKNOWN_BELOW = 0.6
"""Confidence of a character below which every character is tried, and none."""


class Match(NamedTuple):
    """A listed plate, and whether it matches as "exact", "pattern" or "fuzzy"."""

    kind: str
    listed: ListedPlate


def match(plate: Mapping[str, Any], listed: PlateList, fuzzy: bool, at: float = UNKNOWN) -> Match | None:
    """Return the listed plate that matches a plate of a record, None where none does.

    Args:
        plate: as returned by `records.plate_record`.
        listed: the plates of a list. O equals 0, and I equals 1. An exact match has priority over patterns, and
            earlier patterns over later ones.
        fuzzy: one uncertain character may be another one, or none. The most probable plate is returned, None if two
            are equally probable: a match with the wrong person is worse than no match.
        at: time of the reading in seconds since 1970. Only plates that are valid then match.
    """
    text = plate["text"]
    if not text:
        return None
    if found := listed.find(fold(text), at):
        return Match("exact", found)
    for expression, found in listed.patterns:
        if found.is_valid(at) and expression.fullmatch(fold(text)):
            return Match("pattern", found)
    if not fuzzy:
        return None
    probabilities: dict[ListedPlate, float] = {}
    for other, probability in _variants(text, plate["characters"], listed.script.alphabet):
        if near := listed.find(other, at):
            probabilities[near] = max(probability, probabilities.get(near, 0.0))
    best = sorted(probabilities, key=lambda near: -probabilities[near])[:2]
    if not best or (len(best) == 2 and probabilities[best[0]] == probabilities[best[1]]):
        return None
    return Match("fuzzy", best[0])


def _variants(text: str, characters: Sequence[Mapping[str, Any]], alphabet: str) -> Iterator[tuple[str, float]]:
    """Yield folded texts with one uncertain character replaced, and their probabilities."""
    if len(characters) != len(text):
        return
    for place, character in enumerate(characters):
        before, after = text[:place], text[place + 1 :]
        if character["confidence"] < UNCERTAIN_BELOW:
            for other, probability in character["alternatives"]:
                yield fold(before + other + after), probability
        if character["confidence"] < UNKNOWN_BELOW:
            for other in alphabet:
                yield fold(before + other + after), 0.0
            if before or after:
                yield fold(before + after), 0.0
