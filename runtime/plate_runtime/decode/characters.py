"""A character with its alternatives."""

from __future__ import annotations

from collections.abc import Mapping

from ..alphabet import fold
from ..results import Character

ALTERNATIVES = 3
"""Other characters that a character names at most."""
WORTH_NAMING = 0.005
"""Least probability of an alternative."""


def describe(text: str, probabilities: Mapping[str, float]) -> Character:
    """Return the character `text`, with what else may stand in its place, of probabilities that sum to at most 1."""
    confidence = sum(share for other, share in probabilities.items() if fold(other) == fold(text))
    others = [
        (other, round(share, 4)) for other, share in probabilities.items() if other != text and share >= WORTH_NAMING
    ]
    others.sort(key=lambda other: (-other[1], other[0]))
    return Character(text, round(min(1.0, confidence), 4), tuple(others[:ALTERNATIVES]))
