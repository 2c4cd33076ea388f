"""Protocols: how `val/` is used. "honest" is the default, "mission" is chosen by name.

Honest: the number of epochs and the calibration are chosen on a part of `train/`, then a new network is trained on
all of `train/`, and `val/` is scored once, at the end. Mission: the epoch is the one that reads most of `val/`, and
the same `val/` is then reported; such a figure is too good, and every report says so.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from plate_runtime.manifest import InputSpec

from .datasets import CharacterSet
from .fit import Fitted, Recipe, fit
from .score import Score, fit_temperature, predict, robustness, score
from .splits import hold_out

Say = Callable[[str], None]
"""Gets the lines for people."""


def _quietly(_line: str) -> None:
    pass


NAMES = ("honest", "mission")
HELD = "a part of train/, copies in one split"
EXPLAINED = {
    "honest": f"epochs chosen on {HELD}; then trained on all of train/; val/ scored once at the end",
    "mission": "best epoch chosen on val/ and scored on the same val/: a figure that is too good",
    "drawn": "epochs fixed before; scored on characters of other fonts; a search chooses on the same characters",
}


@dataclass(frozen=True)
class SeedResult:
    """One seed: the network, how it was chosen, and its scores on `val`.

    Attributes:
        val: all of it; without_copies, without_near_copies: less the pictures that stand in `train` too.
        last: mission only: scores of the last epoch, which was not chosen on `val`.
        probabilities: float32 (n of val, classes).
        history: of the network itself; choosing: of the network that the epochs were chosen with, else empty.
    """

    seed: int
    model: Any
    epochs: int
    temperature: float
    val: Score
    without_copies: Score
    without_near_copies: Score
    last: dict[str, float] | None
    robustness: dict[str, Score]
    probabilities: NDArray[np.float32]
    history: list[dict[str, float]]
    choosing: list[dict[str, float]]

    def to_json(self) -> dict[str, Any]:
        """Return everything but the network and its probabilities as JSON values."""
        return {
            "seed": self.seed,
            "epochs": self.epochs,
            "temperature": self.temperature,
            "val": self.val.to_json(),
            "val_without_copies": self.without_copies.to_json(),
            "val_without_near_copies": self.without_near_copies.to_json(),
            "last_epoch": self.last,
            "robustness": {name: entry.to_json() for name, entry in self.robustness.items()},
            "history": self.history,
            "choosing_history": self.choosing,
        }


@dataclass(frozen=True)
class Scored:
    """The validation split, and which of its pictures have (near) copies in the training split: bool (n,)."""

    characters: CharacterSet
    copied: NDArray[np.bool_]
    nearly_copied: NDArray[np.bool_]


def honest(
    recipe: Recipe, train: CharacterSet, val: Scored, spec: InputSpec, seed: int, *, say: Say = _quietly
) -> SeedResult:
    """Choose on a part of `train`, train on all of it, score `val` once."""
    fitted, held = hold_out(train, seed)
    title = f"seed {seed}, choosing the epochs"
    trial = fit(recipe, fitted, spec, seed, watch=held, keep_best=True, title=title, say=say)
    temperature = fit_temperature(predict(trial.model, held.pictures, spec), held.labels)
    final = fit(recipe, train, spec, seed, stop_after=trial.best_epoch, title=f"seed {seed}, training", say=say)
    result = _result(final, val, spec, seed, epochs=trial.best_epoch, temperature=temperature)
    return replace(result, choosing=trial.history)


def mission(
    recipe: Recipe, train: CharacterSet, val: Scored, spec: InputSpec, seed: int, *, say: Say = _quietly
) -> SeedResult:
    """Take the epoch that reads most of `val`, and score it on the same `val`."""
    trial = fit(recipe, train, spec, seed, watch=val.characters, keep_best=True, title=f"seed {seed}, mission", say=say)
    result = _result(trial, val, spec, seed, epochs=trial.best_epoch, temperature=1.0)
    return replace(result, last=trial.history[-1])


def drawn(
    recipe: Recipe, train: CharacterSet, val: Scored, spec: InputSpec, seed: int, *, say: Say = _quietly
) -> SeedResult:
    """Train for all epochs of the recipe; `val` has other fonts and is used for the calibration only."""
    final = fit(recipe, train, spec, seed, watch=val.characters, title=f"seed {seed}, training", say=say)
    temperature = fit_temperature(predict(final.model, val.characters.pictures, spec), val.characters.labels)
    return _result(final, val, spec, seed, epochs=recipe.epochs, temperature=temperature)


def _result(fitted: Fitted, val: Scored, spec: InputSpec, seed: int, *, epochs: int, temperature: float) -> SeedResult:
    characters = val.characters
    probabilities = predict(fitted.model, characters.pictures, spec)

    def scored(chosen: NDArray[np.bool_]) -> Score:
        return score(probabilities[chosen], characters.labels[chosen], characters.alphabet)

    return SeedResult(
        seed=seed,
        model=fitted.model,
        epochs=epochs,
        temperature=temperature,
        val=score(probabilities, characters.labels, characters.alphabet),
        without_copies=scored(~val.copied),
        without_near_copies=scored(~val.nearly_copied),
        last=None,
        robustness=robustness(fitted.model, characters, spec, characters.alphabet),
        probabilities=probabilities,
        history=fitted.history,
        choosing=[],
    )
