"""What a network is shown at each step: rounds over a sliding window of the newest shards.

Everything follows from (seed, step), so that a resumed run sees what an uninterrupted one would have seen.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from plate_runtime.manifest import InputSpec
from plate_runtime.preprocess import scale_pixels, standardise

from ..loop.shards import Ahead, Shard
from .augment import changed_batch
from .losses import encode
from .own_data import pick

Batch = tuple[NDArray[Any], NDArray[Any]]
"""Pictures and their targets."""


@dataclass(frozen=True)
class Plan:
    """How drawings are used.

    Attributes:
        count: drawings of a shard. batch: pictures a step. uses: how often a drawing is seen, on average.
        window: shards that a round mixes. ahead: shards drawn before they are needed.
        own: pictures of a step that are the user's own crops. limit: different shards in all; 0: without end.
    """

    count: int = 8192
    batch: int = 128
    uses: int = 4
    window: int = 6
    ahead: int = 2
    own: int = 0
    limit: int = 0

    @property
    def steps(self) -> int:
        """Steps of a round; each round brings one new shard."""
        return max(1, self.count * self.uses // (self.batch - self.own))

    def shards(self, number: int, first: int) -> list[int]:
        """Return the numbers of the shards of a round; `first` is the first shard that this generator drew."""
        newest = range(max(first, number - self.window + 1), number + 1)
        return sorted({shard % self.limit for shard in newest}) if self.limit else list(newest)


class Rounds:
    """Batches by step. The next one is prepared in a thread while the network trains on the last one.

    Args:
        plan: see `Plan`.
        ahead: who draws.
        seed: of order and changes.
        spec: the network's input.
        first: the first shard that this generator drew.
        stop: says when to give up waiting for drawings.
        own: the user's crops, of which the plan says how many each step gets.
    """

    def __init__(
        self,
        plan: Plan,
        ahead: Ahead,
        *,
        seed: int,
        spec: InputSpec,
        first: int,
        stop: Callable[[], bool],
        own: Shard | None = None,
    ) -> None:
        self.plan, self.ahead, self.seed, self.spec, self.first, self.stop = plan, ahead, seed, spec, first, stop
        self._own = own if plan.own else None
        self._own_codes = encode(own.texts) if own else encode([])
        self.total: int | None = None
        """Steps of the whole run, as soon as that is known: nothing is drawn or prepared for later ones."""
        self._loaded: dict[int, Shard] = {}
        self._round = -1
        self._pictures: NDArray[np.uint8]
        self._codes: NDArray[np.int32]
        self._order: NDArray[np.intp]

    def batches(self, start: int) -> Iterator[Batch]:
        """Yield the batches of the steps from `start` on; ends at the run's end, or when `stop` says so."""
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
        """Have the shards of a round drawn, and the next ones, and return the numbers of the former."""
        wanted, limit = self.plan.shards(number, self.first), self.plan.limit
        last = wanted[-1] + self.plan.ahead
        if self.total is not None:
            last = max(wanted[-1], min(last, (self.total - 1) // self.plan.steps))
        self.ahead.want(*((0, limit - 1) if limit else (wanted[0], last)))
        return wanted

    def batch(self, step: int) -> Batch | None:
        """Return float32 (batch, h, w, 1) and the encoded texts of a step; None after `stop`."""
        number, place = divmod(step, self.plan.steps)
        if number != self._round and not self._enter(number):
            return None
        drawn = self.plan.batch - self.plan.own
        return self.make(self._order[place * drawn :][:drawn], step)

    def make(self, chosen: NDArray[np.intp], step: int) -> Batch:
        """Make the batch of a step from the chosen drawings of the window."""
        pictures, codes = self._pictures[chosen], self._codes[chosen]
        if self._own is not None:
            picked = pick(len(self._own), self.plan.own, step, [self.seed, 3])
            pictures = np.concatenate([pictures, self._own.pictures[picked]])
            codes = np.concatenate([codes, self._own_codes[picked]])
        changed = changed_batch(pictures, [self.seed, 2, step])
        return scale_pixels(standardise(changed), self.spec), codes

    def take(self, shards: Sequence[Shard]) -> None:
        """Take over the shards of a round."""
        self._pictures = np.concatenate([shard.pictures for shard in shards])
        self._codes = np.concatenate([encode(shard.texts) for shard in shards])

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
