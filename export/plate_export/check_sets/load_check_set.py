"""Loads the labelled pictures that an export is calibrated and checked with."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from plate_runtime.errors import DataError, printable
from plate_runtime.labels import LabelledPicture, class_of, read_labels, set_digest
from plate_runtime.script import LATIN, Script
from plate_train.characters.datasets import CharacterSet, load_folder
from plate_train.characters.recorded import load_recorded
from plate_train.networks.weights_file import ModelMeta
from plate_train.synthetic.fonts import FETCH_COMMAND

from .labelled import CheckSet, Labelled, find_unseen, of_characters
from .packaged import load_packaged
from .plate_set import load_plates

SYNTHETIC = "drawn-characters"


def load_check_set(meta: ModelMeta, data: Path | None, calibration: int = 0, *, shipped: bool = False) -> CheckSet:
    """Load a folder, or render or load again the split that the `.h5` records.

    Args:
        calibration: number of synthetic training pictures to render again; 0 for none.
        shipped: the network is a shipped one; without `data` it is checked with the packaged set.

    Raises:
        DataError: the data is missing, incomplete, of other classes, or no longer the recorded one.
    """
    if shipped and data is None:
        if meta.kind == "detector":
            raise DataError(
                f"{meta.name} {meta.version} is checked with labelled frames: name a folder with --data DIR that holds "
                f"labels.csv with image and corners; int8 also needs the fonts, fetched with {FETCH_COMMAND}"
            )
        return load_packaged(meta)
    if meta.kind == "plate":
        return load_plates(meta, data, calibration)
    if meta.kind == "detector":
        from .scene_set import load_frames

        return load_frames(meta, data, calibration)
    if data is not None:
        return _from_folder(data, meta)
    recorded = load_recorded(meta, calibration)
    train, val = (of_characters(split, meta.alphabet) for split in recorded)
    if meta.training.get("kind") == "drawn":
        # The splits use different fonts, and only some pictures of `train` were rendered to compare with.
        unseen = np.ones(len(val), bool)
        return CheckSet(f"{SYNTHETIC}/val", f"{SYNTHETIC}/train", recorded[1].digest, train, val, True, unseen)
    return _from_files(Path(str(meta.training["path"])).name, train, val)


def classes_in(data: Path, script: Script = LATIN) -> set[str]:
    """Return the classes that a data folder has pictures or folders for, as characters of 0-9 A-Z or of the script.

    Raises:
        DataError: its `labels.csv` cannot be read.
    """
    if (data / "labels.csv").is_file():
        return {picture.text for picture in read_labels(data / "labels.csv", script)}
    roots = [root for root in (data / "train", data / "val") if root.is_dir()] or [data]
    folders = [entry for root in roots if root.is_dir() for entry in root.iterdir() if entry.is_dir()]
    found = {class_of(folder.name, script) or class_of(folder.name) for folder in folders}
    return {character for character in found if character is not None}


def _from_folder(data: Path, meta: ModelMeta) -> CheckSet:
    there = classes_in(data, meta.script)
    strange = sorted(there - set(meta.alphabet))
    if strange:
        raise DataError(f"{data} has the classes {', '.join(strange)}, which the model does not know; name other data")
    # Real sets lack letters: British plates have no I. Only the classes that exist have to be complete.
    present = "".join(character for character in meta.alphabet if character in there) or meta.alphabet
    loaded = load_folder(data, meta.input, present, meta.script)
    places = np.array([meta.alphabet.index(character) for character in present])
    train, val = (_relabelled(split.characters, places, meta.alphabet) for split in (loaded.train, loaded.val))
    notes = []
    absent = [character for character in meta.alphabet if character not in present]
    if absent:
        notes.append(f"{data} has no pictures of {', '.join(absent)}: these classes are neither calibrated nor checked")
    unreadable = len(loaded.train.unreadable) + len(loaded.val.unreadable)
    if unreadable:
        first = (loaded.train.unreadable + loaded.val.unreadable)[0]
        notes.append(f"{unreadable} pictures could not be read and are left out, the first: {first}")
    fitted, checked = (of_characters(split, meta.alphabet) for split in (train, val))
    return _from_files(data.resolve().name, fitted, checked, tuple(notes))


def _from_files(name: str, train: Labelled, val: Labelled, notes: tuple[str, ...] = ()) -> CheckSet:
    digest = set_digest(
        LabelledPicture(Path(source), text) for source, text in zip(val.sources, val.texts, strict=True)
    )
    name = printable(name)
    return CheckSet(f"{name}/val", f"{name}/train", digest, train, val, False, find_unseen(train, val), notes)


def _relabelled(characters: CharacterSet, places: NDArray[np.int64], alphabet: str) -> CharacterSet:
    labels = places[characters.labels]
    return CharacterSet(characters.pictures, labels, characters.sources, characters.digest, alphabet)
