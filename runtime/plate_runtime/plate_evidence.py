"""How probable it is that there is a plate, once its text is known: names, badges and prices are found and read, too.

By Bayes' rule the odds of a plate are those of the detection times how much more probable the text is on plates than
on other lettering. Neither is known to the full, and a detector is confident of what looks like a plate whatever stands
on it, so both count less than in full: the weights are a logistic regression on synthetic scenes and one half of real
frames, see `benchmarks/reporting_rule.py`.
"""

from __future__ import annotations

import math

from .decode.background_texts import lettering
from .decode.prior import find_prior
from .script import LATIN, Script

DETECTION, TEXT, OFFSET = 0.67, 0.58, -1.2
"""Weights of the logarithms of both odds, and what is added."""

LIMITS = (-5.0, 4.0)
"""Of what a text says, as a logarithm: one text alone never decides."""

_LONGEST = 20
_CERTAIN = 0.9997
"""Confidences of detections above are taken for this one; int8 knows none above."""


def evidence(text: str, region: str | None = None) -> float:
    """Return the logarithm, within `LIMITS`, of how much more probable a text (A-Z, 0-9) is on plates than elsewhere.

    Args:
        region: where plates come from, see `formats.find_region`; None for anywhere.
    """
    if len(text) > _LONGEST:
        return LIMITS[0]
    ratio = math.log(find_prior(region).density(text) / lettering(text))
    return min(LIMITS[1], max(LIMITS[0], ratio))


def after_reading(confidence: float, text: str, region: str | None = None, script: Script = LATIN) -> float:
    """Return how probable it is, 0..1, that there is a plate with such a text; `confidence` is the detection's.

    What is written elsewhere is known for A-Z and 0-9 only: in any other script the confidence stays as it is.
    """
    if confidence <= 0 or not script.is_latin:
        return max(0.0, confidence)
    confidence = min(confidence, _CERTAIN)
    detected = math.log(confidence / (1 - confidence))
    return 1 / (1 + math.exp(-(DETECTION * detected + TEXT * evidence(text, region) + OFFSET)))
