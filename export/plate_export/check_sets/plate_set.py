"""The crops that a network for whole plates is calibrated and checked with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from plate_runtime.errors import DataError, damage_as
from plate_runtime.labels import LabelledPicture, read_labels, set_digest
from plate_runtime.preprocess import resize_picture
from plate_train.networks.weights_file import ModelMeta
from plate_train.plates.recorded import training_plates, validation_plates
from plate_train.plates.score import CropSet, open_grays
from plate_train.plates.user_data import split_labelled

from .labelled import CheckSet, Labelled, find_unseen

LABELS = "labels.csv"


def load_plates(meta: ModelMeta, data: Path | None, calibration: int) -> CheckSet:
    """Load the crops of the folder the user named, or draw the validation set that the `.h5` records again.

    Args:
        calibration: so many of the drawings that the network was trained on are drawn again.

    Raises:
        DataError: the data is missing or holds no text, or what is drawn is no longer what was recorded.
    """
    if data is not None and meta.training.get("kind") != "drawn":
        return _divided(meta, data)
    train = _drawings(training_plates(meta, calibration)) if calibration else _nothing(meta)
    train_name = "drawn-plates/train"
    if data is None:
        found, digest = validation_plates(meta)
        val = _drawings(found)
        return CheckSet(found.name, train_name, digest, train, val, True, np.ones(len(val), bool))
    name, listed = data.resolve().name, _listed(meta, data)
    if own := _own_part(meta.training, listed):
        name, listed = f"{name}/val", own
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
    """Calibrate and check a network that was not trained on drawings with the two splits of labelled crops."""
    parts = [data / part for part in ("train", "val")]
    if all((part / LABELS).is_file() for part in parts):
        train, val = (_listed(meta, part) for part in parts)
    else:
        train, val = split_labelled(_listed(meta, data))
    name, shown = data.resolve().name, (_labelled(meta, train), _labelled(meta, val))
    return CheckSet(f"{name}/val", f"{name}/train", set_digest(val), *shown, False, find_unseen(*shown))


def _labelled(meta: ModelMeta, listed: Sequence[LabelledPicture]) -> Labelled:
    grays = list(open_grays(listed))
    pictures = np.stack([resize_picture(gray, meta.input) for gray in grays])
    return Labelled(pictures, [entry.text for entry in listed], [_short(entry.path) for entry in listed], grays)


def _own_part(training: Mapping[str, Any], listed: Sequence[LabelledPicture]) -> list[LabelledPicture]:
    """Return what the network was not trained on, where it, or one before it, went on with these very crops."""
    with damage_as(DataError, "the model's record of its training is damaged; save it again"):
        known = {own["sets"]["train"]["digest"] for record in _lineage(training) if (own := record.get("own"))}
    if not known:
        return []
    train, val = split_labelled(listed)
    return val if set_digest(train) in known else []


def _lineage(training: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Walk the records of a network and of those that it started from."""
    record: Mapping[str, Any] | None = training
    while record:
        yield record
        record = record.get("start", {}).get("training")


def _short(path: Path) -> str:
    """Name a crop without the folders of a home, which are private: reports are published."""
    return "/".join(path.parts[-3:])


def _drawings(drawn: CropSet) -> Labelled:
    sources = [f"{drawn.name} {place}" for place in range(len(drawn))]
    return Labelled(drawn.pictures, drawn.texts, sources, list(drawn.pictures))


def _nothing(meta: ModelMeta) -> Labelled:
    height, width, _ = meta.input.shape
    return Labelled(np.zeros((0, height, width), np.uint8), [], [])
