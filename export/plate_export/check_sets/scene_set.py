"""The frames that a detector is calibrated and checked with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from plate_runtime.errors import DataError, InputError, printable
from plate_runtime.labels import LabelledFrame, by_picture, read_labels, set_digest
from plate_runtime.manifest import InputSpec
from plate_runtime.pictures.open_picture import open_picture
from plate_runtime.preprocess import fitted_size, resize_picture
from plate_runtime.results import Corners

from .labelled import CheckSet, Labelled

if TYPE_CHECKING:
    from plate_train.detector.recorded import SceneSet
    from plate_train.networks.weights_file import ModelMeta

LABELS = "labels.csv"

Marks = list[tuple[Corners, str]]
"""Plates of a frame: corners in pixels of the frame, and text or ""."""


@dataclass(frozen=True)
class Frames(Labelled):
    """Frames as inputs, see `Labelled`; their texts are empty.

    Attributes:
        plates: of each frame; ignored: plates where a detection is neither right nor wrong.
        scales: pixels of the input for one of the frame.
    """

    plates: list[Marks] = field(default_factory=list)
    ignored: list[Marks] = field(default_factory=list)
    scales: list[float] = field(default_factory=list)

    @property
    def count(self) -> int:
        """Plates in all frames."""
        return sum(map(len, self.plates))

    @property
    def with_text(self) -> int:
        """Plates with a known text."""
        return sum(bool(text) for plates in self.plates for _, text in plates)


def load_frames(meta: ModelMeta, data: Path | None, calibration: int) -> CheckSet:
    """Load the frames of a folder, or render again the validation set that the `.h5` records.

    Args:
        calibration: number of synthetic training scenes to render again.

    Raises:
        DataError: the data is missing or shows no plate, or the rendered scenes are not the recorded ones.
    """
    train_name, train = "drawn-scenes/train", _nothing(meta.input)
    if calibration:
        from plate_train.detector.recorded import training_scenes

        train = _synthetic(training_scenes(meta, calibration))
    if data is None:
        from plate_train.detector.recorded import validation_scenes

        scenes, digest = validation_scenes(meta)
        name, val = scenes.name, _synthetic(scenes)
    else:
        if not (data / LABELS).is_file():
            raise DataError(f"{data} has no {LABELS}; a detector is checked with labelled frames")
        rows = read_labels(data / LABELS)
        name, digest, val = printable(data.resolve().name), set_digest(rows), _labelled(by_picture(rows), meta.input)
    if not val.count:
        raise DataError(f"{name} shows no plate with corners; there is nothing to detect")
    return CheckSet(name, train_name, digest, train, val, data is None, np.ones(len(val), bool))


def _labelled(listed: Sequence[LabelledFrame], spec: InputSpec) -> Frames:
    pictures, plates, originals, scales = [], [], [], []
    for entry in listed:
        try:
            gray = open_picture(entry.path).gray()
        except InputError as error:
            raise DataError(str(error)) from error
        marks: Marks = []
        for plate in entry.plates:
            if plate.corners is None:
                raise DataError(f"{entry.path}: plate {plate.text} has no corners; a detector is checked by them")
            marks.append((plate.corners, plate.text))
        pictures.append(resize_picture(gray, spec))
        plates.append(marks)
        originals.append(gray)
        scales.append(fitted_size(gray.shape[1], gray.shape[0], spec)[0] / gray.shape[1])
    sources = ["/".join(entry.path.parts[-3:]) for entry in listed]
    none: list[Marks] = [[] for _ in listed]
    return Frames(np.stack(pictures), [""] * len(listed), sources, originals, plates, none, scales)


def _synthetic(scenes: SceneSet) -> Frames:
    plates, ignored = (
        [[(tuple((float(x), float(y)) for x, y in corners), text) for corners, text in scene] for scene in marks]
        for marks in (scenes.plates, scenes.ignored)
    )
    sources = [f"{scenes.name} {place}" for place in range(len(scenes))]
    scales = [1.0] * len(scenes)
    return Frames(scenes.pictures, [""] * len(scenes), sources, list(scenes.pictures), plates, ignored, scales)


def _nothing(spec: InputSpec) -> Labelled:
    height, width, _ = spec.shape
    return Labelled(np.zeros((0, height, width), np.uint8), [], [])
