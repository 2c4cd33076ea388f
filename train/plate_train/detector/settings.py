"""What the command line says about one run of `plate-train detector`, as it is kept in the run's folder."""

from __future__ import annotations

import argparse
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from plate_runtime.errors import UsageError

from ..loop.run_files import recorded_settings
from ..loop.steps import Goal
from ..plates.rounds import Plan
from ..plates.settings import FILE, VALIDATION_SEED
from .architectures import Size

__all__ = ["VALIDATION_SEED", "Settings", "changed", "read_settings"]


@dataclass(frozen=True)
class Settings:
    """What the command line says, kept in the run's folder so that `--resume` goes on with the same.

    Attributes are named after their options; `hours` counts only where `steps` is not given.
    """

    width: float = 1.0
    depth: int = 2
    hours: float = 12.0
    steps: int | None = None
    seed: int = 0
    batch: int = 32
    learning_rate: float = 2e-3
    average: int = 500
    start: str | None = None
    watch: tuple[str, ...] = ()
    drawings: str = "runs/scene-drawings"
    kept: int = 8
    shard: int = 1024
    uses: int = 6
    window: int = 4
    validation: int = 400
    minutes: float = 3.0
    precision: str = "float32"
    threads: int = 2
    workers: int = 1
    name: str = "plate-detector"
    version: str = "1.0.0"

    def __post_init__(self) -> None:
        if self.seed == VALIDATION_SEED:
            raise UsageError(f"seed {VALIDATION_SEED} draws what is validated; choose another one")

    def plan(self) -> Plan:
        """Return how drawings are used."""
        return Plan(self.shard, self.batch, self.uses, self.window)

    def goal(self) -> Goal:
        """Return how long the run is."""
        return Goal(self.learning_rate, self.average, self.steps, self.hours)

    def size(self) -> Size:
        """Return the size of the network. Raises UsageError if it makes no sense."""
        return Size(self.width, self.depth)


def changed(recorded: Settings, given: dict[str, Any]) -> Settings:
    """Return the settings of a resumed run; a new length replaces the old one, however that was said."""
    if given.keys() & {"hours", "steps"}:
        recorded = replace(recorded, steps=None)
    return replace(recorded, **given)


def read_settings(folder: Path) -> Settings:
    """Return the recorded settings of a run. Raises UsageError if there are none."""
    from .options import add_options

    parser = argparse.ArgumentParser()
    add_options(parser)
    return Settings(**recorded_settings(folder, FILE, Settings, parser))
