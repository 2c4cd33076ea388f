"""KerasTuner's random search over a declared space, recorded so that it can be resumed after a kill."""

from __future__ import annotations

import contextlib
import io
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from plate_runtime.errors import DAMAGE, DataError, damage_as, missing_extra

from ..networks.tensorflow_setup import import_keras
from ..progress import progress
from . import search_record

FOLDER = "search"
_DAMAGED = "the recorded search is damaged; start again without --resume"


@dataclass(frozen=True)
class Tried:
    """One completed trial: its number, KerasTuner's values, and the score reached."""

    number: str
    values: dict[str, Any]
    score: float


def tune(
    declare: Callable[[Any], Any],
    try_out: Callable[[str, Any], float],
    *,
    objective: str,
    trials: int,
    seed: int,
    run: Path,
    resume: bool = False,
) -> tuple[list[Tried], int]:
    """Try `trials` random choices, kept in `run`/search; return them in order, and how many had been done before.

    Args:
        declare: declares the space to the given KerasTuner object. try_out: gets the trial's number and that object
            with the trial's values, and returns what is to be as large as possible. objective: its name.
        resume: trials recorded already count, and one that was cut off is done again.

    Raises:
        DataError: the recorded search is damaged. MissingPartError: KerasTuner is not installed.
    """
    if resume:
        search_record.restore(run / FOLDER)
    with _quiet():
        try:
            tuner = _tuner_class(try_out, objective)(
                hypermodel=declare,
                objective=_keras_tuner().Objective(objective, "max"),
                max_trials=trials,
                seed=seed,
                directory=str(run),
                project_name=FOLDER,
                overwrite=not resume,
            )
        except (RuntimeError, *DAMAGE) as error:
            raise DataError(f"{run / FOLDER}: {_DAMAGED}") from error
    done = len(_completed(tuner))
    shown = sys.stdout
    with progress(trials, "search", "trial", done) as bar, _quiet():
        tuner.bar, tuner.shown = bar, shown
        try:
            tuner.search(verbose=0)
        except _keras_tuner().errors.FatalError:
            raise tuner.failure from None
    found = sorted(_completed(tuner), key=lambda trial: trial.trial_id)
    if not found:
        raise DataError(f"{run / FOLDER}: no trial was completed; ask for at least one with --trials")
    with damage_as(DataError, f"{run / FOLDER}: {_DAMAGED}"):
        return [Tried(trial.trial_id, dict(trial.hyperparameters.values), float(trial.score)) for trial in found], done


def _completed(tuner: Any) -> list[Any]:
    return [trial for trial in tuner.oracle.trials.values() if trial.status == "COMPLETED" and trial.score is not None]


def _tuner_class(try_out: Callable[[str, Any], float], objective: str) -> Any:
    class Tuner(_keras_tuner().RandomSearch):  # type: ignore[misc]
        """KerasTuner's random search; a trial is trained as every other network here is."""

        failure: Exception = RuntimeError()
        bar: Any = None
        shown: Any = None

        def run_trial(self, trial: Any, *_arguments: Any, **_options: Any) -> dict[str, float]:
            try:
                with contextlib.redirect_stdout(self.shown):
                    score = try_out(trial.trial_id, trial.hyperparameters)
            except Exception as error:
                # KerasTuner would swallow it and try again: an error here is one of data, disk or program
                self.failure = error
                raise _keras_tuner().errors.FatalError from error
            self.bar.update()
            return {objective: score}

        def on_trial_end(self, trial: Any) -> None:
            super().on_trial_end(trial)
            search_record.keep(Path(self.project_dir))

        def load_model(self, _trial: Any) -> None:
            """Trials keep no weights: the chosen network is trained again."""

    return Tuner


def _keras_tuner() -> Any:
    import_keras()
    try:
        with _quiet():
            import keras_tuner
    except ImportError as error:
        raise missing_extra("KerasTuner is not installed", "train") from error
    return keras_tuner


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """KerasTuner prints where it reloads from and what it retries; the progress bar says what matters."""
    with contextlib.redirect_stdout(io.StringIO()):
        yield
