"""An export: load, convert, check in every interpreter, publish all files or none."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from plate_runtime.errors import ModelError
from plate_train.network_model import as_model, open_frame_reader
from plate_train.networks.tensorflow_setup import compiled

from . import noise
from .accuracy_check import AccuracyCheck, accuracy_check
from .artefact import Artefact, describe
from .check_sets.labelled import CheckSet, Labelled
from .check_sets.load_check_set import load_check_set
from .check_sets.packaged import is_shipped
from .checks import assumptions, text_check
from .checks.frame_texts import read_crops, search_all
from .checks.reading_process import Reading, installed, read_all
from .checks.start_check import Start, find_start
from .checks.text_check import Limits
from .convert import exact_int8, libraries
from .convert.calibrate import COUNT, Calibration, choose
from .network_outputs import require_sound
from .noise import Noise
from .progress import Progress
from .publish import Staging, stage
from .report.export_report import ExportReport
from .source import Source, load_network
from .targets import TARGETS, Material, Target

_FIRST_STEPS = 3  # pictures, network, scoring the .h5


@dataclass(frozen=True)
class Options:
    """Options of an export.

    Attributes:
        out: folder to publish in.
        data: a data folder, or None for the split that the `.h5` records.
        targets: the files to make.
        min_accuracy: percentage, or None for that of the kind; max_drop: percentage points below the `.h5`.
        calibration: number of pictures; seed: of their choice.
        debug: show the log lines of libraries.
    """

    out: Path
    data: Path | None = None
    targets: Sequence[Target] = TARGETS
    min_accuracy: float | None = None
    max_drop: float = text_check.MAX_DROP
    calibration: int = COUNT
    seed: int = 0
    debug: bool = False


def export(source: Source, options: Options, show: Callable[[str], object] = lambda _text: None) -> ExportReport:
    """Export a `.h5` and publish its files, or raise and publish nothing.

    Args:
        show: called with the report's text before the limits are applied, so a refused export can be examined.

    Raises:
        DataError: no usable pictures. ModelError: the network cannot be converted as asked. AccuracyError: a
            file falls below the limits. DeviceError: `options.out` cannot be written.
    """
    with stage(options.out) as staging, Progress(source.meta.name, _steps(options)) as progress:
        progress.step("loading pictures")
        check_set, calibration = _load_pictures(source, options)
        start = find_start(source)
        progress.step("loading TensorFlow and the network")
        with libraries.quiet(options.debug):
            network = load_network(source)
            limits = _limits(source, options, check_set, start)

        accuracy = accuracy_check(source, check_set, limits)
        runner = _Runner(source, accuracy, progress, options.debug)
        reference = runner.score_network(network)
        if source.foreign and isinstance(check_set.val, Labelled):
            load = _other_polarity(source, options)
            assumptions.judge(network, source, check_set.val, limits, reference=reference, load=load)
        accuracy.judge(reference, [])
        candidates = _convert_all(network, source, options, calibration, progress)
        checks = runner.score_files(candidates, staging, reference)
        found = runner.compare_noise(network, candidates, checks, staging)
        kept = None
        if start is not None:
            progress.step(f"checking what {start.name} reads")
            kept = start.kept([(staging.path(one.file), one.backend) for one in checks], limits, read_all)
        progress.close()

        scored = [one.with_scores(accuracy.scores(checks, one.name)) for one in candidates]
        artefacts = [one.with_noise(found.record(one.name)) for one in scored]
        report = accuracy.report(calibration, reference, artefacts, checks, runner.installed)
        report = replace(report, noise=found, kept=kept)
        show(report.to_text())
        accuracy.judge(reference, checks)
        if kept is not None:
            kept.judge()
        noise.judge(found)
        for artefact in artefacts:
            path = staging.write(artefact.name, artefact.build())
            _require_same_outputs(path, accuracy, checks)
        _publish(report, staging, options.out)
    return report


def _load_pictures(source: Source, options: Options) -> tuple[CheckSet, Calibration | None]:
    """Return the pictures to check with, and those that calibrate int8 if it is asked for."""
    int8 = any(target.precision == "int8" for target in options.targets)
    shipped = is_shipped(source.digest)
    check_set = load_check_set(source.meta, options.data, options.calibration if int8 else 0, shipped=shipped)
    if not int8:
        return check_set, None
    return check_set, choose(check_set.train, options.calibration, options.seed, check_set.train_name)


class _Runner:
    """Runs the `.h5` and every file over the validation set."""

    def __init__(self, source: Source, accuracy: AccuracyCheck, progress: Progress, debug: bool) -> None:
        self.installed = installed()
        self._source, self._accuracy, self._progress, self._debug = source, accuracy, progress, debug

    def score_network(self, network: Any) -> Any:
        self._progress.step("scoring the .h5")
        inputs, at_once = self._accuracy.inputs, self._accuracy.at_once
        batches = []
        for start in range(0, len(inputs), at_once):
            batches.append(np.asarray(network(inputs[start : start + at_once], training=False), np.float32))
            self._count_pictures(len(batches[-1]))
        outputs = np.concatenate(batches)
        require_sound(outputs, self._source.meta, self._source.path)
        return self._accuracy.count(self._read_originals(network, Reading(outputs, "keras", "")))

    def _read_originals(self, network: Any, reading: Reading) -> Reading:
        """Return the reading with what the product reads with the `.h5`."""
        originals, meta = self._accuracy.originals, self._source.meta
        if not len(originals):
            return reading
        model = as_model(compiled(network), meta, self._source.path)
        if meta.kind == "plate":
            return replace(reading, texts=read_crops(model, originals, self._count_pictures))
        with open_frame_reader() as reader:
            return replace(reading, plates=search_all(model, reader, originals, self._count_pictures))

    def score_files(self, candidates: Sequence[Artefact], staging: Staging, reference: Any) -> list[Any]:
        paths = [staging.write(candidate.name, candidate.build()) for candidate in candidates]
        runs = [
            (path, backend)
            for path, one in zip(paths, candidates, strict=True)
            for backend in text_check.usable_backends(one.target, self.installed)
        ]
        self._progress.expect(_FIRST_STEPS + len(candidates) + len(runs) + 1)
        return [self._score_file(path, backend, reference) for path, backend in runs]

    def _score_file(self, path: Path, backend: str, reference: Any) -> Any:
        self._progress.step(f"checking {path.name} in {backend}")
        accuracy = self._accuracy
        reading = read_all(
            path, backend, accuracy.inputs, self._count_pictures, debug=self._debug, originals=accuracy.originals
        )
        result = accuracy.count(reading)
        return accuracy.compare(reference, result, file=path.name, backend=reading.backend, version=reading.version)

    def compare_noise(
        self, network: Any, candidates: Sequence[Artefact], checks: Sequence[Any], staging: Staging
    ) -> Noise:
        """Run the `.h5`, and every file in every interpreter that checked it, on noise."""
        self._progress.step("comparing outputs for noise")
        inputs = noise.inputs(self._source.meta.input)
        reference = np.asarray(network(inputs, training=False), np.float32)
        runs = [(one.file, one.backend) for one in checks]
        outputs = {run: read_all(staging.path(run[0]), run[1], inputs, debug=self._debug).outputs for run in runs}
        return noise.compare(reference, outputs, candidates, self._source.path.name)

    def _count_pictures(self, count: int) -> None:
        self._progress.advance(count / (len(self._accuracy.inputs) + len(self._accuracy.originals)))


def _steps(options: Options) -> int:
    """Return the number of steps with one interpreter for each file."""
    return _FIRST_STEPS + 2 * len(options.targets) + 1


def _limits(source: Source, options: Options, check_set: CheckSet, start: Start | None) -> Limits:
    """Return the limits. A network trained further on labelled crops must read as many as the one before it."""
    minimum = text_check.MINIMUM[source.meta.kind] if options.min_accuracy is None else options.min_accuracy
    if start is not None and options.min_accuracy is None and isinstance(check_set.val, Labelled):
        minimum = min(minimum, start.percent(check_set.val))
    return Limits(minimum, options.max_drop, folded=check_set.synthetic)


def _other_polarity(source: Source, options: Options) -> Callable[[str], Labelled]:
    """Return a function that loads the validation set for a network of another polarity."""

    def load(polarity: str) -> Labelled:
        meta = replace(source.meta, input=replace(source.meta.input, polarity=polarity))
        return load_check_set(meta, options.data).val

    return load


def _convert_all(
    network: Any, source: Source, options: Options, calibration: Calibration | None, progress: Progress
) -> list[Artefact]:
    inputs = calibration.inputs(source.meta.input) if calibration is not None else None
    score = exact_int8.score_range(source.meta.temperature) if source.meta.kind == "detector" else None
    material = Material(network, inputs, score)
    artefacts = []
    for target in options.targets:
        progress.step(f"converting to {target.suffix}")
        with libraries.quiet(options.debug):
            converted = target.convert(material)
        record: dict[str, Any] = {"libraries": libraries.versions()}
        if calibration is not None and target.precision == "int8":
            record |= {"calibration": calibration.record(), "rounding": material.int8.rounding}
        artefacts.append(describe(source, target, converted, record))
    return artefacts


def _require_same_outputs(path: Path, accuracy: AccuracyCheck, checks: Sequence[Any]) -> None:
    """Raise ModelError unless the file with its scores inside gives the outputs that were checked."""
    checked = next(one for one in checks if one.file == path.name)
    again = read_all(path, checked.backend, accuracy.inputs[:16]).outputs
    if not np.array_equal(again, checked.result.outputs[:16]):
        raise ModelError(f"{path.name} gives other outputs than in its check; run the export again")


def _publish(report: ExportReport, staging: Staging, out: Path) -> None:
    """Add the report to the files, publish them, and delete pages that an earlier report had in addition."""
    text = json.dumps(report.to_dict(), indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    for end, content in ((".json", text), (".md", report.to_text())):
        # names of pictures may not be Unicode
        staging.write(_report_file(report, end), content.encode(errors="backslashreplace"))
    pages = report.pictures()
    for number, page in enumerate(pages, 1):
        staging.write(_page(report, number), page)
    staging.publish()
    number = len(pages)
    while (old := out / _page(report, number + 1)).is_file():
        old.unlink()
        number += 1


def _page(report: ExportReport, number: int) -> str:
    return _report_file(report, ".png" if number == 1 else f"-{number}.png")


def _report_file(report: ExportReport, end: str) -> str:
    return f"{report.source.meta.name}-{report.source.meta.version}-report{end}"
