"""Drawings on disk: drawn ahead, never twice the same number, shared, bounded, and failing aloud."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from small_plates import small_shard, small_store

from plate_runtime.errors import DataError
from plate_runtime.manifest import InputSpec
from plate_train.loop.shards import Advance, Prefetcher, Store
from plate_train.synthetic.plates.spec import PLATE_SPEC


def failing_shard(*_options: object, advance: object) -> tuple[NDArray[np.uint8], list[str]]:
    raise ValueError("no fonts here")


def short_shard(
    seed: int, number: int, count: int, spec: InputSpec, part: str, *, advance: Advance
) -> tuple[NDArray[np.uint8], list[str]]:
    return small_shard(seed, number, count - 1, spec, part, advance=advance)


def test_what_is_drawn_ahead_is_what_is_drawn_at_once(tmp_path: Path) -> None:
    store = small_store(tmp_path)
    with Prefetcher(store, 3, 8, workers=2) as ahead:
        ahead.want(0, 2)
        drawn = [ahead.get(number) for number in range(3)]
    for number, shard in enumerate(drawn):
        pictures, texts = small_shard(3, number, 8, PLATE_SPEC, "train")
        assert shard is not None
        np.testing.assert_array_equal(shard.pictures, pictures)
        assert shard.texts == texts


def test_a_shard_on_disk_is_not_drawn_again(tmp_path: Path) -> None:
    first = small_store(tmp_path).load(1, 0, 4)
    again = Store(small_store(tmp_path).folder, "d", failing_shard, PLATE_SPEC).load(1, 0, 4)
    np.testing.assert_array_equal(first.pictures, again.pictures)


def test_parts_and_seeds_have_files_of_their_own(tmp_path: Path) -> None:
    store = small_store(tmp_path)
    assert store.load(1, 0, 4).texts != store.load(1, 0, 4, "measure").texts
    assert len(list(store.folder.iterdir())) == 2


def test_old_shards_go_and_those_in_use_stay(tmp_path: Path) -> None:
    store = Store(tmp_path, "d", small_shard, PLATE_SPEC, most=2)
    for number in range(5):
        store.make(1, number, 4)
    store.tidy(1, 4, low=2)
    assert [store.path(1, number, 4).exists() for number in range(5)] == [False, False, True, True, True]
    store.tidy(1, 4, low=9)
    assert [store.path(1, number, 4).exists() for number in range(5)] == [False, False, False, True, True]


def test_a_failing_generator_ends_the_wait_and_says_why(tmp_path: Path) -> None:
    with Prefetcher(Store(tmp_path, "d", failing_shard, PLATE_SPEC), 1, 4, workers=1) as ahead:
        ahead.want(0, 0)
        with pytest.raises(DataError, match="no fonts here"):
            ahead.get(0)


def test_waiting_ends_when_nobody_wants_it_any_more(tmp_path: Path) -> None:
    with Prefetcher(small_store(tmp_path), 1, 4, workers=1) as ahead:
        assert ahead.get(7, stop=lambda: True) is None


def test_a_generator_that_draws_too_little_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="3 texts"):
        Store(tmp_path, "d", short_shard, PLATE_SPEC).load(1, 0, 4)


def test_damaged_drawings_are_named(tmp_path: Path) -> None:
    store = small_store(tmp_path)
    path = store.path(1, 0, 4)
    store.make(1, 0, 4)
    path.write_bytes(path.read_bytes()[:500])
    with pytest.raises(DataError, match="000000"):
        store.load(1, 0, 4)
