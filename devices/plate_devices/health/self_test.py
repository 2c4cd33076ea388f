"""Read the shipped sample pictures: as a self-test, and to measure the speed of this machine."""

from __future__ import annotations

import os
import statistics
import threading
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from plate_devices.threads import BackgroundThread

if TYPE_CHECKING:
    from plate_devices.run_options import InferOptions
    from plate_runtime.pictures.open_picture import Picture
    from plate_runtime.reader import PlateReader

_WORTH = 1.1
"""How many times as many crops another thread has to read."""

_PATIENCE = 60.0
"""Seconds for the threads to open their networks, and to end."""

SAMPLES = Path(__file__).parent.parent / "samples"


class Sample(NamedTuple):
    """A synthetic plate and its text."""

    name: str
    picture: Picture
    text: str


class Timing(NamedTuple):
    """Milliseconds per crop, from the decoded picture to the text."""

    wall_ms: float
    wall_ms_90: float
    cpu_ms: float
    crops: int


class SelfTest(NamedTuple):
    """The model, the number of samples, and the names of those that it read wrong."""

    model: str
    samples: int
    wrong: list[str]


def read_samples(options: InferOptions | None) -> SelfTest:
    """Read the samples with the model of `options`; see `open_plate_reader`.

    Samples with characters that the model lacks do not count.

    Raises:
        PlateEdgeError: the model cannot be opened, or does not run.
    """
    with open_plate_reader(options) as reader:
        read = [(sample, _text(reader, sample)) for sample in load_samples()]
        manifest = reader.model.manifest
    known = [(sample, text) for sample, text in read if set(sample.text) <= set(manifest.alphabet)]
    return SelfTest(manifest.label, len(known), [sample.name for sample, text in known if text != sample.text])


def measure(options: InferOptions | None, seconds: float) -> Timing:
    """Read the samples repeatedly for so many seconds, after an uncounted first round."""
    samples = load_samples()
    wall: list[float] = []
    with open_plate_reader(options) as reader:
        for sample in samples:
            _text(reader, sample)
        cpu_before, until = time.process_time(), time.perf_counter() + seconds
        while time.perf_counter() < until or not wall:
            for sample in samples:
                started = time.perf_counter()
                _text(reader, sample)
                wall.append(1000 * (time.perf_counter() - started))
        cpu = 1000 * (time.process_time() - cpu_before) / len(wall)
    slow = statistics.quantiles(wall, n=10)[-1] if len(wall) > 1 else wall[0]
    return Timing(statistics.median(wall), slow, cpu, len(wall))


class Parallel(NamedTuple):
    """How many threads read crops fastest, each with its own networks, and how many times as many as one thread."""

    threads: int
    gain: float


def measure_threads(options: InferOptions | None, seconds: float) -> Parallel:
    """Read the samples in one thread, then in two, and so on up to one for each core, for so many seconds each.

    Another thread counts only if it reads a tenth more.
    """
    rates = [_crops_per_second(options, 1, seconds)]
    for threads in range(2, (os.cpu_count() or 1) + 1):
        rate = _crops_per_second(options, threads, seconds)
        if rate < _WORTH * rates[-1]:
            break
        rates.append(rate)
    return Parallel(len(rates), rates[-1] / rates[0])


def _crops_per_second(options: InferOptions | None, threads: int, seconds: float) -> float:
    samples = load_samples()
    ready, counts = threading.Barrier(threads + 1, timeout=_PATIENCE), [0] * threads
    until = [0.0]

    def read(number: int) -> None:
        with open_plate_reader(options) as reader:
            for sample in samples:
                _text(reader, sample)
            ready.wait()
            ready.wait()
            while time.perf_counter() < until[0] or not counts[number]:
                for sample in samples:
                    _text(reader, sample)
                    counts[number] += 1

    running = [
        BackgroundThread(partial(read, number), f"measure {number + 1}", restarts=False) for number in range(threads)
    ]
    for thread in running:
        thread.start()
    ready.wait()
    started = time.perf_counter()
    until[0] = started + seconds
    ready.wait()
    for thread in running:
        thread.join(seconds + _PATIENCE)
    return sum(counts) / (time.perf_counter() - started)


def open_plate_reader(options: InferOptions | None) -> PlateReader:
    """Open a reader of plates with the model of the options, or the one that ships for crops or frames."""
    from plate_runtime.reader import PlateReader
    from plate_runtime.shipped import DETECTING, shipped_model

    named: str | Path | None = None
    backend, threads = "auto", 1
    if options is not None and options.read_as != "character":
        from plate_devices.open_models import choose_models, try_models

        models = choose_models(options.models, options.read_as, options.backend)
        try_models(models, options.backend)
        named = models.reader
        if named is None and options.read_as in DETECTING:
            named = shipped_model("frame", options.backend)
        backend, threads = options.backend, options.threads
    return PlateReader(named, backend, threads)


def load_samples() -> list[Sample]:
    """Return the decoded samples. Raises InputError if one is missing."""
    from plate_runtime.labels import read_labels
    from plate_runtime.pictures.open_picture import open_picture

    labelled = read_labels(SAMPLES / "labels.csv")
    return [Sample(one.path.name, open_picture(one.path), one.text) for one in labelled]


def _text(reader: PlateReader, sample: Sample) -> str:
    return next((plate.text for plate in reader.read(sample.picture, "plate", min_confidence=0.0)), "")
