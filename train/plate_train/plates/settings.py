"""Settings of a run of `plate-train plate`, as its folder records them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from plate_runtime.errors import ModelError, UsageError

from ..loop.rounds import Plan
from ..loop.run_settings import RunSettings
from ..loop.steps import Goal
from ..networks import weights_file
from . import architectures
from .architectures import Size

FINE_TUNING: dict[str, Any] = {"learning_rate": 3e-4, "epochs": 30, "shard": 2048, "window": 2, "validation": 512}
"""Defaults for training with a user's crops."""

FURTHER: dict[str, Any] = {"learning_rate": 4e-5, "least_steps": 400, "mix": 0.3, "blend": 0.8}
"""Defaults for training that goes on from a network with a user's crops, chosen on the development sets: little is
forgotten."""


@dataclass(frozen=True, kw_only=True)
class Settings(RunSettings):
    """See `RunSettings`; an epoch is a round, or with the user's crops one use of each."""

    data: str | None = None
    mix: float = 0.5
    blend: float = 1.0
    least_steps: int = 0
    model: str = architectures.DEFAULT
    width: float = 1.2
    depth: int = 3
    dropout: float = 0.1
    epochs: int | None = None
    drawing_seed: int | None = None
    batch: int = 64
    learning_rate: float = 1.2e-3
    average: int = 1500
    drawings: str = "runs/plate-drawings"
    kept: int = 64
    shard: int = 8192
    shards: int = 0
    uses: int = 4
    window: int = 6
    validation: int = 2048
    seeds: int = 1
    trials: int = 0
    trial_steps: int = 3000
    most_multiply_adds: float = 220.0
    workers: int = 2

    @property
    def seeds_used(self) -> tuple[int | None, ...]:
        """The seeds of training pictures."""
        return self.seed, self.drawing_seed

    def plan(self, own: int = 0) -> Plan:
        """Return how shards, and `own` crops of the user, are used."""
        share, shard = self._share(own), self.shard
        if own and (steps := self._steps(own)) is not None:  # a short run needs smaller shards
            shard = min(shard, -(-steps * (self.batch - share) // self.uses))
        return Plan(shard, self.batch, self.uses, self.window, own=share, limit=self.shards)

    def goal(self, own: int = 0) -> Goal:
        """Return the length of the run; an epoch is a round, or with `own` crops one use of each."""
        steps = self._steps(own)
        if steps is None and self.epochs is not None:
            steps = self.epochs * self.plan().steps
        return Goal(self.learning_rate, self.average, steps, self.hours)

    def _share(self, own: int) -> int:
        """Return how many crops of a step are the user's."""
        return min(self.batch - 1, round(self.mix * self.batch)) if own else 0

    def _steps(self, own: int) -> int | None:
        """Return the length in steps if it does not depend on the shards, else None."""
        if self.steps is None and self.epochs is not None and own:
            return max(self.least_steps, -(-self.epochs * own // max(1, self._share(own))))
        return self.steps

    def size(self) -> Size:
        """Return the size of the network. Raises UsageError if it makes no sense."""
        return Size(self.width, self.depth, self.dropout)

    @property
    def synthetic_seed(self) -> int:
        """Seed of the training shards."""
        return self.seed if self.drawing_seed is None else self.drawing_seed


def new_settings(given: dict[str, Any]) -> Settings:
    """Return the settings of a new run from those given.

    Raises:
        UsageError: they contradict each other. ModelError: the network to start from is not one of these.
    """
    settings = Settings()
    if given.get("start"):
        given = given | {"start": str(weights_file.find(given["start"]))}
        settings = replace(settings, **_network_of(Path(given["start"])))
        if given.get("trials"):
            raise UsageError("--from keeps a network's size, --trials searches it; leave out one")
    if given.get("data"):
        tuned = FINE_TUNING | (FURTHER if given.get("start") else {})
        if given.keys() & {"hours", "steps"}:
            del tuned["epochs"]
        if "epochs" in given:
            tuned["least_steps"] = 0
        settings = replace(settings, **tuned)
    return replace(settings, **given)


def _network_of(path: Path) -> dict[str, Any]:
    """Return which network a `.h5` of this command holds, as settings."""
    meta = weights_file.read_meta(path)
    recorded = meta.training.get("settings") if meta and meta.kind == "plate" else None
    names = ("model", "width", "depth", "dropout")
    if not isinstance(recorded, dict) or not all(name in recorded for name in names):
        raise ModelError(f"{path}: not a network of plate-train plate; --from needs one")
    return {name: recorded[name] for name in names}
