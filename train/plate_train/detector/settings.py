"""Settings of a run of `plate-train detector`, as its folder records them."""

from __future__ import annotations

import argparse
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from plate_runtime.errors import UsageError

from ..loop.rounds import Plan
from ..loop.run_files import SETTINGS_FILE, recorded_settings
from ..loop.shards import VALIDATION_SEED
from ..loop.steps import Goal
from .architectures import Size

__all__ = ["VALIDATION_SEED", "Settings", "read_settings", "resumed"]


@dataclass(frozen=True)
class Settings:
    """Settings of a run, recorded in its folder so that `--resume` continues with them.

    Attributes are named after their options; `hours` is used only without `steps`.
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
    name: str = ""
    version: str = "1.0.0"

    def __post_init__(self) -> None:
        if self.seed == VALIDATION_SEED:
            raise UsageError(f"seed {VALIDATION_SEED} is that of the validation set; choose another one")

    def plan(self) -> Plan:
        """Return how shards are used."""
        return Plan(self.shard, self.batch, self.uses, self.window)

    def goal(self) -> Goal:
        """Return the length of the run and its learning rate."""
        return Goal(self.learning_rate, self.average, self.steps, self.hours)

    def size(self) -> Size:
        """Return the size of the network. Raises UsageError if it is not allowed."""
        return Size(self.width, self.depth)


def resumed(recorded: Settings, given: dict[str, Any]) -> Settings:
    """Return the settings of a resumed run; a new length, in hours or steps, replaces the recorded one."""
    if given.keys() & {"hours", "steps"}:
        recorded = replace(recorded, steps=None)
    return replace(recorded, **given)


def read_settings(folder: Path) -> Settings:
    """Return the recorded settings of a run. Raises UsageError if there are none."""
    from .options import add_options

    parser = argparse.ArgumentParser()
    add_options(parser)
    return Settings(**recorded_settings(folder, SETTINGS_FILE, Settings, parser))
