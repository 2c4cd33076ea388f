"""What is wrong with a data set, found before it is trained on: broken files, imbalance, sizes, copies."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .datasets import CharacterSet, DataFolder, Split

NEAR = 4.0
"""Mean absolute difference, in grey levels of 255, below which two pictures are taken for copies of one."""
IMBALANCE = 3.0
"""A class with so many times the pictures of another one is a finding."""
_ROWS_AT_ONCE = 1024


@dataclass(frozen=True)
class SplitFindings:
    """What was found in one split; a picture that equals an earlier one is counted as a copy."""

    count: int
    unreadable: tuple[str, ...]
    fewest: tuple[str, int]
    most: tuple[str, int]
    other_sizes: int
    exact_copies: int
    near_copies: int
    contradictions: tuple[str, ...]

    @property
    def imbalanced(self) -> bool:
        """True where the largest class has `IMBALANCE` times the pictures of the smallest."""
        return self.most[1] >= IMBALANCE * self.fewest[1]


@dataclass(frozen=True)
class Findings:
    """Findings of both splits, and which validation pictures stand in the training split too.

    Attributes:
        copied: bool (n of val,), the very pixels are in `train/`.
        nearly_copied: bool (n of val,), a picture closer than `NEAR` is in `train/`; includes `copied`.
    """

    train: SplitFindings
    val: SplitFindings
    copied: NDArray[np.bool_]
    nearly_copied: NDArray[np.bool_]

    def lines(self) -> list[str]:
        """Return the findings as sentences for people."""
        lines = []
        for name, split in (("train", self.train), ("val", self.val)):
            lines.append(f"{name}: {split.count} pictures, {split.fewest[1]} to {split.most[1]} a class")
            lines += [f"{name}: unreadable and left out: {line}" for line in split.unreadable]
            if split.imbalanced:
                lines.append(
                    f"{name}: imbalance: {split.most[1]} of {split.most[0]}, {split.fewest[1]} of {split.fewest[0]}"
                )
            if split.other_sizes:
                lines.append(f"{name}: {split.other_sizes} pictures are not of the network's size and were resized")
            lines.append(
                f"{name}: {split.exact_copies} exact and {split.near_copies} near copies of other pictures in it"
            )
            lines += [f"{name}: the same picture under two labels: {line}" for line in split.contradictions]
        near = int(self.nearly_copied.sum() - self.copied.sum())
        lines.append(
            f"both splits: {int(self.copied.sum())} of {len(self.copied)} validation pictures are exact copies of "
            f"training pictures, {near} more are near copies"
        )
        return lines

    def to_json(self) -> dict[str, Any]:
        """Return the findings as JSON values."""
        import dataclasses

        return {
            "train": dataclasses.asdict(self.train),
            "val": dataclasses.asdict(self.val),
            "val_copied_from_train": int(self.copied.sum()),
            "val_nearly_copied_from_train": int(self.nearly_copied.sum()),
            "near_threshold": NEAR,
        }


def check(data: DataFolder) -> Findings:
    """Look through both splits of a loaded data folder."""
    train, val = data.train.characters, data.val.characters
    return Findings(_split(data.train), _split(data.val), *copies_between(val, train))


def copies_between(val: CharacterSet, train: CharacterSet) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return which validation pictures have an exact, and which a near or exact copy in train: two bool (n,)."""
    exact, near = np.zeros(len(val), bool), np.zeros(len(val), bool)
    for row, _, difference in _close_pairs(val.pictures, train.pictures):
        near[row] = True
        exact[row] |= difference == 0
    return exact, near


def copy_groups(characters: CharacterSet) -> NDArray[np.int64]:
    """Give pictures that are copies of each other, near ones included, the same number: int64 (n,)."""
    group = np.arange(len(characters))

    def root(member: int) -> int:
        while group[member] != member:
            group[member] = group[group[member]]
            member = group[member]
        return member

    for first, second, _ in _close_pairs(characters.pictures, characters.pictures):
        low, high = sorted((root(first), root(second)))
        group[high] = low
    return np.array([root(member) for member in range(len(characters))], np.int64)


def _split(split: Split) -> SplitFindings:
    characters, alphabet = split.characters, split.characters.alphabet
    counts = np.bincount(characters.labels, minlength=len(alphabet))
    least, most = int(counts.argmin()), int(counts.argmax())
    side = (characters.pictures.shape[2], characters.pictures.shape[1])
    exact, near = np.zeros(len(characters), bool), np.zeros(len(characters), bool)
    contradictions = []
    for first, second, difference in _close_pairs(characters.pictures, characters.pictures):
        if first >= second:
            continue
        near[second] = True
        exact[second] |= difference == 0
        if difference == 0 and characters.labels[first] != characters.labels[second]:
            contradictions.append(f"{characters.sources[first]} and {characters.sources[second]}")
    return SplitFindings(
        count=len(characters),
        unreadable=split.unreadable,
        fewest=(alphabet[least], int(counts[least])),
        most=(alphabet[most], int(counts[most])),
        other_sizes=sum(count for size, count in split.sizes.items() if size != side),
        exact_copies=int(exact.sum()),
        near_copies=int((near & ~exact).sum()),
        contradictions=tuple(contradictions),
    )


def _close_pairs(first: NDArray[np.uint8], second: NDArray[np.uint8]) -> Iterator[tuple[int, int, float]]:
    """Yield (row of first, row of second, mean absolute difference) of all pairs closer than `NEAR`.

    Squared distances, one matrix product, leave few candidates: a difference d of 0..255 has d*d <= 255*d, so a pair
    whose squares sum to more than 255 times the allowed sum of differences cannot be close.
    """
    if len(first) == 0 or len(second) == 0:
        return
    left, right = (side.reshape(len(side), -1).astype(np.float32) for side in (first, second))
    right_squares = (right * right).sum(axis=1)
    limit = 255.0 * NEAR * left.shape[1]
    for start in range(0, len(left), _ROWS_AT_ONCE):
        rows = left[start : start + _ROWS_AT_ONCE]
        squares = (rows * rows).sum(axis=1)[:, None] + right_squares - 2 * rows @ right.T
        # float32 sums of squares are off by a few parts in a million: a little slack keeps every true pair
        candidates = np.argwhere(squares <= limit * 1.01)
        for row, column in candidates:
            difference = float(np.abs(rows[row] - right[column]).mean())
            if difference < NEAR:
                yield start + int(row), int(column), difference
