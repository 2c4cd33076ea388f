"""The probability that a detection is a plate, given its text: names, badges and prices are detected and read too.

By Bayes' rule the odds of a plate are those of the detection times the likelihood ratio of the text: its probability on
plates over that on other lettering. Both are estimates and not independent, so each has a weight below 1. The weights
are a logistic regression on synthetic scenes and one half of real frames, see `benchmarks/reporting_rule.py`.
"""

from __future__ import annotations

import math

from .decode.background_texts import background_probability
from .decode.prior import find_prior
from .script import LATIN, Script

DETECTION, TEXT, OFFSET = 0.67, 0.58, -1.2
"""Weights of the logarithms of both, and the offset."""

LIMITS = (-5.0, 4.0)
"""Of the logarithm of a text's likelihood ratio: a text alone never decides."""

_LONGEST = 20
_CERTAIN = 0.9997
"""Greatest confidence of a detection; in int8 there is no higher one."""


def evidence(text: str, region: str | None = None) -> float:
    """Return the logarithm, within `LIMITS`, of the likelihood ratio of a text (A-Z, 0-9): on plates to elsewhere.

    Args:
        region: where plates come from, see `formats.find_region`; None for anywhere.
    """
    if len(text) > _LONGEST:
        return LIMITS[0]
    ratio = math.log(find_prior(region).density(text) / background_probability(text))
    return min(LIMITS[1], max(LIMITS[0], ratio))


def plate_probability(confidence: float, text: str, region: str | None = None, script: Script = LATIN) -> float:
    """Return the probability, 0..1, that a detection with this confidence and text is a plate.

    Texts elsewhere are known for A-Z and 0-9 only. In any other script the confidence is returned unchanged.
    """
    if confidence <= 0 or not script.is_latin:
        return max(0.0, confidence)
    confidence = min(confidence, _CERTAIN)
    detected = math.log(confidence / (1 - confidence))
    return 1 / (1 + math.exp(-(DETECTION * detected + TEXT * evidence(text, region) + OFFSET)))
