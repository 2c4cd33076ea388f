"""Random search for the refined network's sizes, dropout and learning rate, on a part of `train/` alone."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from plate_runtime.errors import DataError, MissingPartError
from plate_runtime.manifest import InputSpec

from . import models, search_record
from .datasets import CharacterSet
from .fit import Recipe, fit
from .models import Hyperparameters
from .progress import progress
from .tensorflow_setup import fix, import_keras

OBJECTIVE = "val_sparse_categorical_accuracy"
FOLDER = "search"


@dataclass(frozen=True)
class Trial:
    """One trial: what was tried and, on the held part of `train/`, the accuracy reached (0..1)."""

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
) -> SearchResult:
    """Try `trials` random choices, each trained on `fitted` and scored on `held`; kept in `run`/search.

    With `resume` the trials already recorded there count, and one that was cut off is done again. All trials use
    the same seed, so that the choice alone tells them apart.

    Raises:
        DataError: the recorded search is damaged.
        MissingPartError: KerasTuner is not installed.
    """
    fix(seed, recipe.threads)

    def try_out(number: str, hyper: Hyperparameters) -> float:
        chosen = replace(recipe, model="tuned", hyper=hyper, start=None)
        history = fit(chosen, fitted, spec, seed, watch=held, title=f"trial {number}").history
        bar.update()
        return history[-1]["val_accuracy"]

    if resume:
        search_record.restore(run / FOLDER)
    with _quiet():
        try:
            tuner = _tuner_class(try_out)(
                hypermodel=_build,
                objective=_keras_tuner().Objective(OBJECTIVE, "max"),
                max_trials=trials,
                seed=seed,
                directory=str(run),
                project_name=FOLDER,
                overwrite=not resume,
            )
        except (ValueError, KeyError, RuntimeError) as error:
            raise DataError(f"{run / FOLDER}: the recorded search is damaged; start again without --resume") from error
    done = len(_completed(tuner))
    with progress(trials, "search", "trial") as bar, _quiet():
        bar.update(done)
        try:
            tuner.search(verbose=0)
        except _keras_tuner().errors.FatalError:
            raise tuner.failure from None
    found = [
        Trial(trial.trial_id, hyperparameters(trial.hyperparameters.values), float(trial.score))
        for trial in sorted(_completed(tuner), key=lambda trial: trial.trial_id)
    ]
    if not found:
        raise DataError(f"{run / FOLDER}: no trial was completed; ask for at least one with --trials")
    return SearchResult(found, max(found, key=lambda trial: trial.accuracy), done)


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


def _build(hp: Any) -> Any:
    return models.tuned(space(hp))


def _completed(tuner: Any) -> list[Any]:
    return [trial for trial in tuner.oracle.trials.values() if trial.status == "COMPLETED" and trial.score is not None]


def _tuner_class(try_out: Callable[[str, Hyperparameters], float]) -> Any:
    class CharacterTuner(_keras_tuner().RandomSearch):  # type: ignore[misc]
        """KerasTuner's random search; a trial is trained as every other network here is, by `fit`."""

        failure: Exception = RuntimeError()

        def run_trial(self, trial: Any, *_arguments: Any, **_options: Any) -> dict[str, float]:
            try:
                return {OBJECTIVE: try_out(trial.trial_id, space(trial.hyperparameters))}
            except Exception as error:
                # KerasTuner would swallow it and try again: an error here is one of data, disk or program
                self.failure = error
                raise _keras_tuner().errors.FatalError from error

        def on_trial_end(self, trial: Any) -> None:
            super().on_trial_end(trial)
            search_record.keep(Path(self.project_dir))

        def load_model(self, _trial: Any) -> None:
            """Trials keep no weights: the chosen network is trained anew."""

    return CharacterTuner


def _keras_tuner() -> Any:
    import_keras()
    try:
        with _quiet():
            import keras_tuner
    except ImportError as error:
        raise MissingPartError("KerasTuner is not installed; pip install 'plate-edge[train]'") from error
    return keras_tuner


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """KerasTuner prints where it reloads from and what it retries; the progress bar says what matters."""
    with contextlib.redirect_stdout(io.StringIO()):
        yield
