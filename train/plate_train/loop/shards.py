"""Shards of synthetic pictures on disk, rendered ahead by other processes during training.

The content of a shard depends on the generator, the seed and its number only. It can be rendered by any process, and
again after it was deleted. Runs with the same generator share their files.
"""

from __future__ import annotations

import hashlib
import multiprocessing
import os
import re
import signal
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from plate_runtime.errors import DataError
from plate_runtime.manifest import InputSpec

from ..atomic import replacing
from ..progress import progress
from ..synthetic.fonts import installed_fonts
from .run_files import read_arrays

Advance = Callable[[], object]


class Render(Protocol):
    """Renders a shard: uint8 (count, height, width), resized but not standardised, and count texts.

    A text is that of a plate, or the labels of a scene. `advance` is called after each picture. The split
    "train" shares neither fonts nor layouts with "measure".
    """

    def __call__(
        self, seed: int, number: int, count: int, spec: InputSpec, split: str, *, advance: Advance
    ) -> tuple[NDArray[np.uint8], list[str]]: ...


class Generator(Protocol):
    """A module with a renderer of shards."""

    @property
    def shard(self) -> Render:
        """Renders a shard."""

    def digest(self) -> str:
        """Return a SHA-256 that identifies what it renders."""


TRAINING_SPLIT, VALIDATION_SPLIT = "train", "measure"
VALIDATION_SEED = 900_001
"""Seed of the validation set of all runs; no run trains with it."""

_NICE = 10
_POLL_SECONDS = 0.05


@dataclass(frozen=True)
class Shard:
    """Drawn or photographed crops, uint8 (n, height, width) resized but not standardised, and their n texts."""

    pictures: NDArray[np.uint8]
    texts: list[str]

    def __len__(self) -> int:
        return len(self.texts)


@dataclass(frozen=True)
class Store:
    """The shards of one generator in a folder.

    Attributes:
        folder: of this generator only. digest: SHA-256 that identifies the generator.
        render: see `Render`. spec: size of the pictures.
        most: files kept of one seed; the lowest numbers are deleted first.
        fonts: licences of the fonts, by package.
    """

    folder: Path
    digest: str
    render: Render
    spec: InputSpec
    most: int = 64
    fonts: Mapping[str, str] = field(default_factory=dict)

    def path(self, seed: int, number: int, count: int, split: str = TRAINING_SPLIT) -> Path:
        """Return the file of a shard, whether it is there or not."""
        return self.folder / f"{split}-{seed}-{count}-{number:06d}.npz"

    def load(self, seed: int, number: int, count: int, split: str = TRAINING_SPLIT) -> Shard:
        """Return a shard; it is rendered if its file is missing."""
        path = self.path(seed, number, count, split)
        if not path.exists():
            with progress(count, "rendering validation pictures", "picture") as bar:
                self.make(seed, number, count, split, bar.update)
        return read_shard(path)

    def make(
        self, seed: int, number: int, count: int, split: str = TRAINING_SPLIT, advance: Advance = lambda: None
    ) -> None:
        """Render a shard and write it; `advance` is called after each picture.

        Raises:
            DataError: the generator returned another number or size of pictures.
        """
        pictures, texts = self.render(seed, number, count, self.spec, split, advance=advance)
        height, width, _ = self.spec.shape
        if pictures.shape != (count, height, width) or pictures.dtype != np.uint8 or len(texts) != count:
            raise DataError(f"the generator returned {pictures.dtype} {pictures.shape} and {len(texts)} texts")
        with replacing(self.path(seed, number, count, split)) as unfinished:
            np.savez(unfinished, pictures=pictures, texts=np.array(texts, dtype=np.str_))

    def tidy(self, seed: int, count: int, low: int) -> None:
        """Delete files of a seed with numbers below `low` until no more than `most` are left."""
        pattern = re.compile(rf"{TRAINING_SPLIT}-{seed}-{count}-(\d+)\.npz")
        numbers = sorted(int(found[1]) for path in self.folder.glob("*.npz") if (found := pattern.fullmatch(path.name)))
        for number in numbers[: max(0, len(numbers) - self.most)]:
            if number < low:
                self.path(seed, number, count).unlink(missing_ok=True)


