"""Network output -> characters with calibrated confidence and alternatives.

    logits -> segments (ctc, slots) -> candidates (beam) -> posterior, with the prior over texts -> Reading

No camera can tell O from 0 or I from 1 in many alphabets, so a confidence is the probability that the reading is
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
