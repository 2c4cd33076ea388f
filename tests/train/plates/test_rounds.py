"""Batches by step: the same from wherever one starts, over a window of shards, with the user's crops among them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from small_plates import small_shard, small_store

from plate_train.loop.rounds import Plan
from plate_train.loop.shards import Prefetcher, Shard
from plate_train.plates.losses import encode
from plate_train.plates.rounds import PlateRounds
from plate_train.plates.user_data import pick
from plate_train.synthetic.plates.spec import PLATE_SPEC

PLAN = Plan(count=8, batch=4, uses=2, window=2, ahead=1)


class Drawn(Prefetcher):
    """Draws when asked, without processes."""

    def want(self, low: int, high: int) -> None:
        for number in range(low, high + 1):
            self.store.load(self.seed, number, self.count)


def rounds(tmp_path: Path, first: int = 0, plan: Plan = PLAN, own: Shard | None = None) -> PlateRounds:
    ahead = Drawn(small_store(tmp_path), 1, 8)
    # without processes nobody would draw what is missing: `want` has drawn it
    ahead._processes = []
    return PlateRounds(plan, ahead, seed=1, first=first, stop=lambda: False, own=own)


def test_a_step_is_the_same_from_wherever_one_starts(tmp_path: Path) -> None:
    whole = rounds(tmp_path).batches(0)
    seen = [next(whole) for _ in range(10)]
    late = rounds(tmp_path).batches(7)
    for (pictures, codes), (again, same) in zip(seen[7:], late, strict=False):
        np.testing.assert_array_equal(pictures, again)
        np.testing.assert_array_equal(codes, same)
    whole.close()


def test_pictures_are_standardised_and_scaled_and_texts_belong_to_them(tmp_path: Path) -> None:
    batch = rounds(tmp_path).batch(0)
    assert batch is not None
    pictures, codes = batch
    assert pictures.shape == (4, 48, 160, 1)
    assert abs(float(pictures.mean()) - 0.5) < 0.05
    known = {tuple(row) for row in encode(small_shard(1, 0, 8, PLATE_SPEC, "train")[1]).tolist()}
    assert {tuple(row) for row in codes.tolist()} <= known


def test_nothing_is_prepared_or_drawn_beyond_the_end(tmp_path: Path) -> None:
    ending = rounds(tmp_path)
    ending.total = 4  # the first round, of one shard
    assert len(list(ending.batches(0))) == 4
    assert len(list(small_store(tmp_path).folder.iterdir())) == 1


def test_each_round_brings_a_shard_and_forgets_the_oldest() -> None:
    assert [list(PLAN.shards(number, 0)) for number in range(4)] == [[0], [0, 1], [1, 2], [2, 3]]
    assert [list(PLAN.shards(number, 2)) for number in (2, 3, 4)] == [[2], [2, 3], [3, 4]]
    assert PLAN.steps == 4


def test_every_drawing_of_the_window_is_seen_equally_often(tmp_path: Path) -> None:
    found = rounds(tmp_path)
    found.batch(0)
    assert np.bincount(found._order).tolist() == [2] * 8


def test_own_crops_have_their_share_and_come_in_turn(tmp_path: Path) -> None:
    own = Shard(np.full((3, 48, 160), 90, np.uint8), ["A1", "B2", "C3"])
    plan = Plan(count=8, batch=4, uses=2, window=2, ahead=1, own=2)
    found = rounds(tmp_path, plan=plan, own=own)
    ours = {tuple(row) for row in encode(own.texts).tolist()}
    for step in range(3):
        batch = found.batch(step)
        assert batch is not None
        assert sum(tuple(row) in ours for row in batch[1].tolist()) == 2
    assert plan.steps == 8


@pytest.mark.parametrize(("count", "amount"), [(5, 2), (2, 5), (3, 3)])
def test_no_crop_is_picked_twice_before_all_were(count: int, amount: int) -> None:
    picked = np.concatenate([pick(count, amount, step, [1, 3]) for step in range(count)])
    assert np.bincount(picked).tolist() == [amount] * count
    for start in range(0, len(picked), count):
        assert sorted(picked[start : start + count]) == list(range(count))
