"""Pictures with their texts, the same for characters and plates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from plate_train.characters.datasets import CharacterSet
from plate_train.loop.shards import shard_digest


@dataclass(frozen=True)
class Labelled:
    """Pictures as the model's preprocessing leaves them before scaling, uint8 (n, height, width).

    Attributes:
        texts: their texts, of a character one character; sources: n names, a path or an index of a synthetic picture.
        originals: of plates and frames, the pictures before preprocessing, gray uint8 (h, w) of any sizes.
    """

    pictures: NDArray[np.uint8]
    texts: list[str]
    sources: list[str]
    originals: Sequence[NDArray[np.uint8]] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.texts)

    @property
    def digest(self) -> str:
        """SHA-256 of texts and pictures in their order."""
        return shard_digest(self.pictures, self.texts)


@dataclass(frozen=True)
class CheckSet:
    """A training split to calibrate with, and a validation split to check with.

    Attributes:
        name: e.g. "characters-india/val" or "drawn-plates/val"; train_name: of the training split.
        digest: of the validation split: `plate_runtime.labels.set_digest` of its files, or of synthetic arrays.
        synthetic: the pictures were rendered by `plate-train`.
        unseen: bool (n,), True for pictures of `val` that are not in `train`.
        notes: sentences for the report.
    """

    name: str
    train_name: str
    digest: str
    train: Labelled
    val: Labelled
    synthetic: bool
    unseen: NDArray[np.bool_]
    notes: tuple[str, ...] = ()


def of_characters(characters: CharacterSet, alphabet: str) -> Labelled:
    """Return characters with their classes in `alphabet` as texts."""
    return Labelled(characters.pictures, [alphabet[label] for label in characters.labels], characters.sources)


def find_unseen(train: Labelled, val: Labelled) -> NDArray[np.bool_]:
    """Return bool (n,), True for pictures of `val` that are not in `train`."""
    known = {picture.tobytes() for picture in train.pictures}
    return np.array([picture.tobytes() not in known for picture in val.pictures], bool)
