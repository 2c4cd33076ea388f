"""Pictures that show a quantiser which values to expect: from the training split only, all characters alike."""

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
"""Ten a class for 36 classes; more moves no scale of the networks measured here."""


@dataclass(frozen=True)
class Calibration:
    """The chosen pictures, uint8 (n, height, width), and what has to be known to choose them again.

    Attributes:
        set: name of the split they come from; seed: of the choice.
        per_class: pictures of each class, by its sign, of plates none; digest: SHA-256 of labels and pictures.
    """

    pictures: NDArray[np.uint8]
    set: str
    seed: int
    per_class: dict[str, int]
    digest: str

    def inputs(self, spec: InputSpec) -> NDArray[np.float32]:
        """Return them as the network takes them, float32 (n, height, width, 1)."""
        return scale_pixels(self.pictures, spec)

    def record(self) -> dict[str, Any]:
        """Return what manifest and report keep of the choice."""
        counts = sorted(set(self.per_class.values()))
        classes = {"per_class": counts[0] if len(counts) == 1 else self.per_class} if counts else {}
        return {"set": self.set, "count": len(self.pictures), **classes, "seed": self.seed, "digest": self.digest}


def choose(train: Labelled, count: int = COUNT, seed: int = 0, set_name: str = "train") -> Calibration:
    """Draw about `count` pictures at random; of characters the same number of every class that `train` has.

    A class with fewer pictures than its share gives all of them; each gives at least one.

    Raises:
        UsageError: `count` is smaller than the number of classes.
    """
    by_class = all(len(text) == 1 for text in train.texts)
    groups = np.array(train.texts if by_class else [""] * len(train))
    classes = np.unique(groups)
    if count < len(classes):
        raise UsageError(f"--calibration {count} is too few: every one of the {len(classes)} classes has to be seen")
    generator = np.random.default_rng(seed)
    chosen: list[int] = []
    for sign, share in zip(classes, _shares(count, len(classes)), strict=True):
        members = np.flatnonzero(groups == sign)
        chosen += sorted(generator.permutation(members)[:share].tolist())
    part = Labelled(train.pictures[chosen], [train.texts[place] for place in chosen], [])
    per_class = dict(sorted(Counter(part.texts).items())) if by_class else {}
    return Calibration(part.pictures, set_name, seed, per_class, part.digest)


def _shares(count: int, classes: int) -> list[int]:
    whole, rest = divmod(count, classes)
    return [whole + (place < rest) for place in range(classes)]
