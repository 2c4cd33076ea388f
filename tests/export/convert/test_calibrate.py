from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_glyphs import load_split

from plate_export.check_sets.labelled import Labelled, of_characters
from plate_export.convert.calibrate import choose
from plate_runtime.alphabet import ALPHABET
from plate_runtime.errors import UsageError
from plate_runtime.manifest import InputSpec


def _numbered(per_class: list[int]) -> Labelled:
    """A set with pictures that show their index, so that a choice can be checked."""
    labels = np.repeat(np.arange(len(per_class)), per_class)
    pictures = np.zeros((len(labels), 28, 28), np.uint8)
    pictures[:, 0, 0], pictures[:, 0, 1] = np.arange(len(labels)) % 256, labels
    return Labelled(pictures, [ALPHABET[label] for label in labels], [str(place) for place in range(len(labels))])


@given(st.lists(st.integers(1, 12), min_size=2, max_size=8), st.integers(0, 60), st.integers(0, 2**32 - 1))
def test_every_class_gives_the_same_number_or_all_pictures(per_class: list[int], extra: int, seed: int) -> None:
    count = len(per_class) + extra
    chosen = choose(_numbered(per_class), count, seed)
    for place, there in enumerate(per_class):
        given_ = chosen.per_class[ALPHABET[place]]
        assert min(there, count // len(per_class)) <= given_ <= min(there, -(-count // len(per_class)))
    places = chosen.pictures[:, 0, 0].tolist()
    assert len(set(places)) == len(places)


def test_the_seed_decides_the_choice() -> None:
    characters = _numbered([20] * 4)
    first, again, other = (choose(characters, 12, seed) for seed in (1, 1, 2))
    assert first.digest == again.digest
    assert np.array_equal(first.pictures, again.pictures)
    assert first.digest != other.digest


def test_the_choice_is_made_of_the_training_split(data: Path) -> None:
    train, val = load_split(data)
    chosen = choose(of_characters(train, ALPHABET), 72, 0, "mine/train")
    training = {picture.tobytes() for picture in train.pictures}
    validation = {picture.tobytes() for picture in val.pictures}
    bytes_ = {picture.tobytes() for picture in chosen.pictures}
    assert bytes_ <= training
    assert not bytes_ & validation
    record = chosen.record()
    assert (record["set"], record["count"], record["per_class"], record["seed"]) == ("mine/train", 72, 2, 0)


def test_uneven_classes_are_recorded_one_by_one() -> None:
    assert choose(_numbered([1, 5]), 8).record()["per_class"] == {"0": 1, "1": 4}


def test_too_few_pictures_for_all_classes_are_refused() -> None:
    with pytest.raises(UsageError, match="--calibration 3 is too few"):
        choose(_numbered([2] * 4), 3)


def test_plates_are_chosen_without_classes() -> None:
    plates = Labelled(np.arange(40, dtype=np.uint8).reshape(10, 2, 2), [f"B{place}" for place in range(10)], [])
    chosen = choose(plates, 4, 1, "drawn-plates/train")
    assert len(np.unique(chosen.pictures[:, 0, 0])) == 4
    assert chosen.record() == {"set": chosen.set, "count": 4, "seed": 1, "digest": chosen.digest}
    assert len(choose(plates, 400).pictures) == 10


def test_inputs_are_scaled_for_the_model() -> None:
    inputs = choose(_numbered([2, 2]), 4).inputs(InputSpec())
    assert inputs.shape == (4, 28, 28, 1)
    assert inputs.dtype == np.float32
    assert float(inputs.max()) == pytest.approx(3 / 255)
