"""Random search for the refined network's sizes, dropout and learning rate, on a split of `train/` only."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from plate_runtime.manifest import InputSpec

from ..loop.shared_search import Address, Share, digest_of, worker_name
from ..loop.tuning import FOLDER, tune, work
from ..networks.tensorflow_setup import fix
from .architectures import Hyperparameters
from .datasets import CharacterSet
from .fit import Recipe, fit

OBJECTIVE = "val_sparse_categorical_accuracy"
__all__ = ["FOLDER", "SearchResult", "Trial", "help_search", "hyperparameters", "search", "space"]


@dataclass(frozen=True)
class Trial:
    """One trial: what was tried and, on the held-out split of `train/`, the accuracy reached (0..1)."""

    number: str
    hyper: Hyperparameters
    accuracy: float

    def to_json(self) -> dict[str, Any]:
        """Return the trial as JSON values."""
        return asdict(self)


@dataclass(frozen=True)
class SearchResult:
    """All trials in their order, the best of them, and how many had been done before a resumed search."""

    trials: list[Trial]
    best: Trial
    resumed_after: int


def search(
    recipe: Recipe,
    fitted: CharacterSet,
    held: CharacterSet,
    *,
    spec: InputSpec,
    seed: int,
    trials: int,
    run: Path,
    resume: bool = False,
    chief: Address | None = None,
    say: Callable[[str], None] = lambda _line: None,
) -> SearchResult:
    """Try `trials` random choices, each trained on `fitted` and scored on `held`; kept in `run`/search.

    With `resume` the trials already recorded there count, and one that was cut off is done again. All trials use
    the same seed, so that the choice alone tells them apart. With `chief`, workers on other hosts train them.

    Raises:
        DataError: the recorded search is damaged. UsageError: it is of other data or settings.
        DeviceError: the address of the chief cannot be used.
        MissingPartError: KerasTuner is not installed.
    """
    fix(seed, recipe.threads)
    digest = _digest(recipe, fitted, held, spec, seed)
    tried, done = tune(
        space, _trial(recipe, fitted, held, spec=spec, seed=seed, say=say),
        objective=OBJECTIVE, trials=trials, seed=seed, run=run, resume=resume, say=say,
        digest=digest, share=None if chief is None else Share(chief, "", digest),
    )  # fmt: skip
    found = [Trial(trial.number, hyperparameters(trial.values), trial.score) for trial in tried]
    return SearchResult(found, max(found, key=lambda trial: trial.accuracy), done)


def help_search(
    recipe: Recipe,
    fitted: CharacterSet,
    held: CharacterSet,
    *,
    spec: InputSpec,
    seed: int,
    run: Path,
    chief: Address,
    say: Callable[[str], None],
) -> None:
    """Train trials of the search of a chief on another host, until none is left; see `work`."""
    fix(seed, recipe.threads)
    share = Share(chief, worker_name(run), _digest(recipe, fitted, held, spec, seed))
    work(
        space,
        _trial(recipe, fitted, held, spec=spec, seed=seed, say=say),
        objective=OBJECTIVE,
        run=run,
        share=share,
        say=say,
    )


def _trial(
    recipe: Recipe, fitted: CharacterSet, held: CharacterSet, *,
    spec: InputSpec, seed: int, say: Callable[[str], None],
) -> Callable[[str, Any], float]:  # fmt: skip
    def try_out(number: str, hp: Any) -> float:
        chosen = replace(recipe, model="tuned", hyper=space(hp), start=None)
        history = fit(chosen, fitted, spec, seed, watch=held, title=f"trial {number}").history
        accuracy = history[-1]["val_accuracy"]
        say(f"trial {number}: {100 * accuracy:.1f} % right of the held-out pictures with {hp.values}")
        return accuracy

    return try_out


def _digest(recipe: Recipe, fitted: CharacterSet, held: CharacterSet, spec: InputSpec, seed: int) -> str:
    """Return what must be the same on all hosts; they may have different numbers of threads."""
    chosen = replace(recipe, threads=1, start=None).to_json()
    return digest_of(
        {"recipe": chosen, "fitted": fitted.digest, "held": held.digest, "input": asdict(spec), "seed": seed}
    )


def hyperparameters(values: dict[str, Any]) -> Hyperparameters:
    """Turn KerasTuner's values into `Hyperparameters`."""
    names = ("first_filters", "second_filters", "first_dense", "dropout", "learning_rate")
    found = {name: values[name] for name in names if name in values}
    if "dropout" in found:
        found["dropout"] = round(found["dropout"], 1)  # steps of 0.1 add up to 0.30000000000000004
    return replace(Hyperparameters(), **found)


def space(hp: Any) -> Hyperparameters:
    """Declare the space to KerasTuner and return the point it proposes."""
    return Hyperparameters(
        first_filters=hp.Int("first_filters", 16, 64, step=16),
        second_filters=hp.Int("second_filters", 32, 128, step=16),
        first_dense=hp.Int("first_dense", 128, 512, step=64),
        dropout=round(hp.Float("dropout", 0.2, 0.5, step=0.1), 1),
        learning_rate=hp.Float("learning_rate", 1e-5, 1e-3, sampling="log"),
    )
