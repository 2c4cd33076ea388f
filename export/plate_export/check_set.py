"""The labelled pictures an export is calibrated and checked with."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from plate_runtime.alphabet import ALPHABET
from plate_runtime.errors import DataError
from plate_runtime.labels import LabelledPicture, read_labels, set_digest
from plate_train.datasets import CharacterSet, load_folder
from plate_train.recorded import load_recorded
from plate_train.weights_file import ModelMeta

DRAWN = "drawn-characters"


@dataclass(frozen=True)
class CheckSet:
    """A training split to calibrate with, and the validation split that decides.

    Attributes:
        name: e.g. "characters-india/val", or "drawn-characters/val".
        digest: of the validation split: `plate_runtime.labels.set_digest` of its files, or of drawn arrays.
        train, val: see `CharacterSet`; their labels are places in the model's alphabet.
        drawn: the pictures were drawn by `plate-train`, not taken of anything real.
        unseen: bool (n,), True for pictures of `val` that do not stand in `train` too.
        notes: one sentence each for what a reader of the figures should know.
    """

    name: str
    digest: str
    train: CharacterSet
    val: CharacterSet
    drawn: bool
    unseen: NDArray[np.bool_]
    notes: tuple[str, ...] = ()

    @property
    def train_name(self) -> str:
        """Name of the training split, e.g. "characters-india/train"."""
        return f"{self.name.removesuffix('val')}train"

    def texts(self, alphabet: str) -> list[str]:
        """Return the label of each validation picture as a sign of `alphabet`."""
        return [alphabet[label] for label in self.val.labels]


def load_check_set(meta: ModelMeta, data: Path | None, train_limit: int | None = None) -> CheckSet:
    """Load the folder the user named, or re-create the split that the `.h5` records.

    Args:
        train_limit: so many training pictures are enough where they have to be drawn again.

    Raises:
        DataError: the data is missing, incomplete, of other classes, or no longer the recorded one.
    """
    if data is not None:
        return _from_folder(data, meta)
    train, val = load_recorded(meta, train_limit)
    if meta.training.get("kind") == "drawn":
        # Their fonts are disjoint, and only a part of `train` is at hand to compare with.
        return CheckSet(f"{DRAWN}/val", val.digest, train, val, True, np.ones(len(val), bool))
    name = f"{Path(str(meta.training['path'])).name}/val"
    return CheckSet(name, _files_digest(val, meta.alphabet), train, val, False, _unseen(train, val))


def classes_in(data: Path) -> set[str]:
    """Return the classes that a data folder has pictures or folders for, as signs of 0-9 A-Z.

    Raises:
        DataError: its `labels.csv` cannot be read.
    """
    if (data / "labels.csv").is_file():
        return {picture.text for picture in read_labels(data / "labels.csv")}
    roots = [root for root in (data / "train", data / "val") if root.is_dir()] or [data]
    folders = [entry for root in roots if root.is_dir() for entry in root.iterdir() if entry.is_dir()]
    names = {folder.name.removeprefix("class_") for folder in folders}
    return {name for name in names if len(name) == 1 and name in ALPHABET}


def _from_folder(data: Path, meta: ModelMeta) -> CheckSet:
    there = classes_in(data)
    strange = sorted(there - set(meta.alphabet))
    if strange:
        raise DataError(f"{data} has the classes {', '.join(strange)}, which the model does not know; name other data")
    # Real sets lack letters (British plates have no I): only the classes that are there have to be complete.
    present = "".join(sign for sign in meta.alphabet if sign in there) or meta.alphabet
    loaded = load_folder(data, meta.input, present)
    places = np.array([meta.alphabet.index(sign) for sign in present])
    train, val = (_relabelled(part.characters, places) for part in (loaded.train, loaded.val))
    notes = []
    absent = [sign for sign in meta.alphabet if sign not in present]
    if absent:
        notes.append(f"{data} has no pictures of {', '.join(absent)}: these classes are neither calibrated nor checked")
    unreadable = len(loaded.train.unreadable) + len(loaded.val.unreadable)
    if unreadable:
        first = (loaded.train.unreadable + loaded.val.unreadable)[0]
        notes.append(f"{unreadable} pictures could not be read and are left out, the first: {first}")
    name = f"{data.resolve().name}/val"
    return CheckSet(name, _files_digest(val, meta.alphabet), train, val, False, _unseen(train, val), tuple(notes))


def _relabelled(characters: CharacterSet, places: NDArray[np.int64]) -> CharacterSet:
    return CharacterSet(characters.pictures, places[characters.labels], characters.sources, characters.digest)


def _files_digest(val: CharacterSet, alphabet: str) -> str:
    return set_digest(
        LabelledPicture(Path(source), alphabet[label]) for source, label in zip(val.sources, val.labels, strict=True)
    )


def _unseen(train: CharacterSet, val: CharacterSet) -> NDArray[np.bool_]:
    known = {picture.tobytes() for picture in train.pictures}
    return np.array([picture.tobytes() not in known for picture in val.pictures], bool)
