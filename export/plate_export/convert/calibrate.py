"""Pictures to calibrate int8 with: from the training split only, the same number of every character."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from plate_runtime.errors import UsageError
from plate_runtime.manifest import InputSpec
from plate_runtime.preprocess import scale_pixels

from ..check_sets.labelled import Labelled

COUNT = 360
"""Ten a class for 36 classes; more changed no scale of the networks measured."""


@dataclass(frozen=True)
class Calibration:
    """The chosen pictures, uint8 (n, height, width), and what is needed to choose them again.

    Attributes:
        set: name of the split they come from; seed: of the choice.
        per_class: pictures of each class by its character, empty for plates; digest: SHA-256 of labels and pictures.
    """

    pictures: NDArray[np.uint8]
    set: str
    seed: int
    per_class: dict[str, int]
    digest: str

    def inputs(self, spec: InputSpec) -> NDArray[np.float32]:
        """Return them as inputs of the network, float32 (n, height, width, 1)."""
        return scale_pixels(self.pictures, spec)

    def record(self) -> dict[str, Any]:
        """Return what manifest and report record of the choice."""
        counts = sorted(set(self.per_class.values()))
        classes = {"per_class": counts[0] if len(counts) == 1 else self.per_class} if counts else {}
        return {"set": self.set, "count": len(self.pictures), **classes, "seed": self.seed, "digest": self.digest}


def choose(train: Labelled, count: int = COUNT, seed: int = 0, set_name: str = "train") -> Calibration:
    """Choose about `count` pictures at random; of characters the same number of every class of `train`.

    A class with fewer pictures gives all of them. Every class gives at least one.

    Raises:
        UsageError: `count` is smaller than the number of classes.
    """
    by_class = all(len(text) == 1 for text in train.texts)
    groups = np.array(train.texts if by_class else [""] * len(train))
    classes = np.unique(groups)
    if count < len(classes):
        raise UsageError(f"--calibration {count} is too few: each of the {len(classes)} classes needs a picture")
    generator = np.random.default_rng(seed)
    chosen: list[int] = []
    for name, number in zip(classes, _numbers(count, len(classes)), strict=True):
        members = np.flatnonzero(groups == name)
        chosen += sorted(generator.permutation(members)[:number].tolist())
    selected = Labelled(train.pictures[chosen], [train.texts[place] for place in chosen], [])
    per_class = dict(sorted(Counter(selected.texts).items())) if by_class else {}
    return Calibration(selected.pictures, set_name, seed, per_class, selected.digest)


def _numbers(count: int, classes: int) -> list[int]:
    whole, rest = divmod(count, classes)
    return [whole + (place < rest) for place in range(classes)]
