"""Logits of whole plates -> readings."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from ..results import Reading
from ..script import Script
from .beam import Candidate, combine
from .posterior import choose
from .prior import find_prior
from .segments import merge, split_steps
from .softmax import softmax


def decode_logits(
    logits: NDArray[np.float32],
    decoding: str,
    script: Script,
    temperature: float = 1.0,
    region: str | None = None,
) -> list[Reading]:
    """Decode the logits of a plate's network, float32 (n, steps, classes and blank), by the rule of its manifest.

    Args:
        decoding: "ctc": repeats are one character, blanks are dropped; "slots": each step is a character or a blank.
        temperature: divides the logits.
        region: where the plates come from, see `formats.find_region`; None for anywhere.

    Raises:
        UsageError: see `find_prior`.
        ValueError: the decoding is another one, the shape does not fit the alphabet, or a number is not finite.
    """
    prior = find_prior(region, script)
    return [choose(found, prior) for found in find_candidates(logits, decoding, script, temperature)]


def find_candidates(
    logits: NDArray[np.float32], decoding: str, script: Script, temperature: float = 1.0
) -> list[list[Candidate]]:
    """Return for each plate the most probable texts by the network alone, best first.

    See `decode_logits` for arguments and errors.
    """
    if logits.ndim != 3 or logits.shape[2] != len(script.alphabet) + 1:
        raise ValueError(f"logits of shape {logits.shape} do not fit {len(script.alphabet)} characters and a blank")
    if decoding not in ("ctc", "slots"):
        raise ValueError(f"decoding {decoding!r} is not one of logits")
    if not temperature > 0 or not np.isfinite(logits.max(axis=2)).all():
        raise ValueError("logits and their temperature have to be finite; a class may be at minus infinity")
    found = []
    # Rounded from float64, probabilities are equal with every NumPy and processor; the last bit decides no tie.
    probabilities = (softmax(logits.astype(np.float64) / temperature) @ _confusion(script)).astype(np.float32)
    for one, merged in zip(probabilities, merge(probabilities, script), strict=True):
        found.append(combine(*split_steps(one, merged, script, decoding == "slots")))
    return found


@cache
def _confusion(script: Script) -> NDArray[np.float64]:
    """Return the probability of each true class where the network is certain of another one, (predicted, true)."""
    settings, alphabet = find_prior(None, script).settings, script.alphabet
    matrix = np.eye(len(alphabet) + 1)
    for one, other in settings["mistaken"]:
        if one in alphabet and other in alphabet:
            matrix[alphabet.index(one), alphabet.index(other)] = settings["mistakes"]
            matrix[alphabet.index(other), alphabet.index(one)] = settings["mistakes"]
    normalised: NDArray[np.float64] = matrix / matrix.sum(axis=1, keepdims=True)
    return normalised


def find_spellings(probabilities: NDArray[np.float32], script: Script) -> list[Candidate]:
    """Return the texts of a row of characters, float32 (n, classes) calibrated probabilities, best first."""
    steps = np.pad(probabilities, ((0, 0), (0, 1)))  # there is no blank among them
    return combine(*split_steps(steps, merge(steps, script), script, slots=True))
