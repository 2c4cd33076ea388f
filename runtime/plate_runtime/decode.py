"""Network output -> characters with calibrated confidence and alternatives.

No camera can tell O from 0 or I from 1 in many alphabets, so a confidence is the probability that the reading is
right with each of these pairs taken as one sign: the shares of both are summed.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .alphabet import TWINS

ALTERNATIVES = 3
"""Other signs that a character names at most."""
_WORTH_NAMING = 0.005
# One sign follows its twin, with no blank between, only where the network has no doubt about either.
_SURE = 0.9
# Of the sum over paths: what share is left out at a step, and from where on a blank is the only way.
_NEGLIGIBLE, _CERTAIN = 1e-5, 1 - 1e-4


@dataclass(frozen=True)
class Character:
    """One character as read: `confidence` is a probability; `alternatives` are (text, probability), best first."""

    text: str
    confidence: float
    alternatives: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True)
class Reading:
    """A whole plate as read: `confidence` is the probability, 0..1, that all of the text is right."""

    characters: tuple[Character, ...]
    confidence: float

    @property
    def text(self) -> str:
        """The characters in a row."""
        return "".join(character.text for character in self.characters)


def decode_softmax(probabilities: NDArray[np.float32], alphabet: str, temperature: float = 1.0) -> list[Character]:
    """Decode float32 (n, classes) as a softmax gives it, one class a sign of `alphabet`.

    The temperature divides the logits (Guo et al. 2017, "On Calibration of Modern Neural Networks").
    """
    calibrated = apply_temperature(probabilities, temperature)
    return _characters(calibrated, calibrated.argmax(axis=1).tolist(), alphabet)


def apply_temperature(probabilities: NDArray[np.float32], temperature: float) -> NDArray[np.float32]:
    """Return softmax(log(p) / temperature), float32 (n, classes); rows of zeros become uniform."""
    # An int8 output knows no probability below 1/256: the floor keeps its zeros from ruling the result.
    return _softmax(np.log(np.maximum(probabilities.astype(np.float64), 1e-6)) / temperature)


def decode_logits(logits: NDArray[np.float32], decoding: str, alphabet: str, temperature: float = 1.0) -> list[Reading]:
    """Decode the answers of a plate's network, float32 (n, steps, classes and blank), as its manifest says.

    Args:
        decoding: "ctc" or "slots"; see `decode_ctc` and `decode_slots`.
        temperature: divides the logits.

    Raises:
        ValueError: the decoding is another one, or the shape does not fit the alphabet.
    """
    if logits.ndim != 3 or logits.shape[2] != len(alphabet) + 1:
        raise ValueError(f"logits of shape {logits.shape} do not fit {len(alphabet)} signs and a blank")
    if decoding not in ("ctc", "slots"):
        raise ValueError(f"decoding {decoding!r} is not one of logits")
    return (decode_ctc if decoding == "ctc" else decode_slots)(logits, alphabet, temperature)


def decode_slots(logits: NDArray[np.float32], alphabet: str, temperature: float = 1.0) -> list[Reading]:
    """Decode logits float32 (n, steps, classes and blank), each step a character or, where blank wins, nothing.

    The plate's confidence is the product of all steps', blanks too: a missed character makes the text wrong.
    """
    readings = []
    for shares in _softmax(logits / temperature):
        merged = _merge_twins(shares, alphabet)
        groups = merged.argmax(axis=1)
        confidence = float(merged.max(axis=1).prod())
        steps = np.flatnonzero(groups != len(alphabet))
        signs = _signs(shares, groups, alphabet)[steps].tolist()
        characters = _characters(shares[steps, :-1], signs, alphabet)
        readings.append(Reading(tuple(characters), round(confidence, 4)))
    return readings


def decode_ctc(logits: NDArray[np.float32], alphabet: str, temperature: float = 1.0) -> list[Reading]:
    """Decode logits float32 (n, steps, classes and blank) by the best path of connectionist temporal classification.

    The likeliest sign of each step, repeats made one, blanks dropped: Graves et al. 2006, "Connectionist Temporal
    Classification", section 3.2. A sign that wavers between twins stays one. A character's probabilities are those of
    its clearest step; the plate's confidence is the text's probability, the sum over all paths that give it:

        p(text) = sum over paths that collapse to text of product over steps of p_step(sign of the path)

    by the forward recursion of section 4.1. Products of the clearest steps, with or without what lies between them,
    cost less and fitted worse; a search over prefixes instead of the best path read no more plates right.
    """
    return [_best_path(shares, alphabet) for shares in _softmax(logits / temperature)]


def _best_path(shares: NDArray[np.float32], alphabet: str) -> Reading:
    """Read the probabilities of one plate's steps, float32 (steps, classes and blank)."""
    blank = len(alphabet)
    merged = _merge_twins(shares, alphabet)
    groups = merged.argmax(axis=1)
    signs = _signs(shares, groups, alphabet)
    starts = _run_starts(shares, groups, signs)
    ends = np.append(starts[1:], len(groups))
    runs = [(start, end) for start, end in zip(starts, ends, strict=True) if groups[start] != blank]
    peaks = np.array([start + merged[start:end, groups[start]].argmax() for start, end in runs], np.intp)
    text = signs[peaks].tolist()
    confidence = _text_probability(merged, groups[peaks].tolist(), text)
    return Reading(tuple(_characters(shares[peaks, :-1], text, alphabet)), round(min(1.0, confidence), 4))


