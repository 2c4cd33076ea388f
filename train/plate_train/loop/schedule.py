"""How long a run is and what the learning rate is at each of its steps: from steps alone, never from the clock."""

from __future__ import annotations

from dataclasses import dataclass
from math import cos, pi

WARM_UP = 500
"""Steps in which the learning rate rises; it may be less of a short run."""


@dataclass(frozen=True)
class Schedule:
    """Warm up, then fall along half a cosine to 1 % of the highest rate.

    Attributes:
        highest: the learning rate at its highest. total: steps of the whole run; None while it is not known yet.
        average: steps that weights are averaged over, about; less in a short run.
    """

    highest: float
    total: int | None
    average: int = 1000

    def rate(self, step: int) -> float:
        """Return the learning rate of a step, counted from 0."""
        if self.total is None:
            return self.highest * min(1.0, (step + 1) / WARM_UP)
        warm = min(WARM_UP, max(1, self.total // 10))
        falling = min(1.0, max(0, step - warm) / max(1, self.total - warm))
        return self.highest * min(1.0, (step + 1) / warm) * (0.01 + 0.99 * 0.5 * (1 + cos(pi * falling)))

    def average_weight(self, step: int) -> float:
        """Return the weight of a step in the running average of weights; early steps lose influence quickly."""
        horizon = min(self.average, max(1, (self.total or self.average * 10) // 10))
        return max(1 / horizon, 9 / (10 + step))


def steps_for(seconds: float, steps: int, spent: float) -> int:
    """Return how many steps fit into `seconds` if `steps` took `spent` seconds."""
    return max(1, round(seconds * steps / spent))
