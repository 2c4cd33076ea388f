"""The most probable texts of one plate, made of what its segments spell."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from ..script import Script
from .segments import Spelling

MOST = 30
"""Texts that are kept: the right one is among them in 95 to 99 % of real crops."""
_LEAST = 1e-3
"""Of the most probable text's probability; what lies below cannot win by what the prior knows."""

_OPEN, _SPELLED = 0.004, 32


class Candidate(NamedTuple):
    """A text that may stand on the plate.

    Attributes:
        text: with the first of each group of confusables, O=0 and I=1.
        likelihood: what the network gives it, 0..1, summed over all paths and all of each group.
        others: for each character, how probable each of the others of its group is; none where it is in no group.
    """

    text: str
    likelihood: float
    others: tuple[tuple[float, ...], ...]

    def spell(self, script: Script) -> list[tuple[str, float]]:
        """Return the texts with each of a group, and their likelihoods; none is ever certain."""
        spelled = [("", self.likelihood)]
        for sign, others in zip(self.text, self.others, strict=True):
            if not others:
                spelled = [(text + sign, product) for text, product in spelled]
                continue
            shares = [min(max(share, _OPEN), 1 - _OPEN) for share in others]
            options = [(sign, max(_OPEN, 1 - sum(shares))), *zip(script.others(sign), shares, strict=True)]
            spelled = [(text + other, product * part) for text, product in spelled for other, part in options]
            if len(spelled) > _SPELLED:
                spelled = sorted(spelled, key=lambda one: (-one[1], one[0]))[:_SPELLED]
        return spelled


def combine(segments: Sequence[Sequence[Spelling]], certain: float, most: int = MOST) -> list[Candidate]:
    """Return the most probable texts, best first; `certain` is a factor of all of them.

    Texts that come about in several ways are one; how their confusables are spelled is that of the most probable.
    """
    found = [Candidate("", certain, ())]
    for spellings in segments:
        if len(spellings) == 1:
            text, share, others = spellings[0]
            found = [Candidate(one.text + text, one.likelihood * share, one.others + others) for one in found]
        else:
            found = _product(found, spellings, most)
    return found


def _product(found: Sequence[Candidate], spellings: Sequence[Spelling], most: int) -> list[Candidate]:
    least = _LEAST * found[0].likelihood * spellings[0].probability
    sums: dict[str, Candidate] = {}
    for before, likelihood, doubts in found:
        for text, share, others in spellings:
            product = likelihood * share
            if product < least:
                break  # both are sorted
            longer = before + text
            if (same := sums.get(longer)) is None:
                sums[longer] = Candidate(longer, product, doubts + others)
            else:  # the first way is not always the more probable one
                likelier = doubts + others if product > same.likelihood else same.others
                sums[longer] = Candidate(longer, same.likelihood + product, likelier)
    return sorted(sums.values(), key=lambda one: (-one.likelihood, one.text))[:most]
