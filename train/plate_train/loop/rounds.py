"""Batches of a run: rounds over a sliding window of the newest shards.

A batch depends on (seed, step) only, so a resumed run gets the same batches as one without a stop.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .shards import Prefetcher, Shard

Batch = tuple[NDArray[Any], NDArray[Any]]
"""Pictures and their targets."""


@dataclass(frozen=True)
class Plan:
    """Use of the shards.

    Attributes:
        count: pictures of a shard. batch: pictures of a step. uses: how often each picture is used, on average.
        window: shards that a round mixes. ahead: shards rendered before they are needed.
        own: pictures of a step that are the user's. limit: number of different shards; 0: unlimited.
    """

    count: int
    batch: int
    uses: int
    window: int
    ahead: int = 2
    own: int = 0
    limit: int = 0

    @property
    def steps(self) -> int:
        """Steps of a round; each round brings one new shard."""
        return max(1, self.count * self.uses // (self.batch - self.own))

    def shards(self, number: int, first: int) -> list[int]:
        """Return the numbers of the shards of a round; `first` is the first shard of this generator."""
        newest = range(max(first, number - self.window + 1), number + 1)
        return sorted({shard % self.limit for shard in newest}) if self.limit else list(newest)


class Rounds:
    """Batches by step. The next one is prepared in a thread while the network trains on the last one.

    Args:
        plan: see `Plan`. ahead: renders the shards. seed: of the order and the augmentation.
        first: the first shard of this generator. stop: whether to stop waiting for shards.
    """

    def __init__(self, plan: Plan, ahead: Prefetcher, *, seed: int, first: int, stop: Callable[[], bool]) -> None:
        self.plan, self.ahead, self.seed, self.first, self.stop = plan, ahead, seed, first, stop
        self.total: int | None = None
        """Steps of the whole run once it is known: later steps need no shards and no batches."""
        self._loaded: dict[int, Shard] = {}
        self._round = -1
        self._order: NDArray[np.intp]

    def batches(self, start: int) -> Iterator[Batch]:
        """Yield the batches of the steps from `start` on; ends at the run's end or after `stop`."""
        with ThreadPoolExecutor(1) as thread:
            coming: Future[Batch | None] = thread.submit(self.batch, start)
            step = start
            while (ready := coming.result()) is not None:
                step += 1
                if self.total is not None and step >= self.total:
                    yield ready
                    return
                coming = thread.submit(self.batch, step)
                yield ready

    def ask(self, number: int) -> list[int]:
        """Request the shards of a round and of the next ones; return the numbers of the former."""
        wanted, limit = self.plan.shards(number, self.first), self.plan.limit
        last = wanted[-1] + self.plan.ahead
        if self.total is not None:
            last = max(wanted[-1], min(last, (self.total - 1) // self.plan.steps))
        self.ahead.want(*((0, limit - 1) if limit else (wanted[0], last)))
        return wanted

    def batch(self, step: int) -> Batch | None:
        """Return the batch of a step; None after `stop`."""
        number, place = divmod(step, self.plan.steps)
        if number != self._round and not self._enter(number):
            return None
        synthetic = self.plan.batch - self.plan.own
        return self.make(self._order[place * synthetic :][:synthetic], step)

    def make(self, chosen: NDArray[np.intp], step: int) -> Batch:
        """Make the batch of a step from the chosen pictures of the window."""
        raise NotImplementedError

    def take(self, shards: Sequence[Shard]) -> None:
        """Use the shards of a round."""
        raise NotImplementedError

    def _enter(self, number: int) -> bool:
        wanted = self.ask(number)
        for shard in wanted:
            if shard not in self._loaded:
                found = self.ahead.get(shard, self.stop)
                if found is None:
                    return False
                self._loaded[shard] = found
        self._loaded = {shard: self._loaded[shard] for shard in wanted}
        self.take(list(self._loaded.values()))
        count = sum(map(len, self._loaded.values()))
        random = np.random.default_rng([self.seed, 1, number])
        needed = self.plan.steps * (self.plan.batch - self.plan.own)
        repeats = -(-needed // count)
        self._order = np.concatenate([random.permutation(count) for _ in range(repeats)])[:needed]
        self._round = number
        return True
