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
        texts: what stands in them, one sign for a character; sources: n names, a path or a place among drawings.
        originals: of plates and frames, the pictures as they were, gray uint8 (h, w) of any sizes.
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
    """A training split to calibrate with, and the validation split that decides.

    Attributes:
        name: e.g. "characters-india/val" or "drawn-plates/val"; train_name: of the training split.
        digest: of the validation split: `plate_runtime.labels.set_digest` of its files, or of drawn arrays.
        drawn: the pictures were drawn by `plate-train`, not taken of anything real.
        unseen: bool (n,), True for pictures of `val` that do not stand in `train` too.
        notes: one sentence each for what a reader of the figures should know.
    """

    name: str
    train_name: str
    digest: str
    train: Labelled
    val: Labelled
    drawn: bool
    unseen: NDArray[np.bool_]
    notes: tuple[str, ...] = ()


def of_characters(characters: CharacterSet, alphabet: str) -> Labelled:
    """Return characters with their signs of `alphabet` for texts."""
    return Labelled(characters.pictures, [alphabet[label] for label in characters.labels], characters.sources)


def find_unseen(train: Labelled, val: Labelled) -> NDArray[np.bool_]:
    """Tell, bool (n,), which pictures of `val` do not stand in `train` too."""
    known = {picture.tobytes() for picture in train.pictures}
    return np.array([picture.tobytes() not in known for picture in val.pictures], bool)
