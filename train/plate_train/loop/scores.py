"""What the scores of all kinds of networks have in common."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np

VALIDATION_FRACTION = 0.2
"""Fraction of a user's pictures that is scored where the data has no `val/`."""


class Scored(Protocol):
    """Score of a set: as JSON values, and one percentage."""

    @property
    def percent(self) -> float: ...

    def to_json(self) -> dict[str, Any]: ...


def spread(values: Sequence[float]) -> dict[str, float]:
    """Return mean, minimum and maximum."""
    return {"mean": float(np.mean(values)), "min": min(values), "max": max(values)}
