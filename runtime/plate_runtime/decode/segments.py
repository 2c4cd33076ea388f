"""The steps of one plate, split at certain blanks into short segments, and the possible texts of each segment.

Every path passes a step with a certain blank, so the steps before it and after it are independent. The probability of a
text is therefore the product over its segments. Nearly all steps of a plate are certain blanks.
"""

from __future__ import annotations

from collections import defaultdict
from itertools import permutations
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..script import Script

_CERTAIN = 1 - 1e-3
_NEGLIGIBLE = 2e-3
# A character directly follows its confusable, without a blank, only where the network is certain of both.
_NO_DOUBT = 0.9
_PREFIXES, _OPTIONS = 12, 8
_LEAST = 1e-6


class Spelling(NamedTuple):
    """A possible text of a segment.

    Attributes:
        text: with the first of each group of confusables, O=0 and I=1. probability: summed over all paths that give it.
        others: for each character, the probability of each other one of its group; empty where it has no confusables.
    """

    text: str
    probability: float
    others: tuple[tuple[float, ...], ...]


def merge(probabilities: NDArray[np.float32], script: Script) -> NDArray[np.float32]:
    """Return probabilities, (..., classes and blank), with each group of confusables summed in its first character."""
    merged = probabilities.copy()
    for first, *others in script.confusable_classes:
        for other in others:
            merged[..., first] += merged[..., other]
            merged[..., other] = 0
    return merged


def split_steps(
    probabilities: NDArray[np.float32], merged: NDArray[np.float32], script: Script, slots: bool = False
) -> tuple[list[list[Spelling]], float]:
    """Split the steps of one plate, (steps, classes and blank), into segments.

    Within a segment, repeats are one character and blanks are dropped; a text's probability is the sum over all paths
    that collapse to it, by the prefix search of Graves et al. 2006, "Connectionist Temporal Classification".

    Args:
        merged: see `merge`. slots: every step is one segment, a character or a blank.

    Returns:
        The texts of each segment, most probable first, and the probability of the blanks between the segments.
    """
    alphabet, blank = script.alphabet, merged[:, -1]
    occupied = np.flatnonzero(blank < _CERTAIN)
    steps = occupied.tolist()
    options: list[list[tuple[str, float]]] = [[] for _ in steps]
    part = merged[occupied]
    rows, classes = np.nonzero(part > _NEGLIGIBLE)
    for row, number, probability in zip(rows.tolist(), classes.tolist(), part[rows, classes].tolist(), strict=True):
        options[row].append((alphabet[number] if number < len(alphabet) else "", probability))
    options = [sorted(row, key=_by_probability)[:_OPTIONS] if len(row) > _OPTIONS else row for row in options]
    splits = _doubtless_pairs(probabilities, script)
    found, start = [], 0
    for end, step in enumerate(steps, 1):
        if slots or end == len(steps) or steps[end] > step + 1 or step in splits:
            found.append(_spell(options[start:end], probabilities[steps[start] : step + 1], script))
            start = end
    return found, float(blank[blank >= _CERTAIN].prod(dtype=np.float64))


def _doubtless_pairs(probabilities: NDArray[np.float32], script: Script) -> set[int]:
    """Return the steps with a certain character whose confusable is certain at the next step."""
    if not script.confusable_classes:
        return set()
    certain = probabilities > _NO_DOUBT
    pairs = [pair for group in script.confusable_classes for pair in permutations(group, 2)]
    ones, others = zip(*pairs, strict=True)
    return set(np.flatnonzero((certain[:-1, ones] & certain[1:, others]).any(axis=1)).tolist())


def _spell(
    options: list[list[tuple[str, float]]], probabilities: NDArray[np.float32], script: Script
) -> list[Spelling]:
    """Search the prefixes of one segment; `options` are (character or "" for the blank, probability) of each step."""
    ends = [("", 1.0, 0.0)]  # prefix, probability of the paths that end with a blank, and of those that do not
    for row in options:
        blanks, owns = defaultdict[str, float](float), defaultdict[str, float](float)
        for prefix, blank, own in ends:
            both, last = blank + own, prefix[-1:]
            for character, probability in row:
                if not character:
                    blanks[prefix] += both * probability
                elif character == last:
                    owns[prefix] += own * probability
                    owns[prefix + character] += blank * probability
                else:
                    owns[prefix + character] += both * probability
        ends = _most_probable(blanks, owns)
    spelled = [Spelling(text, blank + own, _others(text, probabilities, script)) for text, blank, own in ends]
    return sorted(spelled, key=lambda one: (-one.probability, one.text))


def _by_probability(option: tuple[str, float]) -> float:
    return -option[1]


def _most_probable(blanks: dict[str, float], owns: dict[str, float]) -> list[tuple[str, float, float]]:
    """Omit prefixes of negligible probability, and all but the best `_PREFIXES`."""
    sums = owns.copy()
    for prefix, probability in blanks.items():
        sums[prefix] = probability + sums.get(prefix, 0.0)
    least = _NEGLIGIBLE * max(sums.values())
    kept = [prefix for prefix, probability in sums.items() if probability >= least and probability > 0]
    if len(kept) > _PREFIXES:
        kept = sorted(kept, key=lambda prefix: (-sums[prefix], prefix))[:_PREFIXES]
    return [(prefix, blanks.get(prefix, 0.0), owns.get(prefix, 0.0)) for prefix in kept]


def _others(text: str, probabilities: NDArray[np.float32], script: Script) -> tuple[tuple[float, ...], ...]:
    """Return for each character the probabilities of its confusables, at the step where its group is most probable."""
    found: list[tuple[float, ...]] = [()] * len(text)
    for first, *others in script.confusable_classes:
        if script.alphabet[first] in text:
            total = probabilities[:, first].copy()
            for other in others:
                total += probabilities[:, other]
            places = [place for place, character in enumerate(text) if character == script.alphabet[first]]
            for place, step in zip(places, _peaks(total.tolist(), len(places)), strict=True):
                found[place] = tuple(max(_LEAST, float(probabilities[step, one] / total[step])) for one in others)
    return tuple(found)


def _peaks(values: list[float], count: int) -> list[int]:
    """Return the clearest steps of `count` characters, in order; with fewer peaks, the last one is repeated."""
    runs = [
        step
        for step, value in enumerate(values)
        if value > max(values[step - 1 : step], default=0.0) and value >= max(values[step + 1 : step + 2], default=0.0)
    ]
    clearest = sorted(sorted(runs, key=lambda step: -values[step])[:count])
    return clearest + clearest[-1:] * (count - len(clearest))
