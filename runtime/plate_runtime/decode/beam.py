"""The most probable texts of one plate, combined from the texts of its segments."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from ..script import Script
from .segments import Spelling

MOST = 30
"""Texts that are kept. The right one is among them in 95 to 99 % of real crops."""
_LEAST = 1e-3
"""Fraction of the highest likelihood. Texts below it cannot win by their weight in the prior."""

_Others = tuple[tuple[float, ...], ...]
_OPEN, _SPELLED = 0.004, 32


class Candidate(NamedTuple):
    """A possible text of the plate.

    Attributes:
        text: with the first of each group of confusables, O=0 and I=1.
        likelihood: its probability by the network, 0..1, summed over all paths and all confusables.
        others: for each character, the probability of each other one of its group; empty where it has no confusables.
    """

    text: str
    likelihood: float
    others: tuple[tuple[float, ...], ...]

    def spell(self, script: Script) -> list[tuple[str, float]]:
        """Return all spellings with their likelihoods: each character as itself and as its confusables."""
        spelled = [("", self.likelihood)]
        for character, others in zip(self.text, self.others, strict=True):
            if not others:
                spelled = [(text + character, product) for text, product in spelled]
                continue
            probabilities = [min(max(one, _OPEN), 1 - _OPEN) for one in others]
            options = [
                (character, max(_OPEN, 1 - sum(probabilities))),
                *zip(script.others(character), probabilities, strict=True),
            ]
            spelled = [(text + other, product * part) for text, product in spelled for other, part in options]
            if len(spelled) > _SPELLED:
                spelled = sorted(spelled, key=lambda one: (-one[1], one[0]))[:_SPELLED]
        return spelled


def combine(segments: Sequence[Sequence[Spelling]], certain: float, most: int = MOST) -> list[Candidate]:
    """Return the most probable texts, best first; each likelihood is multiplied by `certain`.

    Equal texts of several combinations become one, with the confusables of the most probable combination.
    """
    found = [Candidate("", certain, ())]
    for spellings in segments:
        if len(spellings) == 1:
            text, probability, others = spellings[0]
            found = [Candidate(one.text + text, one.likelihood * probability, one.others + others) for one in found]
        else:
            found = _product(found, spellings, most)
    return found


def _product(found: Sequence[Candidate], spellings: Sequence[Spelling], most: int) -> list[Candidate]:
    least = _LEAST * found[0].likelihood * spellings[0].probability
    sums: dict[str, tuple[float, float, _Others, _Others]] = {}  # text -> sum, and the most probable combination
    for before, likelihood, doubts in found:
        for text, probability, others in spellings:
            product = likelihood * probability
            if product < least:
                break  # both are sorted
            longer = before + text
            if (same := sums.get(longer)) is None:
                sums[longer] = product, product, doubts, others
            else:
                best = (product, doubts, others) if product > same[1] else same[1:]
                sums[longer] = same[0] + product, *best
    ranked = sorted(sums.items(), key=lambda one: (-one[1][0], one[0]))[:most]
    return [Candidate(text, likelihood, doubts + others) for text, (likelihood, _, doubts, others) in ranked]
