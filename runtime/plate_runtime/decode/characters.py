"""A character with its alternatives."""

from __future__ import annotations

from collections.abc import Mapping

from ..alphabet import fold
from ..results import Character

ALTERNATIVES = 3
"""Alternatives of a character at most."""
WORTH_NAMING = 0.005
"""Least probability of an alternative."""


def describe(text: str, probabilities: Mapping[str, float]) -> Character:
    """Return the character `text` with its alternatives, from probabilities that sum to at most 1."""
    confidence = sum(value for other, value in probabilities.items() if fold(other) == fold(text))
    others = [
        (other, round(probability, 4))
        for other, probability in probabilities.items()
        if other != text and probability >= WORTH_NAMING
    ]
    others.sort(key=lambda other: (-other[1], other[0]))
    return Character(text, round(min(1.0, confidence), 4), tuple(others[:ALTERNATIVES]))
