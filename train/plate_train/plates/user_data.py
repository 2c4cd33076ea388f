"""The user's labelled crops, split into training and validation, and mixed with synthetic crops."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from plate_runtime.alphabet import fold
from plate_runtime.errors import DataError, printable
from plate_runtime.labels import LabelledPicture, read_labels, set_digest
from plate_runtime.manifest import InputSpec
from plate_runtime.preprocess import standardise

from ..loop.scores import VALIDATION_FRACTION
from ..loop.shards import Shard
from .losses import encode
from .score import CropSet, crops

NAME = "own"


@dataclass(frozen=True)
class UserCrops:
    """A user's crops: for training, resized but not standardised; for validation; and their record."""

    train: Shard
    val: CropSet
    record: dict[str, Any]


def load_user_crops(folder: Path, spec: InputSpec) -> UserCrops:
    """Read `folder`/labels.csv and divide it.

    Raises:
        DataError: a file cannot be read, a text is too long, or there is too little to divide.
    """
    train, val = split_labelled(read_labels(folder / "labels.csv"))
    encode([entry.text for entry in [*train, *val]])
    plain = replace(spec, contrast="as-is")
    splits = {"train": train, "val": val}
    record = {
        "name": printable(folder.resolve().name),
        "sets": {name: {"count": len(split), "digest": set_digest(split)} for name, split in splits.items()},
    }
    held = CropSet(NAME, standardise(crops(val, plain)), [entry.text for entry in val], val)
    return UserCrops(Shard(crops(train, plain), [entry.text for entry in train]), held, record)


def split_labelled(listed: Sequence[LabelledPicture]) -> tuple[list[LabelledPicture], list[LabelledPicture]]:
    """Divide crops that have a text into (train, val), about a fifth in val.

    Crops with a common group or text (O=0 and I=1 as one), directly or through others, stay in one split: otherwise a
    vehicle could be in both. The order is that of digests: without a seed, the same for every copy of the data.

    Raises:
        DataError: all crops are connected, or there are fewer than two texts.
    """
    listed = [entry for entry in listed if entry.text]
    families = _families(listed)
    wanted = VALIDATION_FRACTION * len(listed)
    held: set[int] = set()
    for family in sorted(families, key=lambda family: _digest(listed, family)):
        if len(held) + len(family) <= max(1.0, 1.2 * wanted) and len(held) < wanted:
            held.update(family)
    if not held or len(held) == len(listed):
        raise DataError("the crops cannot be divided: all share one text or group; add crops of other vehicles")
    train = [entry for place, entry in enumerate(listed) if place not in held]
    return train, [listed[place] for place in sorted(held)]


def _families(listed: Sequence[LabelledPicture]) -> list[list[int]]:
    """Indices of the crops that are connected by groups and texts."""
    parent = list(range(len(listed)))

    def root(place: int) -> int:
        while parent[place] != place:
            parent[place] = parent[parent[place]]
            place = parent[place]
        return place

    first: dict[tuple[str, str], int] = {}
    for place, entry in enumerate(listed):
        keys = [("text", fold(entry.text))] + ([("group", entry.group)] if entry.group else [])
        for key in keys:
            parent[root(place)] = root(first.setdefault(key, place))
    families: dict[int, list[int]] = {}
    for place in range(len(listed)):
        families.setdefault(root(place), []).append(place)
    return list(families.values())


def _digest(listed: Sequence[LabelledPicture], family: Sequence[int]) -> bytes:
    return hashlib.sha256(min(fold(listed[place].text) for place in family).encode()).digest()


def pick(count: int, amount: int, step: int, key: list[int]) -> NDArray[np.intp]:
    """Choose the `amount` of `count` crops of a step; none comes twice before all have come once."""
    places = np.arange(step * amount, (step + 1) * amount).tolist()
    orders = {
        number: np.random.default_rng([*key, number]).permutation(count)
        for number in range(places[0] // count, places[-1] // count + 1)
    }
    return np.array([orders[place // count][place % count] for place in places], np.intp)
