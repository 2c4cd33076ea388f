"""What is wrong with a data set, found before it is trained on: broken files, imbalance, sizes, copies."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..progress import progress
from .datasets import CharacterSet, DataFolder, Split

NEAR = 4.0
"""Mean absolute difference, in grey levels of 255, below which two pictures are taken for copies of one."""
IMBALANCE = 3.0
"""A class with so many times the pictures of another one is a finding."""
_ROWS_AT_ONCE = 256
_PAIRS_AT_ONCE = 4096


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
    known = {picture.tobytes() for picture in train.pictures}
    exact = np.array([picture.tobytes() in known for picture in val.pictures], bool)
    rows = [row.any() for row in _near_rows(val.pictures, train.pictures)]
    return exact, np.array(rows, bool)


def copy_groups(characters: CharacterSet) -> NDArray[np.int64]:
    """Give pictures that are copies of each other, near ones included, the same number: int64 (n,)."""
    group = np.arange(len(characters), dtype=np.int64)
    for row in _near_rows(characters.pictures, characters.pictures):
        joined = group[row]
        if (joined != joined[0]).any():
            group[np.isin(group, joined)] = joined.min()
    return group


def _split(split: Split) -> SplitFindings:
    characters, alphabet = split.characters, split.characters.alphabet
    counts = np.bincount(characters.labels, minlength=len(alphabet))
    least, most = int(counts.argmin()), int(counts.argmax())
    side = (characters.pictures.shape[2], characters.pictures.shape[1])
    first: dict[bytes, int] = {}
    earliest = [first.setdefault(picture.tobytes(), place) for place, picture in enumerate(characters.pictures)]
    exact = np.array(earliest, np.int64) < np.arange(len(characters))
    rows = _near_rows(characters.pictures, characters.pictures)
    near = np.array([row[:place].any() for place, row in enumerate(rows)], bool)
    contradictions = [
        f"{characters.sources[before]} and {characters.sources[place]}"
        for place, before in enumerate(earliest)
        if characters.labels[before] != characters.labels[place]
    ]
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


def _near_rows(first: NDArray[np.uint8], second: NDArray[np.uint8]) -> Iterator[NDArray[np.bool_]]:
    """Yield for every picture of `first` which of `second` are closer than `NEAR`: bool (n of second,).

    Squared distances, one matrix product, decide nearly all: a difference d of 0..255 has d*d <= 255*d, so a pair
    whose squares sum to more than 255 times the allowed sum of differences cannot be close; and the mean difference
    is at most the root of the mean square.
    """
    left, right = (side.reshape(len(side), -1).astype(np.float32) for side in (first, second))
    right_squares = (right * right).sum(axis=1)
    pixels = left.shape[1]
    with progress(len(left), "looking for copies", "picture") as bar:
        for start in range(0, len(left), _ROWS_AT_ONCE):
            rows = left[start : start + _ROWS_AT_ONCE]
            squares = (rows * rows).sum(axis=1)[:, None] + right_squares - 2 * rows @ right.T
            # float32 sums of squares are off by a few parts in a million: a little slack keeps every true pair
            near = squares <= 0.9 * NEAR * NEAR * pixels
            open_pairs = np.argwhere((squares <= 255.0 * NEAR * pixels * 1.01) & ~near)
            for part in range(0, len(open_pairs), _PAIRS_AT_ONCE):
                row, column = open_pairs[part : part + _PAIRS_AT_ONCE].T
                near[row, column] = np.abs(rows[row] - right[column]).mean(axis=1) < NEAR
            yield from near
            bar.update(len(rows))
