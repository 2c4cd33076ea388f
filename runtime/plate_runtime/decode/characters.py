"""What reading one plate or one character results in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..alphabet import fold

ALTERNATIVES = 3
"""Other characters that a character names at most."""
WORTH_NAMING = 0.005
"""Least probability of an alternative."""


@dataclass(frozen=True)
class Character:
    """One character as read: `confidence` is a probability; `alternatives` are (text, probability), best first."""

    text: str
    confidence: float
    alternatives: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True)
class Reading:
    """A whole plate as read.

    Attributes:
        characters: those of the most probable text. confidence: the probability, 0..1, that all of it is right.
        raw_text: what the network alone finds most probable, without the prior over texts.
    """

    characters: tuple[Character, ...]
    confidence: float
    raw_text: str = ""

    @property
    def text(self) -> str:
        """The characters in a row."""
        return "".join(character.text for character in self.characters)


def describe(text: str, probabilities: Mapping[str, float]) -> Character:
    """Return the character `text`, with what else may stand in its place, of probabilities that sum to at most 1."""
    confidence = sum(share for other, share in probabilities.items() if fold(other) == fold(text))
    others = [
        (other, round(share, 4)) for other, share in probabilities.items() if other != text and share >= WORTH_NAMING
    ]
    others.sort(key=lambda other: (-other[1], other[0]))
    return Character(text, round(min(1.0, confidence), 4), tuple(others[:ALTERNATIVES]))
