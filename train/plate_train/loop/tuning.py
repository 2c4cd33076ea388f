"""KerasTuner's random search over a declared space, recorded so that it can be resumed after a kill."""

from __future__ import annotations

import contextlib
import io
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from plate_runtime.errors import DAMAGE, DataError, DeviceError, damage_as, missing_extra

from ..networks.tensorflow_setup import import_keras
from ..progress import progress
from . import lock, search_record
from .shared_search import Heartbeat, Share, require_same_search, serve

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
    digest: str,
    resume: bool = False,
    share: Share | None = None,
    say: Callable[[str], None] = print,
) -> tuple[list[Tried], int]:
    """Try `trials` random choices, kept in `run`/search; return them in order, and how many had been done before.

    With `share` this host is the chief: its workers try the choices, which are the same as without.

    Args:
        declare: declares the space to the given KerasTuner object. try_out: gets the trial's number and that object
            with the trial's values, and returns what is to be as large as possible. objective: its name.
        digest: of the data and settings that trials have in common.
        resume: trials recorded already count, and one that was cut off is done again.

    Raises:
        DataError: the recorded search is damaged. UsageError: it has another digest.
        DeviceError: the chief's address cannot be used.
        MissingPartError: KerasTuner is not installed.
    """
    if resume:
        search_record.restore(run / FOLDER)
        search_record.require_same(run / FOLDER, digest)
    try:
        tuner = _tuner(declare, try_out, objective, run, trials=trials, seed=seed, overwrite=not resume)
    except (RuntimeError, *DAMAGE) as error:
        raise DataError(f"{run / FOLDER}: {_DAMAGED}") from error
    search_record.require_same(run / FOLDER, digest)  # a new search begins with an empty folder
    done = len(_completed(tuner))
    with progress(trials, "search", "trial", done) as bar:
        if share is None:
            _search(tuner, bar.update)
        elif done < trials:
            serve(tuner.oracle, share, ended=bar.update, say=say)
    found = sorted(_completed(tuner), key=lambda trial: trial.trial_id)
    if not found:
        raise DataError(f"{run / FOLDER}: no trial was completed; ask for at least one with --trials")
    with damage_as(DataError, f"{run / FOLDER}: {_DAMAGED}"):
        return [Tried(trial.trial_id, dict(trial.hyperparameters.values), float(trial.score)) for trial in found], done


def work(
    declare: Callable[[Any], Any],
    try_out: Callable[[str, Any], float],
    *,
    objective: str,
    run: Path,
    share: Share,
    say: Callable[[str], None],
) -> int:
    """Train the trials that the chief of `share` proposes until there are no more; return how many.

    `run` is this worker's folder. A worker that is started again with the same folder continues its trial.

    Raises:
        UsageError: the chief searches with other settings or data, or the folder is in use or of another search.
        DeviceError: the chief does not return within an hour.
    """
    import_keras()
    import grpc

    run.mkdir(parents=True, exist_ok=True)
    count = 0

    def ended() -> None:
        nonlocal count
        count += 1

    with lock.alone(run), Heartbeat(share, say), share.announced():
        require_same_search(run, share)
        say(f"working for the chief at {share.address} as {share.worker}")
        try:
            _search(_tuner(declare, try_out, objective, run, overwrite=True), ended)
        except grpc.RpcError as error:
            raise DeviceError(f"the chief at {share.address} does not answer; start this worker again later") from error
    say(f"no trial is left; {count} were trained here, and the chief goes on")
    return count


def _search(tuner: Any, ended: Callable[[], None]) -> None:
    tuner.ended, tuner.shown = ended, sys.stdout
    with _quiet():
        try:
            tuner.search(verbose=0)
        except _keras_tuner().errors.FatalError:
            raise tuner.failure from None


def _tuner(
    declare: Callable[[Any], Any], try_out: Callable[[str, Any], float], objective: str, run: Path, *,
    trials: int = 1, seed: int = 0, overwrite: bool,
) -> Any:  # fmt: skip
    oracle = _oracle_class()(objective=_keras_tuner().Objective(objective, "max"), max_trials=trials, seed=seed)
    with _quiet():
        tuner = _tuner_class(try_out, objective)(
            oracle, declare, directory=str(run), project_name=FOLDER, overwrite=overwrite
        )
        tuner.save()  # only a tuner with a file of its own is read again
    return tuner


def _completed(tuner: Any) -> list[Any]:
    return [trial for trial in tuner.oracle.trials.values() if trial.status == "COMPLETED" and trial.score is not None]


def _oracle_class() -> Any:
    class Oracle(_keras_tuner().oracles.RandomSearchOracle):  # type: ignore[misc]
        """KerasTuner's random choices; each ended trial is recorded."""

        def end_trial(self, trial: Any) -> None:
            super().end_trial(trial)
            self.save()  # without the trial among those in progress, or it would be done again
            search_record.keep(Path(self._project_dir))

    return Oracle


def _tuner_class(try_out: Callable[[str, Any], float], objective: str) -> Any:
    class Tuner(_keras_tuner().engine.base_tuner.BaseTuner):  # type: ignore[misc]
        """Asks for trials one after the other; a trial is trained as every other network here is."""

        failure: Exception = RuntimeError()
        ended: Callable[[], None]
        shown: Any = None

        def run_trial(self, trial: Any, *_arguments: Any, **_options: Any) -> dict[str, float]:
            try:
                with contextlib.redirect_stdout(self.shown):
                    score = try_out(trial.trial_id, trial.hyperparameters)
            except Exception as error:
                # KerasTuner would swallow it and try again: an error here is one of data, disk or program
                self.failure = error
                raise _keras_tuner().errors.FatalError from error
            return {objective: score}

        def on_trial_end(self, trial: Any) -> None:
            super().on_trial_end(trial)
            self.ended()

        def _get_tuner_fname(self) -> str:
            """A search may be continued by a chief, and without one."""
            return str(Path(self.project_dir) / "tuner0.json")

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
