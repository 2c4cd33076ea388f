"""The steps of one plate cut where nothing stands for certain: short segments, and the texts each may spell.

A step at which the blank is certain is passed by every path, so what stands before and after it is independent, and the
probability of a text is the product over its segments. Nearly all of a plate's steps are such blanks.
"""

from __future__ import annotations

from itertools import permutations
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..script import Script

_CERTAIN = 1 - 1e-3
_NEGLIGIBLE = 2e-3
# One character follows its confusable, with no blank between, only where the network has no doubt about either.
_NO_DOUBT = 0.9
_PREFIXES, _OPTIONS = 12, 8
_LEAST = 1e-6


class Spelling(NamedTuple):
    """What a segment may spell.

    Attributes:
        text: with the first of each group of confusables, O=0 and I=1. probability: summed over all paths that give it.
        others: for each character, how probable each of the others of its group is; none where it is in no group.
    """

    text: str
    probability: float
    others: tuple[tuple[float, ...], ...]


def merge(probabilities: NDArray[np.float32], script: Script) -> NDArray[np.float32]:
    """Give the probability, (..., classes and blank), of each group of confusables to its first character."""
    merged = probabilities.copy()
    for first, *others in script.confusable_classes:
        for other in others:
            merged[..., first] += merged[..., other]
            merged[..., other] = 0
    return merged


def cut(
    probabilities: NDArray[np.float32], merged: NDArray[np.float32], script: Script, slots: bool = False
) -> tuple[list[list[Spelling]], float]:
    """Cut the steps of one plate, (steps, classes and blank), into segments.

    Within a segment, repeats are one character and blanks are dropped; a text's probability is the sum over all paths
    that collapse to it, by the prefix search of Graves et al. 2006, "Connectionist Temporal Classification".

    Args:
        merged: see `merge`. slots: every step is a segment of its own, a character or nothing.

    Returns:
        What each segment spells, most probable first, and the probability of the blanks between them.
    """
    alphabet, blank = script.alphabet, merged[:, -1]
    occupied = np.flatnonzero(blank < _CERTAIN)
    steps = occupied.tolist()
    options: list[list[tuple[str, float]]] = [[] for _ in steps]
    part = merged[occupied]
    rows, classes = np.nonzero(part > _NEGLIGIBLE)
    for row, number, share in zip(rows.tolist(), classes.tolist(), part[rows, classes].tolist(), strict=True):
        options[row].append((alphabet[number] if number < len(alphabet) else "", share))
    options = [sorted(row, key=_by_share)[:_OPTIONS] if len(row) > _OPTIONS else row for row in options]
    found, start = [], 0
    for end, step in enumerate(steps, 1):
        if slots or end == len(steps) or steps[end] > step + 1 or _follows(probabilities, step, script):
            found.append(_spell(options[start:end], probabilities[steps[start] : step + 1], script))
            start = end
    return found, float(blank[blank >= _CERTAIN].prod())


def _follows(probabilities: NDArray[np.float32], step: int, script: Script) -> bool:
    """Whether one of a group is certain at a step and another one at the next."""
    for group in script.confusable_classes:
        for one, other in permutations(group, 2):
            if probabilities[step, one] > _NO_DOUBT and probabilities[step + 1, other] > _NO_DOUBT:
                return True
    return False


def _spell(
    options: list[list[tuple[str, float]]], probabilities: NDArray[np.float32], script: Script
) -> list[Spelling]:
    """Search the prefixes of one segment; `options` are (character or "" for the blank, probability) of each step."""
    ends = {"": (1.0, 0.0)}  # prefix -> probability of the paths that end with a blank, and of those that do not
    for row in options:
        longer: dict[str, tuple[float, float]] = {}
        for prefix, (blank, own) in ends.items():
            for sign, share in row:
                if not sign:
                    _add(longer, prefix, (blank + own) * share, 0.0)
                elif prefix[-1:] == sign:
                    _add(longer, prefix, 0.0, own * share)
                    _add(longer, prefix + sign, 0.0, blank * share)
                else:
                    _add(longer, prefix + sign, 0.0, (blank + own) * share)
        ends = _most_probable(longer)
    spelled = [Spelling(text, sum(both), _others(text, probabilities, script)) for text, both in ends.items()]
    return sorted(spelled, key=lambda one: (-one.probability, one.text))


def _by_share(option: tuple[str, float]) -> float:
    return -option[1]


def _add(prefixes: dict[str, tuple[float, float]], prefix: str, blank: float, own: float) -> None:
    before = prefixes.get(prefix, (0.0, 0.0))
    prefixes[prefix] = before[0] + blank, before[1] + own


def _most_probable(prefixes: dict[str, tuple[float, float]]) -> dict[str, tuple[float, float]]:
    """Leave out prefixes that hold next to nothing, and those beyond the first `_PREFIXES`."""
    least = _NEGLIGIBLE * max(map(sum, prefixes.values()))
    kept = {prefix: both for prefix, both in prefixes.items() if sum(both) >= least and sum(both) > 0}
    if len(kept) <= _PREFIXES:
        return kept
    return dict(sorted(kept.items(), key=lambda one: (-sum(one[1]), one[0]))[:_PREFIXES])


def _others(text: str, probabilities: NDArray[np.float32], script: Script) -> tuple[tuple[float, ...], ...]:
    """Of each character, how probable the others of its group are where the network sees the group most clearly."""
    found: list[tuple[float, ...]] = [()] * len(text)
    for first, *others in script.confusable_classes:
        if script.alphabet[first] in text:
            total = probabilities[:, first].copy()
            for other in others:
                total += probabilities[:, other]
            places = [place for place, sign in enumerate(text) if sign == script.alphabet[first]]
            for place, step in zip(places, _peaks(total.tolist(), len(places)), strict=True):
                found[place] = tuple(max(_LEAST, float(probabilities[step, one] / total[step])) for one in others)
    return tuple(found)


def _peaks(shares: list[float], count: int) -> list[int]:
    """The clearest steps of `count` characters, in order; one step stands for several where there are fewer."""
    runs = [
        step
        for step, share in enumerate(shares)
        if share > max(shares[step - 1 : step], default=0.0) and share >= max(shares[step + 1 : step + 2], default=0.0)
    ]
    clearest = sorted(sorted(runs, key=lambda step: -shares[step])[:count])
    return clearest + clearest[-1:] * (count - len(clearest))
