"""Whether a network that was trained further still reads the plates that the shipped one before it reads."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from plate_runtime.errors import AccuracyError, ModelError, damage_as
from plate_runtime.evaluate import score_texts
from plate_runtime.preprocess import scale_pixels
from plate_train.network_model import as_model
from plate_train.networks.tensorflow_setup import compiled
from plate_train.networks.weights_file import SHIPPED

from ..check_sets.labelled import Labelled
from ..check_sets.packaged import load_packaged
from ..source import Source, load_network, open_source
from .frame_texts import read_crops
from .reading_process import Reading
from .text_check import Limits

Read = Callable[..., Reading]
"""As `reading_process.read_all`."""


@dataclass(frozen=True)
class Kept:
    """What is still read of the packaged set, with O=0 and I=1.

    Attributes:
        start: name and version of the shipped network. set_name, count: of the set.
        before: plates that it reads. after: plates that each file reads, by file and interpreter.
        allowed: how many fewer a file may read.
    """

    start: str
    set_name: str
    count: int
    before: int
    after: Mapping[str, int]
    allowed: int

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return {**vars(self), "after": dict(self.after)}

    def __str__(self) -> str:
        after = ", ".join(f"{file} {right}" for file, right in self.after.items())
        return (
            f"{self.set_name}, {self.count} plates: {self.start}, which it started from, reads {self.before}; {after}"
        )

    def judge(self) -> None:
        """Raise AccuracyError if a file has forgotten more than is allowed."""
        for file, right in self.after.items():
            if right < self.before - self.allowed:
                raise AccuracyError(
                    f"nothing was published: {file} has forgotten plates, it reads {right} of {self.count} of "
                    f"{self.set_name}, {self.start} reads {self.before}, {self.allowed} fewer are allowed; train with "
                    "fewer --epochs or a smaller --mix, or change --max-drop"
                )


class Start:
    """The shipped plate reader that a network was trained from."""

    def __init__(self, path: Path) -> None:
        self._source = open_source(path)
        self.name = f"{self._source.meta.name} {self._source.meta.version}"

    def percent(self, labelled: Labelled) -> float:
        """Return the percentage of plates that it reads exactly."""
        return 100 * score_texts(self._read(labelled.originals), labelled.texts).exact / len(labelled)

    def kept(self, files: Iterable[tuple[Path, str]], limits: Limits, read: Read) -> Kept:
        """Read the packaged set with it and with files in interpreters."""
        found = load_packaged(self._source.meta)
        val = found.val
        inputs = scale_pixels(val.pictures, self._source.meta.input)
        before = score_texts(self._read(val.originals), val.texts).folded
        after = {
            f"{path.name} in {backend}": score_texts(
                read(path, backend, inputs, originals=val.originals).texts, val.texts
            ).folded
            for path, backend in files
        }
        return Kept(self.name, found.name, len(val), before, after, limits.allowed(len(val)))

    @cached_property
    def _model(self) -> Any:
        return as_model(compiled(load_network(self._source)), self._source.meta, self._source.path)

    def _read(self, crops: Sequence[NDArray[np.uint8]]) -> list[str]:
        return read_crops(self._model, crops)


def find_start(source: Source) -> Start | None:
    """Return the shipped plate reader that a network, or one before it, was trained from; None if there is none."""
    if source.meta.kind != "plate":
        return None
    known = {hashlib.sha256(path.read_bytes()).hexdigest(): path for path in sorted(SHIPPED.glob("*.h5"))}
    with damage_as(ModelError, f"{source.path}: its record of its training is damaged; save it again"):
        record: Any = source.meta.training
        while record and (start := record.get("start")):
            if path := known.get(start["sha256"]):
                return Start(path)
            record = start.get("training")
    return None
