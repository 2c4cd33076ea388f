"""A second split of the training data: choices are made on a part of it, never on the validation data."""

from __future__ import annotations

import numpy as np

from .data_check import copy_groups
from .datasets import CharacterSet

HELD_FRACTION = 0.2
"""Fraction of the training data that choices are made on."""


def hold_out(train: CharacterSet, seed: int, fraction: float = HELD_FRACTION) -> tuple[CharacterSet, CharacterSet]:
    """Divide into (fitted, held): about `fraction` of every class is held out, copies of a picture stay in one split.

    A class whose pictures are all copies of each other stays fitted as a whole.
    """
    groups = copy_groups(train)
    random = np.random.default_rng([seed, 7])
    held = np.zeros(len(train), bool)
    for label in np.unique(train.labels):
        members = np.flatnonzero(train.labels == label)
        wanted = max(1, round(fraction * len(members)))
        for group in random.permutation(np.unique(groups[members])):
            candidates = np.flatnonzero(groups == group)
            if held[members].sum() + len(candidates) <= wanted and not held[candidates].any():
                held[candidates] = True
    return train.take(~held), train.take(held)