def _run_starts(shares: NDArray[np.float32], groups: NDArray[np.intp], signs: NDArray[np.intp]) -> NDArray[np.intp]:
    """First steps of the runs of one sign (steps,); a wavering between twins starts none."""
    changes = signs[1:] != signs[:-1]
    wavering = changes & (groups[1:] == groups[:-1])
    if wavering.any():
        sure = np.take_along_axis(shares, signs[:, None], 1)[:, 0] > _SURE
        changes &= ~wavering | (sure[1:] & sure[:-1])
    return np.concatenate([[0], np.flatnonzero(changes) + 1])


def _text_probability(merged: NDArray[np.float32], groups: list[int], signs: list[int]) -> float:
    """Sum the probabilities of all paths through (steps, classes and blank) that collapse to the text.

    States are the blanks and characters in turn, as in the paper's section 4.1. Nearly all of the sum runs through two
    or three of them at a time: the others are left out while they hold next to nothing.
    """
    blank = merged.shape[1] - 1
    states = [blank] * (2 * len(groups) + 1)
    states[1::2] = groups
    # Two empty states stand before the first one, so that looking back needs no exception.
    emitted = merged[:, [blank, blank, *states]].tolist()
    skips = [False] * (len(states) + 2)
    skips[3::2] = [number > 0 and sign != signs[number - 1] for number, sign in enumerate(signs)]
    forward = [0.0, 0.0, 1.0, *[0.0] * (len(states) - 1)]
    low = high = 2
    for step in emitted:
        if low == high and low % 2 == 0 and step[low] > _CERTAIN:  # most steps are sure blanks
            forward[low] *= step[low]
            continue
        high = min(high + 2, len(forward) - 1)
        for i in range(high, low - 1, -1):
            before = forward[i] + forward[i - 1] + (forward[i - 2] if skips[i] else 0.0)
            forward[i] = before * step[i]
        least = _NEGLIGIBLE * max(forward[low : high + 1])
        while low < high and forward[low] < least:
            forward[low] = 0.0
            low += 1
        while high > low and forward[high] < least:
            forward[high] = 0.0
            high -= 1
    return forward[-1] + (forward[-2] if groups else 0.0)


def _merge_twins(shares: NDArray[np.float32], alphabet: str) -> NDArray[np.float32]:
    """Give each pair's probability, (steps, classes and blank), to its first sign."""
    merged = shares.copy()
    for first, second in _twins(alphabet):
        merged[:, first] += merged[:, second]
        merged[:, second] = 0
    return merged


def _signs(shares: NDArray[np.float32], groups: NDArray[np.intp], alphabet: str) -> NDArray[np.intp]:
    """The likelier sign of each step (steps,), where `groups` knows only pairs."""
    signs = groups.copy()
    for first, second in _twins(alphabet):
        signs[(groups == first) & (shares[:, second] > shares[:, first])] = second
    return signs


@cache
def _twins(alphabet: str) -> list[tuple[int, int]]:
    return [
        (alphabet.index(one), alphabet.index(other)) for one, other in TWINS if one in alphabet and other in alphabet
    ]


def _characters(shares: NDArray[np.float32], signs: list[int], alphabet: str) -> list[Character]:
    """Describe the sign chosen in each row of (n, classes)."""
    named: list[list[tuple[str, float]]] = [[] for _ in signs]
    rows, classes = np.nonzero(shares >= _WORTH_NAMING)  # a handful: sorting all classes of all rows would cost more
    for row, sign, share in zip(rows.tolist(), classes.tolist(), shares[rows, classes].tolist(), strict=True):
        if sign != signs[row]:
            named[row].append((alphabet[sign], round(share, 4)))
    characters = []
    for row, (sign, others) in enumerate(zip(signs, named, strict=True)):
        confidence = sum(float(shares[row, twin]) for twin in _twins_of(sign, alphabet))
        others.sort(key=_by_share)
        characters.append(Character(alphabet[sign], round(min(1.0, confidence), 4), tuple(others[:ALTERNATIVES])))
    return characters


@cache
def _twins_of(sign: int, alphabet: str) -> tuple[int, ...]:
    """The sign and, where it has one, its twin."""
    return next((pair for pair in _twins(alphabet) if sign in pair), (sign,))


def _by_share(alternative: tuple[str, float]) -> float:
    return -alternative[1]


def _softmax(logits: NDArray[Any]) -> NDArray[np.float32]:
    """Softmax over the last axis, float32 of the same shape."""
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    shares: NDArray[np.float32] = (powers / powers.sum(axis=-1, keepdims=True)).astype(np.float32)
    return shares
