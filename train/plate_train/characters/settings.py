"""Settings of a run of `plate-train character`, as its folder records them."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from pathlib import Path

from plate_runtime.alphabet import ALPHABET
from plate_runtime.errors import UsageError
from plate_runtime.manifest import InputSpec
from plate_runtime.script import Script

from ..loop.run_files import REPORT_FILE, SETTINGS_FILE
from ..loop.tuning import FOLDER
from .architectures import Hyperparameters
from .augment import Strength
from .fit import Recipe


@dataclass(frozen=True)
class Settings:
    """Settings of a run, recorded in its folder so that `--resume` continues with them.

    Attributes are named after their options; None means a default that depends on others.
    """

    data: str | None = None
    alphabet: str | None = None
    model: str = "tuned"
    trials: int = 0
    epochs: int | None = None
    seed: int = 0
    seeds: int = 1
    protocol: str = "honest"
    augment: float | None = None
    drawn: int = 200_000
    batch: int = 32
    learning_rate: float | None = None
    dropout: float | None = None
    first_filters: int | None = None
    second_filters: int | None = None
    first_dense: int | None = None
    second_dense: int | None = None
    start: str | None = None
    polarity: str | None = None
    name: str = ""
    version: str = "1.0.0"
    threads: int = 1

    def recipe(self) -> Recipe:
        """Return how networks are trained with these settings.

        Raises:
            UsageError: options contradict each other.
        """
        if self.model != "tuned" and self.trials:
            raise UsageError("--trials searches the sizes of the tuned network; leave out --model baseline or --trials")
        if self.start and self.trials:
            raise UsageError("--from keeps a network's sizes, --trials searches them; leave out one")
        if self.data is None and self.alphabet is not None:
            raise UsageError(f"synthetic characters are {ALPHABET}; use --alphabet with --data")
        if self.data is None and self.protocol == "mission":
            raise UsageError("--protocol mission chooses on val/, which needs --data DIR")
        chosen = {
            entry.name: value for entry in fields(Hyperparameters) if (value := getattr(self, entry.name)) is not None
        }
        mission = self.protocol == "mission"
        factor = self.augment if self.augment is not None else (0.5 if self.data is None else 1.0)
        strength = Strength().scaled(factor) if factor > 0 else None
        if strength is not None and self.data is None:
            strength = replace(strength, invert=0.0)  # synthetic characters have both polarities already
        return Recipe(
            model=self.model,
            hyper=replace(Hyperparameters(), **chosen),
            epochs=self.epochs or (30 if self.data is None else 60),
            batch=self.batch,
            augment=strength,
            schedule="constant" if mission else "cosine",
            average=0.0 if mission else 0.05,
            threads=self.threads,
        )

    @property
    def script(self) -> Script:
        """The characters that the classes are taken from."""
        return Script(self.alphabet or ALPHABET)

    def spec(self) -> InputSpec:
        """Return the network's input; its polarity is known after `with_polarity`."""
        return InputSpec(polarity=self.polarity or "any")


def protocol_name(settings: Settings) -> str:
    """Return "honest" or "mission" for a data folder, "drawn" without one."""
    return "drawn" if settings.data is None else settings.protocol


def unfinished_run(runs: Path) -> Path:
    """Return the newest unfinished run with a search in `runs`.

    Raises:
        UsageError: there is none.
    """
    found = [
        path.parent for path in runs.glob(f"*/{SETTINGS_FILE}")
        if (path.parent / FOLDER).is_dir() and not (path.parent / REPORT_FILE).exists()
    ]  # fmt: skip
    if not found:
        raise UsageError(f"no unfinished search in {runs}/; name a run with --out")
    return max(found, key=lambda path: (path / SETTINGS_FILE).stat().st_mtime)