def open_store(generator: Generator, spec: InputSpec, folder: Path, most: int) -> Store:
    """Return the store of a generator; each version of it has its own folder below `folder`."""
    digest = generator.digest()
    fonts = {font.package: font.licence for font in installed_fonts()}
    return Store(folder / digest[:16], digest, generator.shard, spec, most, fonts)


def read_shard(path: Path) -> Shard:
    """Read a shard's file. Raises DataError if it is damaged."""
    arrays = read_arrays(path, "the shard is damaged; delete the file")
    pictures, texts = arrays.get("pictures"), arrays.get("texts")
    whole = pictures is not None and pictures.dtype == np.uint8 and pictures.ndim == 3
    if pictures is None or texts is None or not whole or texts.dtype.kind != "U" or texts.shape != pictures.shape[:1]:
        raise DataError(f"{path}: the shard is damaged; delete the file")
    return Shard(pictures, texts.tolist())


def shard_digest(pictures: NDArray[np.uint8], texts: Sequence[str]) -> str:
    """Return the SHA-256 of pictures, uint8 (n, height, width) as they were rendered, and their texts, in order."""
    content = hashlib.sha256("\n".join(texts).encode())
    content.update(np.ascontiguousarray(pictures, dtype=np.uint8).data)
    return content.hexdigest()


class Prefetcher:
    """Within the block, worker processes render the shards from `low` to `high`, which `want` sets."""

    def __init__(self, store: Store, seed: int, count: int, workers: int = 2) -> None:
        self.store, self.seed, self.count = store, seed, count
        # spawned, not forked: a fork of a process that runs TensorFlow's threads can hang
        context = multiprocessing.get_context("spawn")
        self._bounds = context.Array("q", [0, -1])
        self._error: Any = context.Array("c", 2000)
        self._working = [context.Array("q", [-1, 0]) for _ in range(workers)]
        self._processes = [
            context.Process(
                target=_render_ahead,
                args=(store, seed, count, (place, workers), (self._bounds, working, self._error, os.getpid())),
                name="rendering",
            )
            for place, working in enumerate(self._working)
        ]

    def __enter__(self) -> Prefetcher:
        for process in self._processes:
            process.start()
        return self

    def __exit__(self, *_error: object) -> None:
        for process in self._processes:
            process.terminate()
        for process in self._processes:
            process.join(10)

    def want(self, low: int, high: int) -> None:
        """Ask for the shards from `low` to `high`; those below may be deleted."""
        self._bounds[:] = [low, high]

    def get(self, number: int, stop: Callable[[], bool] = lambda: False) -> Shard | None:
        """Wait for a shard, and show how far it is; None if `stop` ends the wait.

        Raises:
            DataError: rendering failed.
        """
        path = self.store.path(self.seed, number, self.count)
        if path.exists():
            return read_shard(path)
        with progress(self.count, "rendering training pictures", "picture") as bar:
            return read_shard(path) if self._arrives(path, number, stop, bar) else None

    def _arrives(self, path: Path, number: int, stop: Callable[[], bool], bar: Any) -> bool:
        working, shown = self._working[number % len(self._working)], 0
        while not path.exists():
            if not all(process.is_alive() for process in self._processes) and not path.exists():
                raise DataError(f"rendering failed: {self._error.value.decode(errors='replace') or 'killed'}")
            if stop():
                return False
            rendering, done = working[:]
            if rendering == number:
                bar.update(done - shown)
                shown = done
            time.sleep(_POLL_SECONDS)
        return True


def _render_ahead(
    store: Store, seed: int, count: int, worker: tuple[int, int], shared: tuple[Any, Any, Any, int]
) -> None:
    """Render every `worker[1]`-th of the missing shards until the parent process ends."""
    bounds, working, error_text, parent = shared

    def advance() -> None:
        working[1] += 1

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the parent ends this process
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # unwinds, so that unfinished files go
    os.nice(_NICE)
    place, workers = worker
    try:
        while os.getppid() == parent:
            low, high = bounds[:]
            mine = (number for number in range(low, high + 1) if number % workers == place)
            missing = next((number for number in mine if not store.path(seed, number, count).exists()), None)
            if missing is None:
                time.sleep(4 * _POLL_SECONDS)
                continue
            working[:] = [missing, 0]
            store.make(seed, missing, count, advance=advance)
            store.tidy(seed, count, low)
    except Exception as error:
        error_text.value = f"{type(error).__name__}: {error}".encode()[:1900]
        raise SystemExit(1) from None
