"""Training one network: schedule, averaging, choice of the epoch, learning at all."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from plate_runtime.errors import UsageError
from plate_runtime.manifest import InputSpec
from plate_train.characters import architectures
from plate_train.characters.architectures import Hyperparameters
from plate_train.characters.datasets import CharacterSet
from plate_train.characters.fit import Recipe, batches, fit, learning_rate
from plate_train.characters.score import predict
from plate_train.networks import tensorflow_setup

SPEC = InputSpec()
SMALL = Hyperparameters(8, 16, 64, 32, dropout=0.1, learning_rate=3e-3)
QUICK = Recipe(hyper=SMALL, epochs=3, batch=16)


def test_it_learns_to_read_other_drawings(small_train: CharacterSet, small_val: CharacterSet) -> None:
    result = fit(dataclasses.replace(QUICK, epochs=15, augment=None), small_train, SPEC, 1, watch=small_val)
    right = (predict(result.model, small_val.pictures, SPEC).argmax(axis=1) == small_val.labels).sum()
    assert right >= 34
    assert result.history[-1]["val_right"] == right
    assert result.history[0]["loss"] > 2 > result.history[-1]["loss"]


def test_the_seed_decides_the_weights(small_train: CharacterSet) -> None:
    short = dataclasses.replace(QUICK, epochs=1)
    first, again, other = (fit(short, small_train, SPEC, seed).model.get_weights() for seed in (4, 4, 5))
    assert all(np.array_equal(one, two) for one, two in zip(first, again, strict=True))
    assert any(not np.array_equal(one, two) for one, two in zip(first, other, strict=True))


def test_every_epoch_has_batches_of_its_own_and_they_can_be_had_again(small_train: CharacterSet) -> None:
    def epoch(seed: int, number: int) -> tuple[np.ndarray, np.ndarray]:
        pictures, labels = zip(*batches(small_train, QUICK, SPEC, seed, number), strict=True)
        return np.concatenate(pictures), np.concatenate(labels)

    first, again, later = epoch(1, 0), epoch(1, 0), epoch(1, 1)
    np.testing.assert_array_equal(first[0], again[0])
    assert not np.array_equal(first[0], later[0])
    assert np.bincount(later[1]).tolist() == [4] * 36
    assert first[0].shape == (144, 28, 28, 1)
    assert first[0].max() <= 1


def test_cosine_warms_up_and_falls_to_nothing() -> None:
    rates = [learning_rate(QUICK, done) for done in np.linspace(0, 1, 101)]
    assert max(rates) == pytest.approx(3e-3, rel=0.01)
    assert rates[0] < 1e-4
    assert rates[-1] == pytest.approx(0, abs=1e-9)
    assert rates[5:] == sorted(rates[5:], reverse=True)
    assert learning_rate(dataclasses.replace(QUICK, schedule="constant"), 0.99) == 3e-3


def test_best_epoch_is_the_one_that_is_returned(small_train: CharacterSet, small_val: CharacterSet) -> None:
    ruinous = dataclasses.replace(
        QUICK,
        epochs=6,
        schedule="constant",
        average=0.0,
        augment=None,
        hyper=dataclasses.replace(SMALL, learning_rate=0.02),
    )
    result = fit(ruinous, small_train, SPEC, 2, watch=small_val, keep_best=True)
    best = max(result.history, key=lambda row: (row["val_right"], -row["val_loss"]))
    assert result.history.index(best) + 1 == result.best_epoch
    right = (predict(result.model, small_val.pictures, SPEC).argmax(axis=1) == small_val.labels).sum()
    assert right == best["val_right"]


def test_stopping_early_keeps_the_schedule(small_train: CharacterSet) -> None:
    whole = fit(QUICK, small_train, SPEC, 1)
    part = fit(QUICK, small_train, SPEC, 1, stop_after=2)
    assert part.history == whole.history[:2]


def test_averaged_weights_lie_between_start_and_end(small_train: CharacterSet) -> None:
    plain = dataclasses.replace(QUICK, average=0.0, epochs=2)
    averaged = dataclasses.replace(plain, average=0.5)
    tensorflow_setup.fix(1, 1)
    start = architectures.build("tuned", SMALL).get_weights()
    end = fit(plain, small_train, SPEC, 1).model.get_weights()
    mean = fit(averaged, small_train, SPEC, 1).model.get_weights()
    for first, last, middle in zip(start, end, mean, strict=True):
        if np.abs(last - first).max() > 0:
            assert np.abs(middle - last).sum() > 0
            assert np.abs(middle - first).sum() < np.abs(last - first).sum() * 1.2


def test_training_goes_on_from_a_given_network(small_train: CharacterSet) -> None:
    trained = fit(dataclasses.replace(QUICK, epochs=8, augment=None), small_train, SPEC, 1).model
    before = trained.get_weights()
    on = dataclasses.replace(QUICK, start=trained, epochs=1, augment=None)
    cold = dataclasses.replace(on, start=None)
    assert fit(on, small_train, SPEC, 2).history[0]["loss"] < fit(cold, small_train, SPEC, 2).history[0]["loss"]
    assert all(np.array_equal(one, two) for one, two in zip(before, trained.get_weights(), strict=True))


def test_divergence_is_told_and_ends_the_training(small_train: CharacterSet) -> None:
    broken = architectures.tuned(SMALL)
    broken.set_weights([np.full_like(weight, np.nan) for weight in broken.get_weights()])
    with pytest.raises(UsageError, match="lower --learning-rate"):
        fit(dataclasses.replace(QUICK, start=broken), small_train, SPEC, 1)


def test_another_number_of_threads_in_a_running_process_is_refused(small_train: CharacterSet) -> None:
    fit(dataclasses.replace(QUICK, epochs=1), small_train.take([0, 1]), SPEC, 1)
    with pytest.raises(UsageError, match="1 threads"):
        fit(dataclasses.replace(QUICK, epochs=1, threads=3), small_train, SPEC, 1)
