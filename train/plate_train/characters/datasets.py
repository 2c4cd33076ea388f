"""Labelled characters as arrays: from class folders or from a `labels.csv`."""

from __future__ import annotations

import contextlib
import hashlib
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from plate_runtime.alphabet import ALPHABET
from plate_runtime.errors import DataError, InputError
from plate_runtime.labels import LabelledPicture, class_of, read_class_folders, read_labels, without_prefix
from plate_runtime.manifest import InputSpec
from plate_runtime.pictures.open_picture import open_picture
from plate_runtime.preprocess import border_tone, polarity_of, resize_picture
from plate_runtime.script import LATIN, Script

from ..loop.scores import VALIDATION_FRACTION
from ..progress import progress

MIXED = 0.1
"""Above this fraction of the other polarity a network is trained on both."""


@dataclass(frozen=True)
class CharacterSet:
    """Characters ready for training.

    Attributes:
        pictures: uint8 (n, 28, 28), grey 0..255, as the network's preprocessing leaves them before scaling.
        labels: int64 (n,), index into the alphabet.
        sources: n names: a path, or the number of a synthetic character.
        digest: SHA-256 of labels and pictures in their order.
        alphabet: one character a class.
    """

    pictures: NDArray[np.uint8]
    labels: NDArray[np.int64]
    sources: list[str]
    digest: str
    alphabet: str = ALPHABET

    def __len__(self) -> int:
        return len(self.labels)

    def take(self, indices: NDArray[Any] | Sequence[int]) -> CharacterSet:
        """Return the characters at `indices` (positions or a mask) as a new set with its own digest."""
        chosen = np.arange(len(self))[np.asarray(indices)]
        sources = [self.sources[place] for place in chosen]
        return character_set(self.pictures[chosen], self.labels[chosen], sources, self.alphabet)


@dataclass(frozen=True)
class Split:
    """One split as it was found on disk.

    Attributes:
        characters: the pictures that could be read.
        unreadable: one line each for those that could not.
        sizes: how many pictures had which (width, height).
    """

    characters: CharacterSet
    unreadable: tuple[str, ...]
    sizes: dict[tuple[int, int], int]


@dataclass(frozen=True)
class DataFolder:
    """A data set of a user: where it lies, and its two splits."""

    path: Path
    train: Split
    val: Split


def character_set(
    pictures: NDArray[np.uint8], labels: NDArray[np.integer[Any]], sources: Iterable[str], alphabet: str = ALPHABET
) -> CharacterSet:
    """Build a set from uint8 pictures (n, 28, 28), labels (n,) and n source names; computes the digest."""
    wide = np.ascontiguousarray(labels, dtype=np.int64)
    return CharacterSet(pictures, wide, list(sources), digest(pictures, wide), alphabet)


def digest(pictures: NDArray[np.uint8], labels: NDArray[np.int64]) -> str:
    """Return the SHA-256 of labels and pictures in their order, as 64 hexadecimal digits."""
    content = hashlib.sha256(labels.astype("<i8").tobytes())
    content.update(np.ascontiguousarray(pictures, dtype=np.uint8).data)
    return content.hexdigest()


def load_folder(
    folder: Path, spec: InputSpec | None = None, alphabet: str | None = None, script: Script = LATIN
) -> DataFolder:
    """Load a data folder: `train/` and `val/` of class folders, class folders alone, or a `labels.csv`.

    Data without splits is split reproducibly; pictures of one `group` stay in one split.

    Args:
        alphabet: the classes; None takes those of the script that the training split has.
        script: the characters that class folders are named after and labels are written in.

    Raises:
        DataError: the folder or one of the splits is missing, a class has no readable picture, or `val` has a class
            that `train` lacks.
    """
    spec = spec or InputSpec()
    train, val = _listed(folder, script)
    alphabet = alphabet or _classes(folder, train, val, script)
    splits = (read_split(train, spec, alphabet), read_split(val, spec, alphabet))
    for name, split in zip(("train", "val"), splits, strict=True):
        _require_all_classes(split, alphabet, folder, name)
    return DataFolder(folder, *splits)


def read_split(listed: Sequence[LabelledPicture], spec: InputSpec, alphabet: str = ALPHABET) -> Split:
    """Read the listed pictures; those that cannot be read are named in the result and left out.

    Raises:
        DataError: a label is not one character of the alphabet.
    """
    pictures, labels, sources, unreadable = [], [], [], []
    sizes: Counter[tuple[int, int]] = Counter()
    for entry in _with_progress(listed, "reading pictures"):
        if len(entry.text) != 1 or entry.text not in alphabet:
            raise DataError(f"{entry.path}: the label {entry.text!r} is not one of the {len(alphabet)} characters")
        try:
            gray = open_picture(entry.path).gray()
        except InputError as error:
            unreadable.append(str(error))
            continue
        sizes[gray.shape[1], gray.shape[0]] += 1
        pictures.append(resize_picture(gray, spec))
        labels.append(alphabet.index(entry.text))
        sources.append(str(entry.path))
    height, width, _ = spec.shape
    stacked = np.stack(pictures) if pictures else np.zeros((0, height, width), np.uint8)
    found = character_set(stacked, np.array(labels, np.int64), sources, alphabet)
    return Split(found, tuple(unreadable), dict(sizes))


