"""A second split of the training data: choices are made on a part of it, never on the validation data."""

from __future__ import annotations

import numpy as np

from plate_runtime.errors import DataError

from .data_check import copy_groups
from .datasets import CharacterSet

HELD_FRACTION = 0.2
"""Fraction of the training data that choices are made on."""


def hold_out(train: CharacterSet, seed: int, fraction: float = HELD_FRACTION) -> tuple[CharacterSet, CharacterSet]:
    """Divide into (fitted, held): about `fraction` of every class is held out, copies of a picture stay in one split.

    A class with one picture, or with copies of one, stays fitted as a whole.

    Raises:
        DataError: every class does.
    """
    groups = copy_groups(train)
    random = np.random.default_rng([seed, 7])
    held = np.zeros(len(train), bool)
    left = np.bincount(train.labels)
    for label in np.unique(train.labels):
        members = np.flatnonzero(train.labels == label)
        wanted = max(1, round(fraction * len(members)))
        for group in random.permutation(np.unique(groups[members])):
            candidates = np.flatnonzero(groups == group)
            fewer = left - np.bincount(train.labels[candidates], minlength=len(left))
            fits = held[members].sum() + len(candidates) <= wanted and not held[candidates].any()
            if fits and fewer[train.labels[candidates]].all():
                held[candidates], left = True, fewer
    if not held.any():
        raise DataError(
            "train has one picture of each class, or copies of one: none can be held out to choose the epochs on; "
            "add different pictures"
        )
    return train.take(~held), train.take(held)
