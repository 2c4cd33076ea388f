"""Holding out a part of the training split."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plate_runtime.errors import DataError
from plate_train.characters.data_check import copies_between
from plate_train.characters.datasets import CharacterSet, character_set
from plate_train.characters.splits import hold_out


def test_every_class_is_held_out_in_proportion(small_train: CharacterSet) -> None:
    fitted, held = hold_out(small_train, seed=3, fraction=0.25)
    assert np.bincount(held.labels).tolist() == [1] * 36
    assert np.bincount(fitted.labels).tolist() == [3] * 36
    assert set(fitted.sources) | set(held.sources) == set(small_train.sources)


def test_seeds_hold_out_different_pictures_and_repeat(small_train: CharacterSet) -> None:
    first, again, other = (hold_out(small_train, seed)[1].digest for seed in (1, 1, 2))
    assert first == again != other


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000), st.integers(2, 6))
def test_copies_stay_on_one_side(small_train: CharacterSet, seed: int, copies: int) -> None:
    random = np.random.default_rng(seed)
    chosen = np.concatenate([np.arange(24), random.integers(0, 24, 4 * copies)])
    noise = random.integers(0, 3, (len(chosen), 28, 28))
    pictures = np.clip(small_train.pictures[chosen].astype(int) + noise, 0, 255).astype(np.uint8)
    copied = character_set(pictures, small_train.labels[chosen], [str(place) for place in chosen])
    fitted, held = hold_out(copied, seed)
    assert not copies_between(held, fitted)[1].any()
    assert set(fitted.labels) == set(copied.labels)


def test_a_class_of_copies_alone_stays_fitted(small_train: CharacterSet) -> None:
    same = small_train.take([0, 0, 0, 4, 5, 6, 7])
    fitted, held = hold_out(same, seed=1)
    assert (fitted.labels == 0).sum() == 3
    assert (held.labels == 1).sum() == 1


def test_a_class_with_one_picture_stays_fitted(small_train: CharacterSet) -> None:
    fitted, held = hold_out(small_train.take([0, 4, 5, 6, 7]), seed=1)
    assert (fitted.labels.tolist(), held.labels.tolist()) == ([0, 1, 1, 1], [1])


def test_one_picture_under_two_labels_takes_no_class_its_last(small_train: CharacterSet) -> None:
    chosen = small_train.take([0, 0, 4, 5, 6, 7])
    labels = np.array([0, 1, 2, 2, 2, 2])
    fitted, held = hold_out(character_set(chosen.pictures, labels, chosen.sources), seed=1)
    assert set(fitted.labels.tolist()) == {0, 1, 2}
    assert held.labels.tolist() == [2]


@pytest.mark.parametrize("chosen", [[0, 4, 8], [0, 0, 0, 4, 4]])
def test_nothing_to_hold_out_is_a_data_error(small_train: CharacterSet, chosen: list[int]) -> None:
    with pytest.raises(DataError, match="add different pictures"):
        hold_out(small_train.take(chosen), seed=0)
