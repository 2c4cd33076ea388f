"""The frames that a detector is calibrated and checked with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from plate_runtime.errors import DataError, InputError
from plate_runtime.geometry import Corners
from plate_runtime.labels import LabelledFrame, by_picture, read_labels, set_digest
from plate_runtime.manifest import InputSpec
from plate_runtime.pictures.open_picture import open_picture
from plate_runtime.preprocess import fitted_size, resize_picture

from .labelled import CheckSet, Labelled

if TYPE_CHECKING:
    from plate_train.detector.recorded import SceneSet
    from plate_train.networks.weights_file import ModelMeta

LABELS = "labels.csv"

Marks = list[tuple[Corners, str]]
"""Plates of a frame: corners in pixels of the input, and text or ""."""


@dataclass(frozen=True)
class Frames(Labelled):
    """Frames as inputs, see `Labelled`; their texts are empty.

    Attributes:
        plates: of each frame; ignored: plates where a detection is neither right nor wrong.
        sizes: width and height of the picture in its input; originals: the frames as they were, gray, where plates
            are larger in them.
    """

    plates: list[Marks] = field(default_factory=list)
    ignored: list[Marks] = field(default_factory=list)
    sizes: list[tuple[int, int]] = field(default_factory=list)
    originals: list[NDArray[np.uint8]] = field(default_factory=list)

    @property
    def count(self) -> int:
        """Plates in all frames."""
        return sum(map(len, self.plates))


def load_frames(meta: ModelMeta, data: Path | None, calibration: int) -> CheckSet:
    """Load the frames of the folder the user named, or draw the validation set that the `.h5` records again.

    Args:
        calibration: so many of the scenes that the network was trained on are drawn again.

    Raises:
        DataError: the data is missing or shows no plate, or what is drawn is no longer what was recorded.
    """
    train_name, train = "drawn-scenes/train", _nothing(meta.input)
    if calibration:
        from plate_train.detector.recorded import training_scenes

        train = _drawn(training_scenes(meta, calibration))
    if data is None:
        from plate_train.detector.recorded import validation_scenes

        scenes, digest = validation_scenes(meta)
        name, val = scenes.name, _drawn(scenes)
    else:
        if not (data / LABELS).is_file():
            raise DataError(f"{data} has no {LABELS}; a detector is checked with labelled frames")
        rows = read_labels(data / LABELS)
        name, digest, val = data.resolve().name, set_digest(rows), _labelled(by_picture(rows), meta.input)
    if not val.count:
        raise DataError(f"{name} shows no plate with corners; there is nothing to find")
    return CheckSet(name, train_name, digest, train, val, data is None, np.ones(len(val), bool))


def _labelled(listed: Sequence[LabelledFrame], spec: InputSpec) -> Frames:
    pictures, plates, sizes, originals = [], [], [], []
    for entry in listed:
        try:
            gray = open_picture(entry.path).gray()
        except InputError as error:
            raise DataError(str(error)) from error
        size = fitted_size(gray.shape[1], gray.shape[0], spec)
        scale = size[0] / gray.shape[1], size[1] / gray.shape[0]
        marks: Marks = []
        for plate in entry.plates:
            if plate.corners is None:
                raise DataError(f"{entry.path}: plate {plate.text} has no corners; a detector is checked by them")
            marks.append((tuple((x * scale[0], y * scale[1]) for x, y in plate.corners), plate.text))
        pictures.append(resize_picture(gray, spec))
        plates.append(marks)
        sizes.append(size)
        originals.append(gray)
    sources = ["/".join(entry.path.parts[-3:]) for entry in listed]
    none: list[Marks] = [[] for _ in listed]
    return Frames(np.stack(pictures), [""] * len(listed), sources, plates, none, sizes, originals)


def _drawn(scenes: SceneSet) -> Frames:
    plates, ignored = (
        [[(tuple((float(x), float(y)) for x, y in corners), text) for corners, text in scene] for scene in marks]
        for marks in (scenes.plates, scenes.ignored)
    )
    height, width = scenes.pictures.shape[1:]
    sources = [f"{scenes.name} {place}" for place in range(len(scenes))]
    sizes = [(width, height)] * len(scenes)
    return Frames(scenes.pictures, [""] * len(scenes), sources, plates, ignored, sizes, list(scenes.pictures))


def _nothing(spec: InputSpec) -> Labelled:
    height, width, _ = spec.shape
    return Labelled(np.zeros((0, height, width), np.uint8), [], [])
