"""One run of `plate-train plate`, from the synthetic crops to the folder of results."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from plate_runtime.errors import DataError, damage_as

from ..atomic import write_json
from ..loop.checkpoint import State
from ..loop.record import Recorder
from ..loop.run_files import BEFORE_FILE, MODEL_FILE, read_json, write_report
from ..loop.shards import VALIDATION_SEED, VALIDATION_SPLIT, Prefetcher, Shard, Store
from ..loop.start import begun, start_from, writable
from ..loop.steps import Stop
from ..loop.training import Training, normalised
from ..networks import weights_file
from ..networks.model_name import named
from ..networks.multiply_adds import multiply_adds
from ..networks.tensorflow_setup import fix
from ..synthetic.plates.spec import PLATE_SPEC
from . import architectures, report
from .network import plate_training
from .rounds import PlateRounds
from .score import CropSet, PlateScore, labelled_set, synthetic_set
from .settings import Settings
from .steps import PlateSteps
from .user_data import UserCrops, load_user_crops


def run(
    settings: Settings,
    folder: Path,
    store: Store,
    *,
    resume: bool = False,
    retime: bool = False,
    say: Callable[[str], None] = print,
) -> None:
    """Train on synthetic crops, and on the user's if there are any; `resume` continues a stopped run.

    Args:
        settings: see `Settings`. folder: of the run. store: of the synthetic crops.
        resume: continue from the checkpoint in `folder`. retime: its length has changed. say: prints a line.

    Raises:
        DataError, UsageError: data or options do not fit. DeviceError: the folder cannot be written.
    """
    settings = named(settings, folder)
    with writable(folder, settings, resume):
        loop, recorder, before = train(settings, folder, store, resume=resume, retime=retime, say=say)
        _blend(loop.training, settings)
        found = report.finish(loop, before)
        recorder.keep(loop.training.average, loop.state, folder, found["temperature"])
        write_report(found | {"training": recorder.training(loop.state, loop.training.average)}, folder)
        say(f"results in {folder}, the network in {folder / MODEL_FILE}")


def train(
    settings: Settings, folder: Path, store: Store, *, resume: bool, retime: bool = False, say: Callable[[str], None]
) -> tuple[PlateSteps, Recorder, dict[str, PlateScore]]:
    """Train as `run` does, without a report; also return the scores before training."""
    loop, recorder = _prepared(settings, folder, store, resume, say)
    loop.fix_length(again=retime)
    say(describe(settings, loop.training.model))
    with loop.rounds.ahead:
        loop.rounds.ask(loop.state.step // loop.rounds.plan.steps)  # rendered while the sets are scored
        before = _scores_before(loop, settings, resume, say)
        with loop.stop.listening():
            loop.run()
    return loop, recorder, before


def describe(settings: Settings, model: Any) -> str:
    """Return one line on the network."""
    size = multiply_adds(model) / 1e6
    return f"{settings.model}: {model.count_params():,} parameters, {size:.1f} M multiply-adds a crop"


def watched(files: tuple[str, ...]) -> dict[str, CropSet]:
    """Return the sets of the given label files by name."""
    sets = [labelled_set(Path(file), PLATE_SPEC) for file in files]
    return {entry.name: entry for entry in sets}


def _prepared(
    settings: Settings, folder: Path, store: Store, resume: bool, say: Callable[[str], None]
) -> tuple[PlateSteps, Recorder]:
    own = load_user_crops(Path(settings.data), PLATE_SPEC) if settings.data else None
    if own:
        say(f"{own.record['name']}: {len(own.train)} crops to train on, {len(own.val)} to score")
    watch = watched(settings.watch)  # before the pictures are rendered: a file may be missing
    fix(settings.seed, settings.threads)
    training = _training(settings)
    count = len(own.train) if own else 0
    state = begun(folder, training, store.digest, settings.plan(count), resume)
    validation = store.load(VALIDATION_SEED, 0, settings.validation, VALIDATION_SPLIT)
    recorder = _recorder(settings, validation, store, own)
    stop = Stop()
    loop = PlateSteps(
        training,
        _rounds(settings, store, state, own, stop),
        settings.goal(count),
        state,
        val=synthetic_set("drawn", validation.pictures, validation.texts),
        watch=({own.val.name: own.val} if own else {}) | watch,
        spec=PLATE_SPEC,
        decoding=architectures.architecture(settings.model).decoding,
        folder=folder,
        every=60 * settings.minutes,
        keep=lambda now: recorder.keep(training.average, now, folder),
        say=say,
        stop=stop,
        epoch=count / max(1, settings.plan(count).own),
    )
    return loop, recorder


def _recorder(settings: Settings, validation: Shard, store: Store, own: UserCrops | None) -> Recorder:
    chosen = architectures.architecture(settings.model)
    meta = weights_file.ModelMeta(
        input=PLATE_SPEC,
        name=settings.name,
        version=settings.version,
        kind="plate",
        decoding=chosen.decoding,
        steps=chosen.steps,
    )
    more = ({"own": own.record} if own else {}) | weights_file.origin(settings.start)
    return Recorder(meta, asdict(settings), settings.synthetic_seed, validation, store.fonts, more)


def _rounds(settings: Settings, store: Store, state: State, own: UserCrops | None, stop: Stop) -> PlateRounds:
    plan = settings.plan(len(own.train) if own else 0)
    return PlateRounds(
        plan,
        Prefetcher(store, settings.synthetic_seed, plan.count, settings.workers),
        seed=settings.seed,
        first=state.generators[-1][1],
        stop=stop,
        own=own.train if own else None,
    )


def _training(settings: Settings) -> Training:
    model = architectures.build(settings.model, settings.size())
    if settings.start:
        start_from(settings.start, model, settings.model)
        if settings.data:
            for layer in normalised(model):  # statistics of a few crops of one camera do not fit other plates
                layer.trainable = False
    return plate_training(model, architectures.architecture(settings.model).decoding, settings.precision)


def _blend(training: Training, settings: Settings) -> None:
    """Move the averaged weights back towards those that the run started from (Wortsman et al. 2022).

    A network in between keeps most of what both read.
    """
    if settings.start is None or settings.blend == 1:
        return
    start = architectures.build(settings.model, settings.size())
    start_from(settings.start, start, settings.model)
    pairs = zip(start.get_weights(), training.average.get_weights(), strict=True)
    training.average.set_weights([old + settings.blend * (new - old) for old, new in pairs])


def _scores_before(
    loop: PlateSteps, settings: Settings, resume: bool, say: Callable[[str], None]
) -> dict[str, PlateScore]:
    """Return the scores of the network that the run started from, if it was not new."""
    path = loop.folder / BEFORE_FILE
    if resume and path.exists():
        recorded = read_json(path)
        with damage_as(DataError, f"{path} is damaged"):
            return {name: PlateScore(**values) for name, values in recorded.items()}
    if settings.start is None or resume:
        return {}
    scores = loop.scores()
    say("before training, % folded: " + ", ".join(f"{name} {found.percent:.1f}" for name, found in scores.items()))
    write_json({name: found.to_json() for name, found in scores.items()}, path)
    return scores
