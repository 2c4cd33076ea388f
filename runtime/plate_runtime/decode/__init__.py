"""Network output -> characters with calibrated confidence and alternatives.

    logits -> segments (ctc, slots) -> candidates (beam) -> posterior, with the prior over texts -> Reading

In many alphabets O and 0, or I and 1, look the same. A confidence is therefore the probability that the reading is
right with each of these pairs taken as one character: the probabilities of both are summed.
"""

from __future__ import annotations

from .beam import Candidate
from .characters import ALTERNATIVES
from .logits import decode_logits, find_candidates, find_spellings
from .posterior import choose
from .prior import Prior, find_prior
from .softmax import apply_temperature, decode_softmax

__all__ = [
    "ALTERNATIVES",
    "Candidate",
    "Prior",
    "apply_temperature",
    "choose",
    "decode_logits",
    "decode_softmax",
    "find_candidates",
    "find_prior",
    "find_spellings",
]
