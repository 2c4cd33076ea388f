"""Who sees `val/`: the honest protocol must not, the mission's does and says so."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest

from plate_runtime.manifest import InputSpec
from plate_train.characters import protocol
from plate_train.characters.architectures import Hyperparameters
from plate_train.characters.data_check import copies_between
from plate_train.characters.datasets import CharacterSet
from plate_train.characters.fit import Fitted, Recipe
from plate_train.characters.fit import fit as real_fit

SPEC = InputSpec()
QUICK = Recipe(hyper=Hyperparameters(4, 4, 16, 16), epochs=3, batch=48, augment=None)


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """Everything that `fit` is given."""
    calls: list[dict[str, Any]] = []

    def watched(recipe: Recipe, train: CharacterSet, spec: InputSpec, seed: int, **options: Any) -> Fitted:
        calls.append({"train": train, "seed": seed, **options})
        return real_fit(recipe, train, spec, seed, **options)

    monkeypatch.setattr(protocol, "fit", watched)
    return calls


@pytest.fixture
def scored(small_val: CharacterSet) -> protocol.Scored:
    copied = np.zeros(36, bool)
    copied[:5] = True
    near = copied.copy()
    near[5] = True
    return protocol.Scored(small_val, copied, near)


def test_honest_chooses_on_train_alone_and_scores_once(
    seen: list[dict[str, Any]], small_train: CharacterSet, scored: protocol.Scored
) -> None:
    result = protocol.honest(QUICK, small_train, scored, SPEC, 7)
    choosing, final = seen
    validation = set(scored.characters.sources)
    for call in seen:
        for name in ("train", "watch"):
            if call.get(name) is not None:
                assert copies_between(scored.characters, call[name])[0].sum() == 0
                assert validation.isdisjoint(set(call[name].sources) - set(small_train.sources))
    assert choosing["keep_best"]
    assert len(choosing["train"]) + len(choosing["watch"]) == len(small_train)
    assert final["train"] is small_train
    assert final.get("watch") is None
    assert final["stop_after"] == result.epochs
    assert len(result.history) == result.epochs
    assert len(result.choosing) == 3
    assert result.last is None


def test_mission_takes_the_best_epoch_on_val(
    seen: list[dict[str, Any]], small_train: CharacterSet, scored: protocol.Scored
) -> None:
    result = protocol.mission(QUICK, small_train, scored, SPEC, 7)
    assert [call["watch"] for call in seen] == [scored.characters]
    assert result.val.right == max(row["val_right"] for row in result.history)
    assert result.last == result.history[-1]
    assert "too good" in protocol.EXPLAINED["mission"]


def test_scores_come_with_and_without_copies(small_train: CharacterSet, scored: protocol.Scored) -> None:
    result = protocol.honest(dataclasses.replace(QUICK, epochs=1), small_train, scored, SPEC, 1)
    assert (result.val.count, result.without_copies.count, result.without_near_copies.count) == (36, 31, 30)
    wrong = result.probabilities.argmax(axis=1) != scored.characters.labels
    assert result.val.right == 36 - wrong.sum()
    assert result.without_copies.right == 31 - wrong[~scored.copied].sum()
    assert set(result.to_json()["robustness"]) == set(result.robustness)


def test_drawn_uses_all_epochs(seen: list[dict[str, Any]], small_train: CharacterSet, scored: protocol.Scored) -> None:
    result = protocol.drawn(QUICK, small_train, scored, SPEC, 1)
    assert not seen[0].get("keep_best")
    assert result.epochs == len(result.history) == 3
