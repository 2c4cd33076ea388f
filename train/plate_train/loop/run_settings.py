"""Settings that every training on synthetic pictures has."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, Self

from plate_runtime.errors import UsageError

from .run_files import SETTINGS_FILE, recorded_settings
from .shards import VALIDATION_SEED


@dataclass(frozen=True, kw_only=True)
class RunSettings:
    """Settings of a run, recorded in its folder so that `--resume` continues with them.

    Attributes are named after their options; `hours` is used only without another length.
    """

    hours: float = 12.0
    steps: int | None = None
    seed: int = 0
    batch: int
    learning_rate: float
    average: int
    start: str | None = None
    watch: tuple[str, ...] = ()
    drawings: str
    kept: int
    shard: int
    uses: int
    window: int
    validation: int
    minutes: float = 3.0
    precision: str = "float32"
    threads: int = 2
    workers: int
    name: str = ""
    version: str = "1.0.0"

    def __post_init__(self) -> None:
        if VALIDATION_SEED in self.seeds_used:
            raise UsageError(f"seed {VALIDATION_SEED} is that of the validation set; choose another one")

    @property
    def seeds_used(self) -> tuple[int | None, ...]:
        """The seeds of training pictures."""
        return (self.seed,)

    def resumed(self, given: dict[str, Any]) -> Self:
        """Return the settings of a resumed run; a new length, in any unit, replaces the recorded one."""
        lengths = {"hours", "steps", "epochs"} & {entry.name for entry in fields(self)}
        ended: dict[str, Any] = dict.fromkeys(lengths - {"hours"}) if given.keys() & lengths else {}
        return replace(self, **(ended | given))

    @classmethod
    def read(cls, folder: Path, add_options: Callable[[argparse.ArgumentParser], None]) -> Self:
        """Return the recorded settings of a run; `add_options` adds the options that its values have to fit.

        Raises:
            UsageError: there are none, or they cannot be read.
        """
        parser = argparse.ArgumentParser()
        add_options(parser)
        return cls(**recorded_settings(folder, SETTINGS_FILE, cls, parser))
