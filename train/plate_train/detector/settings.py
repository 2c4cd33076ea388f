"""Settings of a run of `plate-train detector`, as its folder records them."""

from __future__ import annotations

from dataclasses import dataclass

from ..loop.rounds import Plan
from ..loop.run_settings import RunSettings
from ..loop.steps import Goal
from .architectures import Size


@dataclass(frozen=True, kw_only=True)
class Settings(RunSettings):
    """See `RunSettings`; width and depth are those of the network."""

    width: float = 1.0
    depth: int = 2
    batch: int = 32
    learning_rate: float = 2e-3
    average: int = 500
    drawings: str = "runs/scene-drawings"
    kept: int = 8
    shard: int = 1024
    uses: int = 6
    window: int = 4
    validation: int = 400
    workers: int = 1

    def plan(self) -> Plan:
        """Return how shards are used."""
        return Plan(self.shard, self.batch, self.uses, self.window)

    def goal(self) -> Goal:
        """Return the length of the run and its learning rate."""
        return Goal(self.learning_rate, self.average, self.steps, self.hours)

    def size(self) -> Size:
        """Return the size of the network. Raises UsageError if it is not allowed."""
        return Size(self.width, self.depth)
