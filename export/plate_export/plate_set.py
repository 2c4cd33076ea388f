"""The crops that a network for whole plates is calibrated and checked with."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from plate_runtime.errors import DataError
from plate_runtime.labels import read_labels, set_digest
from plate_train.plates.recorded import training_drawings, validation_drawings
from plate_train.plates.score import CropSet, labelled_set
from plate_train.weights_file import ModelMeta

from .labelled import CheckSet, Labelled, find_unseen

LABELS = "labels.csv"


def load_plates(meta: ModelMeta, data: Path | None, calibration: int) -> CheckSet:
    """Load the crops of the folder the user named, or draw the validation set that the `.h5` records again.

    Args:
        calibration: so many of the drawings that the network was trained on are drawn again.

    Raises:
        DataError: the data is missing or holds no text, or what is drawn is no longer what was recorded.
    """
    train = _drawings(training_drawings(meta, calibration)) if calibration else _nothing(meta)
    train_name = "drawn-plates/train"
    if data is None:
        found, digest = validation_drawings(meta)
        val = _drawings(found)
        return CheckSet(found.name, train_name, digest, train, val, True, np.ones(len(val), bool))
    if not (data / LABELS).is_file():
        raise DataError(f"{data} has no {LABELS}; a plate model is checked with labelled crops")
    crops = labelled_set(data / LABELS, meta.input)
    listed = [entry for entry in read_labels(data / LABELS) if entry.text]
    val = Labelled(crops.pictures, crops.texts, [str(entry.path) for entry in listed])
    return CheckSet(crops.name, train_name, set_digest(listed), train, val, False, find_unseen(train, val))


def _drawings(drawn: CropSet) -> Labelled:
    return Labelled(drawn.pictures, drawn.texts, [f"{drawn.name} {place}" for place in range(len(drawn))])


def _nothing(meta: ModelMeta) -> Labelled:
    height, width, _ = meta.input.shape
    return Labelled(np.zeros((0, height, width), np.uint8), [], [])
