"""One run of `plate-train plate`, from the drawings to the folder of results."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from plate_runtime.errors import DeviceError, UsageError

from .. import weights_file
from ..atomic import write_json
from ..tensorflow_setup import fix, versions
from . import architectures, checkpoint
from .architectures import PLATE_SPEC, Size
from .checkpoint import State
from .fit import Goal, Loop, Stop, total_steps
from .network import Training
from .recorded import drawings_digest
from .rounds import Plan, Rounds
from .score import CropSet, drawn_set, labelled_set
from .shards import VALIDATION_PART, Ahead, Shard, Store

MODEL_FILE = "model.h5"
SETTINGS_FILE = "settings.json"
REPORT_FILE = "report.json"
VALIDATION_SEED = 900_001
"""Of the drawings that are scored: the same for all runs, and no run trains with it."""


@dataclass(frozen=True)
class Settings:
    """What the command line says, kept in the run's folder so that `--resume` goes on with the same.

    Attributes are named after their options; `hours` counts only where neither `steps` nor `epochs` is given.
    """

    model: str = architectures.DEFAULT
    width: float = 1.0
    depth: int = 2
    dropout: float = 0.1
    hours: float = 12.0
    steps: int | None = None
    epochs: int | None = None
    seed: int = 0
    batch: int = 128
    learning_rate: float = 1.5e-3
    average: int = 1000
    start: str | None = None
    watch: tuple[str, ...] = ()
    drawings: str = "runs/plate-drawings"
    kept: int = 64
    shard: int = 8192
    uses: int = 4
    window: int = 6
    validation: int = 2048
    minutes: float = 3.0
    threads: int = 2
    workers: int = 2
    name: str = "plate-reader"
    version: str = "1.0.0"

    def plan(self) -> Plan:
        """Return how drawings are used."""
        return Plan(count=self.shard, batch=self.batch, uses=self.uses, window=self.window)

    def goal(self) -> Goal:
        """Return how long the run is."""
        steps = self.steps
        if steps is None and self.epochs is not None:
            steps = self.epochs * self.plan().steps
        return Goal(self.learning_rate, self.average, steps, self.hours)

    def size(self) -> Size:
        """Return the size of the network. Raises UsageError if it makes no sense."""
        return Size(self.width, self.depth, self.dropout)


def run(settings: Settings, folder: Path, store: Store, *, resume: bool, say: Callable[[str], None] = print) -> None:
    """Train on drawings and keep everything in `folder`; a stopped run goes on with `resume`.

    Args:
        settings: see `Settings`. folder: of the run. store: where drawings come from.
        resume: go on from the checkpoint in `folder`. say: gets the lines for people.

    Raises:
        DataError, UsageError: data or options do not fit. DeviceError: the folder cannot be written.
    """
    if settings.seed == VALIDATION_SEED:
        raise UsageError(f"seed {VALIDATION_SEED} draws what is validated; choose another one")
    with _writable(folder, settings, resume):
        fix(settings.seed, settings.threads)
        training = _training(settings)
        state = _restored(folder, training, settings, store.digest) if resume else _begun(store)
        state.pieces += 1
        state.total = state.total or total_steps(settings.goal(), state)
        say(describe(settings, training.model))
        ahead = Ahead(store, settings.seed, settings.shard, settings.workers)
        stop = Stop()
        first = state.generators[-1][1]
        rounds = Rounds(settings.plan(), ahead, seed=settings.seed, spec=PLATE_SPEC, first=first, stop=stop)
        with stop.listening(), ahead:
            rounds.ask(state.step)
            drawn = store.load(VALIDATION_SEED, 0, settings.validation, VALIDATION_PART)
            loop = Loop(
                training, rounds, settings.goal(), state,
                val=drawn_set("drawn", drawn.pictures, drawn.texts),
                watch=watched(settings.watch),
                spec=PLATE_SPEC,
                decoding=architectures.architecture(settings.model).decoding,
                folder=folder,
                every=60 * settings.minutes,
                keep=lambda now: keep_model(training.average, settings, now, folder, drawn),
                say=say,
                stop=stop,
            )  # fmt: skip
            loop.run()
        _finish(loop, settings, folder, drawn)
        say(f"results in {folder}, the network in {folder / MODEL_FILE}")


def describe(settings: Settings, model: Any) -> str:
    """Return one line on the network."""
    size = architectures.multiply_adds(model) / 1e6
    return f"{settings.model}: {model.count_params():,} parameters, {size:.1f} M multiply-adds a crop"


def watched(files: tuple[str, ...]) -> dict[str, CropSet]:
    """Return the sets of the given label files by name."""
    sets = [labelled_set(Path(file), PLATE_SPEC) for file in files]
    return {entry.name: entry for entry in sets}


def keep_model(
    model: Any, settings: Settings, state: State, folder: Path, drawn: Shard, *, temperature: float = 1.0
) -> None:
    """Write the network as `.h5` with everything it has to say of itself."""
    chosen = architectures.architecture(settings.model)
    meta = weights_file.ModelMeta(
        input=PLATE_SPEC,
        name=settings.name,
        version=settings.version,
        kind="plate",
        temperature=temperature,
        training=training_record(settings, state, model, drawn),
        decoding=chosen.decoding,
        steps=chosen.steps,
    )
    weights_file.save(model, folder / MODEL_FILE, meta)


def training_record(settings: Settings, state: State, model: Any, drawn: Shard) -> dict[str, Any]:
    """Return what the network was trained on and how long, as JSON values; `drawn` is what was validated on."""
    validated = {"seed": VALIDATION_SEED, "number": 0, "count": len(drawn), "part": VALIDATION_PART}
    return {
        "kind": "drawn",
        "drawing_seed": settings.seed,
        "generators": [{"digest": digest, "first_shard": first} for digest, first in state.generators],
        "sets": {"val": validated | {"digest": drawings_digest(drawn.pictures, drawn.texts)}},
        "settings": asdict(settings),
        "step": state.step,
        "steps": state.total,
        "hours": round(state.seconds / 3600, 3),
        "pieces": state.pieces,
        "threads": settings.threads,
        "processors": os.cpu_count(),
        "parameters": model.count_params(),
        "multiply_adds": architectures.multiply_adds(model),
        "last": state.history[-1] if state.history else None,
        "versions": versions(),
    }


def read_settings(folder: Path) -> dict[str, Any]:
    """Return the recorded settings of a run.

    Raises:
        UsageError: there are none, or they cannot be read.
    """
    import json

    try:
        recorded = json.loads((folder / SETTINGS_FILE).read_text(encoding="utf-8"))
        found = {entry.name: recorded[entry.name] for entry in fields(Settings) if entry.name in recorded}
        return found | {"watch": tuple(found.get("watch", ()))}
    except (OSError, ValueError, TypeError) as error:
        raise UsageError(f"{folder} holds no run that could be resumed; name one with --out") from error


def unfinished_run(runs: Path) -> Path:
    """Return the newest unfinished run in `runs`. Raises UsageError if there is none."""
    found = [path.parent for path in runs.glob(f"*/{checkpoint.FILE}") if not (path.parent / REPORT_FILE).exists()]
    if not found:
        raise UsageError(f"no unfinished training in {runs}/; name a run with --out")
    return max(found, key=lambda path: (path / checkpoint.FILE).stat().st_mtime)


def _training(settings: Settings) -> Training:
    chosen = architectures.architecture(settings.model)
    model = architectures.build(settings.model, settings.size())
    if settings.start:
        before = weights_file.load(Path(settings.start))
        if [tuple(w.shape) for w in before.weights] != [tuple(w.shape) for w in model.weights]:
            raise UsageError(f"{settings.start}: another network than {settings.model} of this size")
        model.set_weights(before.get_weights())
    return Training(model, chosen.decoding)


def _begun(store: Store) -> State:
    return State(generators=[(store.digest, 0)])


def _restored(folder: Path, training: Training, settings: Settings, digest: str) -> State:
    """Bring the training back to the checkpoint; what a changed generator draws counts from the next round on."""
    state, arrays = checkpoint.load(folder)
    training.restore(arrays)
    if state.generators[-1][0] != digest:
        state.generators.append((digest, state.step // settings.plan().steps))
    return state


@contextlib.contextmanager
def _writable(folder: Path, settings: Settings, resume: bool) -> Iterator[None]:
    """Make the run's folder and record the settings.

    Raises:
        UsageError: it holds another run already. DeviceError: it cannot be written.
    """
    if (folder / REPORT_FILE).exists() and not resume:
        raise UsageError(f"{folder} holds a finished run; name another folder with --out")
    if not resume and (folder / checkpoint.FILE).exists():
        raise UsageError(f"{folder} holds an unfinished run; add --resume, or name another folder with --out")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_json(asdict(settings), folder / SETTINGS_FILE)
        yield
    except OSError as error:
        reason = error.strerror or (str(error).splitlines() or ["unknown reason"])[0]
        raise DeviceError(
            f"{error.filename or folder} cannot be read or written ({reason}); free some space or name another folder"
        ) from error


def _finish(loop: Loop, settings: Settings, folder: Path, drawn: Shard) -> None:
    """Write the report last: a folder with a report is complete."""
    scores = {name: found.to_json() for name, found in loop.scores().items()}
    record = training_record(settings, loop.state, loop.training.average, drawn)
    write_json({"scores": scores, "training": record}, folder / REPORT_FILE)
