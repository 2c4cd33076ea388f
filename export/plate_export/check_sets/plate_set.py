"""The crops that a network for whole plates is calibrated and checked with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from plate_runtime.errors import DataError, damage_as, printable
from plate_runtime.labels import LabelledPicture, read_labels, set_digest
from plate_runtime.preprocess import resize_picture
from plate_train.networks.weights_file import ModelMeta
from plate_train.plates.recorded import training_plates, validation_plates
from plate_train.plates.score import CropSet, open_grays
from plate_train.plates.user_data import split_labelled

from .labelled import CheckSet, Labelled, find_unseen

LABELS = "labels.csv"


def load_plates(meta: ModelMeta, data: Path | None, calibration: int) -> CheckSet:
    """Load the crops of a folder, or render again the validation set that the `.h5` records.

    Args:
        calibration: number of synthetic training pictures to render again.

    Raises:
        DataError: the data is missing or has no text, or the rendered pictures are not the recorded ones.
    """
    if data is not None and meta.training.get("kind") != "drawn":
        return _divided(meta, data)
    train = _synthetic(training_plates(meta, calibration)) if calibration else _nothing(meta)
    train_name = "drawn-plates/train"
    if data is None:
        found, digest = validation_plates(meta)
        val = _synthetic(found)
        return CheckSet(found.name, train_name, digest, train, val, True, np.ones(len(val), bool))
    name, listed = printable(data.resolve().name), _listed(meta, data)
    if held_back := _held_back(meta.training, listed):
        name, listed = f"{name}/val", held_back
    val = _labelled(meta, listed)
    return CheckSet(name, train_name, set_digest(listed), train, val, False, find_unseen(train, val))


def _listed(meta: ModelMeta, data: Path) -> list[LabelledPicture]:
    if not (data / LABELS).is_file():
        raise DataError(f"{data} has no {LABELS}; a plate model is checked with labelled crops")
    listed = [entry for entry in read_labels(data / LABELS, meta.script) if entry.text]
    if not listed:
        raise DataError(f"{data / LABELS} has no picture with a text")
    return listed


def _divided(meta: ModelMeta, data: Path) -> CheckSet:
    """Calibrate and check a network that was not trained on synthetic pictures with two splits of labelled crops."""
    splits = [data / split for split in ("train", "val")]
    if all((split / LABELS).is_file() for split in splits):
        train, val = (_listed(meta, split) for split in splits)
    else:
        train, val = split_labelled(_listed(meta, data))
    name, shown = printable(data.resolve().name), (_labelled(meta, train), _labelled(meta, val))
    return CheckSet(f"{name}/val", f"{name}/train", set_digest(val), *shown, False, find_unseen(*shown))


def _labelled(meta: ModelMeta, listed: Sequence[LabelledPicture]) -> Labelled:
    grays = list(open_grays(listed))
    pictures = np.stack([resize_picture(gray, meta.input) for gray in grays])
    return Labelled(pictures, [entry.text for entry in listed], [_short(entry.path) for entry in listed], grays)


def _held_back(training: Mapping[str, Any], listed: Sequence[LabelledPicture]) -> list[LabelledPicture]:
    """Return the crops not trained on, if the network or one before it was fine-tuned with this set; else none."""
    with damage_as(DataError, "the model's record of its training is damaged; save it again"):
        known = {used["sets"]["train"]["digest"] for record in _lineage(training) if (used := record.get("own"))}
    if not known:
        return []
    train, val = split_labelled(listed)
    return val if set_digest(train) in known else []


def _lineage(training: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Iterate over the training records of a network and of those that it started from."""
    record: Mapping[str, Any] | None = training
    while record:
        yield record
        record = record.get("start", {}).get("training")


def _short(path: Path) -> str:
    """Return a crop's name without the folders of a home: reports are published."""
    return "/".join(path.parts[-3:])


def _synthetic(crops: CropSet) -> Labelled:
    sources = [f"{crops.name} {place}" for place in range(len(crops))]
    return Labelled(crops.pictures, crops.texts, sources, list(crops.pictures))


def _nothing(meta: ModelMeta) -> Labelled:
    height, width, _ = meta.input.shape
    return Labelled(np.zeros((0, height, width), np.uint8), [], [])
