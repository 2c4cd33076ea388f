"""One run of `plate-train detector`, from the scenes to the folder of results."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

from plate_runtime.results import Detection

from ..loop.record import Recorder
from ..loop.run_files import MODEL_FILE, write_report
from ..loop.shards import VALIDATION_SEED, VALIDATION_SPLIT, Prefetcher, Shard, Store
from ..loop.start import begun, start_from, writable
from ..loop.steps import Stop
from ..loop.training import Training
from ..network_model import as_model, open_frame_reader
from ..networks import weights_file
from ..networks.model_name import named
from ..networks.multiply_adds import multiply_adds
from ..networks.tensorflow_setup import fix
from ..synthetic.scenes.spec import SCENE_SPEC
from . import report
from .architectures import build
from .network import detector_training
from .rounds import SceneRounds
from .score import FrameSet, labelled_set, search, synthetic_set
from .settings import Settings
from .steps import DetectorSteps
from .targets import STRIDES


def run(
    settings: Settings,
    folder: Path,
    store: Store,
    *,
    resume: bool = False,
    retime: bool = False,
    say: Callable[[str], None] = print,
) -> None:
    """Train on synthetic scenes; `resume` continues a stopped run.

    Args:
        settings: see `Settings`. folder: of the run. store: of the scenes.
        resume: continue from the checkpoint in `folder`. retime: its length has changed. say: prints a line.

    Raises:
        DataError, UsageError: data or options do not fit. DeviceError: the folder cannot be written.
    """
    settings = named(settings, folder)
    with writable(folder, settings, resume):
        loop, recorder = _prepared(settings, folder, store, resume, say)
        loop.fix_length(again=retime)
        model = loop.training.model
        say(f"detector: {model.count_params():,} parameters, {multiply_adds(model) / 1e6:.1f} M multiply-adds a frame")
        with open_frame_reader() as reader:
            with loop.stop.listening(), loop.rounds.ahead:
                loop.run()

            def find_all(frames: FrameSet, temperature: float, threshold: float) -> list[list[Detection]]:
                meta = replace(recorder.meta, temperature=temperature, thresholds={"min_detection": threshold})
                return search(as_model(loop.training.read, meta), reader, frames)

            found = report.finish(loop.sets, loop.detections(), loop.state, folder, say, search=find_all)
        thresholds = {"min_detection": found["threshold"]}
        recorder.keep(loop.training.average, loop.state, folder, found["temperature"], thresholds)
        write_report(found | {"training": recorder.training(loop.state, loop.training.average)}, folder)
        say(f"results in {folder}, the network in {folder / MODEL_FILE}")


def watched(files: tuple[str, ...]) -> dict[str, FrameSet]:
    """Return the sets of the given label files by name."""
    return {entry.name: entry for entry in (labelled_set(Path(file)) for file in files)}


def _prepared(
    settings: Settings, folder: Path, store: Store, resume: bool, say: Callable[[str], None]
) -> tuple[DetectorSteps, Recorder]:
    watch = watched(settings.watch)  # before the scenes are rendered: a file may be missing
    fix(settings.seed, settings.threads)
    training = _training(settings)
    state = begun(folder, training, store.digest, settings.plan(), resume)
    scenes = store.load(VALIDATION_SEED, 0, settings.validation, VALIDATION_SPLIT)
    recorder = _recorder(settings, scenes, store)
    stop = Stop()
    rounds = SceneRounds(
        settings.plan(), Prefetcher(store, settings.seed, settings.shard, settings.workers),
        seed=settings.seed, first=state.generators[-1][1], stop=stop,
    )  # fmt: skip
    loop = DetectorSteps(
        training, rounds, settings.goal(), state, folder=folder, every=60 * settings.minutes,
        keep=lambda now: recorder.keep(training.average, now, folder), say=say, stop=stop,
        val=synthetic_set("drawn", scenes), watch=watch,
    )  # fmt: skip
    return loop, recorder


def _recorder(settings: Settings, scenes: Shard, store: Store) -> Recorder:
    meta = weights_file.ModelMeta(
        alphabet="",
        input=SCENE_SPEC,
        name=settings.name,
        version=settings.version,
        kind="detector",
        decoding="corners",
        strides=STRIDES,
    )
    origin = weights_file.origin(settings.start)
    return Recorder(meta, asdict(settings), settings.seed, scenes, store.fonts, origin)


def _training(settings: Settings) -> Training:
    model = build(settings.size())
    if settings.start:
        start_from(settings.start, model, "a detector")
    return detector_training(model, settings.precision)
