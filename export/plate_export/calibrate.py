"""Pictures that show a quantiser which values to expect: from the training split only, the same number a class."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from plate_runtime.errors import UsageError
from plate_runtime.manifest import InputSpec
from plate_runtime.preprocess import scale_pixels
from plate_train.datasets import CharacterSet, digest

COUNT = 360
"""Ten a class for 36 classes; more moves no scale of the networks measured here."""


@dataclass(frozen=True)
class Calibration:
    """The chosen pictures, uint8 (n, 28, 28), and what has to be known to choose them again.

    Attributes:
        set: name of the split they come from; seed: of the choice.
        per_class: pictures of each class, by its sign; digest: SHA-256 of labels and pictures in their order.
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
        return {
            "set": self.set,
            "count": len(self.pictures),
            "per_class": counts[0] if len(counts) == 1 else self.per_class,
            "seed": self.seed,
            "digest": self.digest,
        }


def choose(
    train: CharacterSet, alphabet: str, count: int = COUNT, seed: int = 0, set_name: str = "train"
) -> Calibration:
    """Draw about `count` pictures at random, the same number of every class that `train` has.

    A class with fewer pictures than its share gives all of them; each gives at least one.

    Raises:
        UsageError: `count` is smaller than the number of classes.
    """
    classes = np.unique(train.labels)
    if count < len(classes):
        raise UsageError(f"--calibration {count} is too few: every one of the {len(classes)} classes has to be seen")
    generator = np.random.default_rng(seed)
    shares = _shares(count, len(classes))
    chosen: list[int] = []
    for label, share in zip(classes, shares, strict=True):
        members = np.flatnonzero(train.labels == label)
        chosen += sorted(generator.permutation(members)[:share].tolist())
    pictures, labels = train.pictures[chosen], train.labels[chosen]
    per_class = {alphabet[label]: int((labels == label).sum()) for label in classes}
    return Calibration(pictures, set_name, seed, per_class, digest(pictures, labels))


def _shares(count: int, classes: int) -> list[int]:
    whole, rest = divmod(count, classes)
    return [whole + (place < rest) for place in range(classes)]
