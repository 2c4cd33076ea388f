"""A pattern of plate texts, which is compared with many texts at once."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

import numpy as np

from plate_devices.outputs.search_blocks import HASHED, encode
from plate_runtime.alphabet import confused_with, fold
from plate_runtime.script import LATIN

if TYPE_CHECKING:
    from numpy.typing import NDArray

LONGEST = 24
"""Most characters of a pattern; one bit of a state stands for each."""

ANY, GAP = "?", "*"
_LIKE = {ANY: "_", GAP: "%", "%": "\\%", "_": "\\_", "\\": "\\\\"}
_SEPARATORS = "ZPSCM"  # blanks, punctuation, symbols, control characters, accents: first letters of Unicode categories


class TextPattern:
    """Characters, `?` for one of any, and `*` for any number; O equals 0, and I equals 1.

    Attributes:
        text: folded; it has to hold more than `*`.
        fuzzy: whether one character may be another one that it is confused with.
        near: whether one character may be any other one, or be added.
    """

    def __init__(self, text: str, fuzzy: bool = False, near: bool = False) -> None:
        self.text, self.fuzzy, self.near = text, fuzzy, near
        # State `n` means: the first n characters are matched. A gap lets a state pass over any character.
        self._characters = [one for one in text if one != GAP]
        self._gaps = {len(part.replace(GAP, "")) for part in _beginnings(text) if part.endswith(GAP)}
        self._tables: tuple[NDArray[np.uint32], ...] | None = None
        self._parts = self._find_parts()
        inner = text.strip(GAP)
        is_part = GAP not in inner and text == f"{GAP}{inner}{GAP}" and bool(self._parts)
        self._is_plain = not (fuzzy or near) and (GAP not in text or is_part)  # the probe decides it

    def find(self, texts: NDArray[np.uint8]) -> NDArray[np.bool_]:
        """Return which texts match, bool (count,).

        Args:
            texts: uint8 (longest, count), encoded, one column a text; 0 after its end.
        """
        found = self._probe(texts)
        if len(texts) and not self.text.startswith(HASHED):
            found &= texts[0] != encode(HASHED)[0]
        places = np.flatnonzero(found)
        if len(places) and not self._is_plain:
            found[places] = self._step(texts[:, places])
        return found

    def _probe(self, texts: NDArray[np.uint8]) -> NDArray[np.bool_]:
        """Return which texts may match: those of the right length that have one part of the pattern."""
        width, count = texts.shape
        found = np.ones(count, bool)
        if not self._gaps:
            length = len(self._characters)
            if length > width:
                return np.zeros(count, bool)
            found = texts[length - 1] != 0
            if length + self.near < width:
                found &= texts[length + self.near] == 0
        if self._parts:
            has_part = _has_part(texts, *self._parts[0])
            for place, part in self._parts[1:]:
                has_part |= _has_part(texts, place, part)
            found &= has_part
        return found

    def _find_parts(self) -> list[tuple[int | None, str]]:
        """Return parts without a gap, of which every match has one, with their places; None where that varies.

        Where one character may differ, these are the halves of the longest part, of which one has no such character.
        """
        place: int | None = 0
        parts = []
        for part in self.text.split(GAP):
            parts.append((place, part))
            place = None
        place, part = max(parts, key=lambda found: len(found[1].replace(ANY, "")))
        if not part.replace(ANY, ""):
            return []
        if not self.fuzzy and not self.near:
            return [(place, part)]
        half = len(part) // 2
        halves = [(place, part[:half]), (None if place is None or self.near else place + half, part[half:])]
        return halves if all(found[1].replace(ANY, "") for found in halves) else []

    def _step(self, texts: NDArray[np.uint8]) -> NDArray[np.bool_]:
        """Return which texts match, all characters compared."""
        # Shift-And: one bit for each state, all texts in step (Baeza-Yates and Gonnet 1992); the states with one
        # character that differs beside those without (Wu and Manber 1992).
        right, gaps, other, added = self._tables or self._make_tables()
        same = np.ones(texts.shape[1], np.uint32)
        near = np.zeros(texts.shape[1], np.uint32)
        for column in texts:
            stay = gaps[column]
            if self.fuzzy or self.near:
                near = ((near << 1) & right[column]) | (near & stay) | ((same << 1) & other[column])
                near |= same & added[column]
            same = ((same << 1) & right[column]) | (same & stay)
        found: NDArray[np.bool_] = ((same | near) >> len(self._characters)) & 1 == 1
        return found

    def matches(self, text: str) -> bool:
        """Return whether a folded text matches."""
        states = {0: False}  # number of matched characters: whether a character differs
        for one in text:
            following: dict[int, bool] = {}
            for state, used in states.items():
                if state in self._gaps:
                    _add(following, state, used)
                if self.near and not used:
                    _add(following, state, True)
                if state < len(self._characters):
                    wanted = self._characters[state]
                    if wanted in (ANY, one):
                        _add(following, state + 1, used)
                    elif not used and (self.near or (self.fuzzy and one in confused_with(wanted))):
                        _add(following, state + 1, True)
            states = following
        return len(self._characters) in states

    def texts(self) -> list[str] | None:
        """Return the folded texts that match; None if there are many."""
        if self.near or ANY in self.text or GAP in self.text:
            return None
        return self._spellings()

    def likes(self) -> list[str]:
        """Return patterns for LIKE of SQL, of which each match meets one; `\\` is their escape character."""
        return ["".join(_LIKE.get(one, one) for one in text) for text in self._spellings()]

    def _spellings(self) -> list[str]:
        others = [
            self.text[:place] + other + self.text[place + 1 :]
            for place, one in enumerate(self.text)
            for other in self._others(one)
        ]
        added = [self.text[:place] + ANY + self.text[place:] for place in range(len(self.text) + 1)]
        return [self.text, *others, *(added if self.near else ())]

    def _others(self, one: str) -> str:
        """Return what a character of the pattern may be instead."""
        if self.near:
            return "" if one in (ANY, GAP) else ANY
        return confused_with(one) if self.fuzzy else ""

    def _make_tables(self) -> tuple[NDArray[np.uint32], ...]:
        """Return for each code: states that it leads to, that it leaves, that it leads to as another, and as added."""
        right, gaps, other, added = (np.zeros(256, np.uint32) for _ in range(4))
        gaps[:] = sum(1 << state for state in self._gaps)
        gaps[0] = 0xFFFFFFFF  # after the end of a text nothing changes
        if self.near:
            other[1:] = added[1:] = 0xFFFFFFFF
        for place, one in enumerate(self._characters):
            bit = np.uint32(1 << (place + 1))
            if one == ANY:
                right[1:] |= bit
                continue
            right[encode(one)[0]] |= bit
            for near in confused_with(one):
                other[encode(near)[0]] |= bit
        self._tables = right, gaps, other, added
        return self._tables


def _has_part(texts: NDArray[np.uint8], place: int | None, part: str) -> NDArray[np.bool_]:
    """Return which texts have a part at a place, None for any."""
    width, count = texts.shape
    starts = width - len(part) + 1 if place is None else 1
    first = place or 0
    if starts < 1 or first + len(part) > width:
        return np.zeros(count, bool)
    found = np.ones((starts, count), bool)
    for number, code in enumerate(encode(part), first):
        compared = texts[number : number + starts]
        found &= compared != 0 if part[number - first] == ANY else compared == code
    has_part: NDArray[np.bool_] = np.bitwise_or.reduce(found, axis=0)
    return has_part


def written_pattern(written: str, keep: str = ANY + GAP) -> str:
    """Return what a user wrote as folded capitals without separators, as `Script.to_characters` does.

    Raises:
        ValueError: nothing is left, or it is too long.
    """
    try:
        text = LATIN.to_characters(written, keep)
    except ValueError:  # another alphabet
        composed = unicodedata.normalize("NFC", written).upper()
        text = "".join(one for one in composed if one in keep or unicodedata.category(one)[0] not in _SEPARATORS)
    while GAP * 2 in text:
        text = text.replace(GAP * 2, GAP)
    if not text:
        raise ValueError(f"{written[:40]!r} has neither letters nor digits")
    if len(text) > LONGEST:
        raise ValueError(f"the text has more than {LONGEST} characters")
    return fold(text)


def _beginnings(text: str) -> list[str]:
    return [text[:end] for end in range(1, len(text) + 1)]


def _add(states: dict[int, bool], state: int, used: bool) -> None:
    states[state] = used and states.get(state, True)