def measure_polarity(folder: Path, script: Script = LATIN) -> tuple[str, str]:
    """Return the polarity of the training pictures of a data folder, "any" where both are common, and how it was found.

    Counted are pictures that show their polarity. Where none does, the set does: borders have less ink than the rest.

    Raises:
        DataError: see `load_folder`.
    """
    counts: Counter[str | None] = Counter()
    away = 0.0
    listed, _ = _listed(folder, script, note=lambda _line: None)
    for entry in _with_progress(listed, "measuring polarity"):
        with contextlib.suppress(InputError):  # this and notes come when the pictures are loaded
            gray = open_picture(entry.path).gray()
            counts[polarity_of(gray)] += 1
            away += border_tone(gray) - float(gray.mean())
    light, dark = counts["light-on-dark"], counts["dark-on-light"]
    how = f"of {counts.total()} training pictures {light} show light on dark, {dark} dark on light"
    if min(light, dark) > MIXED * (light + dark):
        return "any", how
    return "dark-on-light" if (dark - light or away) > 0 else "light-on-dark", how


def _with_progress(listed: Sequence[LabelledPicture], title: str) -> Iterator[LabelledPicture]:
    with progress(len(listed), title, "picture") as bar:
        for entry in listed:
            yield entry
            bar.update()


def _read_classes(folder: Path, script: Script, note: Callable[[str], object]) -> list[LabelledPicture]:
    """Read class folders; where some are named after characters of another script, say which option reads them."""
    entries = sorted(folder.iterdir()) if folder.is_dir() else []
    names = [without_prefix(entry.name) for entry in entries if entry.is_dir()]
    found_names = "".join(name for name in names if len(name) == 1 and name.isalnum())
    foreign = any(class_of(character, script) is None for character in found_names)
    hint = f"to train on these characters, add --alphabet {found_names}"
    try:
        listed = read_class_folders(folder, note, script)
    except DataError as error:
        raise (DataError(f"{error}; {hint}") if foreign else error) from error
    if foreign:
        note(hint)
    return listed


def _print_note(line: str) -> None:
    print(f"note: {line}", file=sys.stderr)


def _listed(
    folder: Path, script: Script, note: Callable[[str], object] = _print_note
) -> tuple[list[LabelledPicture], list[LabelledPicture]]:
    if not folder.is_dir():
        raise DataError(f"{folder}: no such folder; --data wants one with train/ and val/ in it")
    if (folder / "labels.csv").is_file():
        return _divided(folder, read_labels(folder / "labels.csv", script))
    splits = [folder / "train", folder / "val"]
    if not any(split.is_dir() for split in splits):
        return _divided(folder, _read_classes(folder, script, note))
    for split in splits:
        if not split.is_dir():
            raise DataError(f"{folder}: there is no folder {split.name}/; --data wants train/ and val/")
    train, val = (_read_classes(split, script, note) for split in splits)
    return train, val


def _divided(folder: Path, listed: list[LabelledPicture]) -> tuple[list[LabelledPicture], list[LabelledPicture]]:
    """Split by a digest of the group, or of class and file name: no seed, and new pictures move no old one.

    Only where a class would be missing in one of the splits, the picture or group with the nearest digest is moved.

    Raises:
        DataError: a class has a single picture or group.
    """
    keys = [entry.group or f"{entry.text}/{entry.path.name}" for entry in listed]
    draws = {key: _draw(key) for key in keys}
    scored = {key for key, draw in draws.items() if draw < VALIDATION_FRACTION}
    of_class: dict[str, set[str]] = {}
    for key, entry in zip(keys, listed, strict=True):
        of_class.setdefault(entry.text, set()).add(key)
    for text, own in of_class.items():
        if len(own) == 1 and len(text) == 1:  # longer labels are refused where their pictures are read
            raise DataError(
                f"{folder}: class {text} has a single picture or group, which cannot be in both the training and the "
                "validation data; add another one"
            )
        if own <= scored:
            scored.discard(max(own, key=draws.__getitem__))
        elif not own & scored:
            scored.add(min(own, key=draws.__getitem__))
    pairs = list(zip(keys, listed, strict=True))
    return [entry for key, entry in pairs if key not in scored], [entry for key, entry in pairs if key in scored]


def _draw(key: str) -> float:
    """Return a number 0..1 that depends on the key alone."""
    digest = hashlib.sha256(key.encode(errors="surrogateescape")).digest()  # names of files may not be Unicode
    return int.from_bytes(digest[:8], "big") / 2**64


def _classes(folder: Path, train: Sequence[LabelledPicture], val: Sequence[LabelledPicture], script: Script) -> str:
    """Return the classes that the training split has, in the order of the script's alphabet."""
    whole = script.alphabet
    learned, scored = ({entry.text for entry in split} for split in (train, val))
    if strange := sorted(scored & set(whole) - learned):
        raise DataError(f"{folder}: val has pictures of class {', '.join(strange)}, train has none to learn them from")
    found = "".join(character for character in whole if character in learned)
    if len(found) < 2 and learned <= set(whole):  # other labels are named where their pictures are read
        raise DataError(f"{folder}: train has pictures of {len(found)} of the classes {whole}; at least two are needed")
    return found or whole


def _require_all_classes(split: Split, alphabet: str, folder: Path, name: str) -> None:
    counts = np.bincount(split.characters.labels, minlength=len(alphabet))
    missing = [character for character, count in zip(alphabet, counts, strict=True) if count == 0]
    if missing:
        broken = f" ({len(split.unreadable)} pictures were unreadable)" if split.unreadable else ""
        raise DataError(
            f"{folder}: {name} has no picture of class {', '.join(missing)}{broken}; every class needs pictures"
        )
