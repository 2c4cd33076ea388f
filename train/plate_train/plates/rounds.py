"""Batches of a plate reader: augmented synthetic crops, mixed with the user's own."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from plate_runtime.preprocess import scale_pixels, standardise

from ..loop.rounds import Batch, Plan, Rounds
from ..loop.shards import Prefetcher, Shard
from ..synthetic.plates.spec import PLATE_SPEC
from .augment import augmented
from .losses import encode
from .user_data import pick


class PlateRounds(Rounds):
    """As `Rounds`; a batch is float32 (n, h, w, 1) and the encoded texts. `own`: the user's crops, if any."""

    def __init__(
        self,
        plan: Plan,
        ahead: Prefetcher,
        *,
        seed: int,
        first: int,
        stop: Callable[[], bool],
        own: Shard | None = None,
    ) -> None:
        super().__init__(plan, ahead, seed=seed, first=first, stop=stop)
        self._own = own if plan.own else None
        self._own_codes = encode(own.texts) if own else encode([])

    def take(self, shards: Sequence[Shard]) -> None:
        """Use the shards of a round."""
        self._pictures = np.concatenate([shard.pictures for shard in shards])
        self._codes = np.concatenate([encode(shard.texts) for shard in shards])

    def make(self, chosen: NDArray[np.intp], step: int) -> Batch:
        """Make the batch of a step from the chosen crops of the window."""
        pictures, codes = self._pictures[chosen], self._codes[chosen]
        if self._own is not None:
            picked = pick(len(self._own), self.plan.own, step, [self.seed, 3])
            pictures = np.concatenate([pictures, self._own.pictures[picked]])
            codes = np.concatenate([codes, self._own_codes[picked]])
        random = np.random.default_rng([self.seed, 2, step])
        return scale_pixels(standardise(augmented(pictures, random)), PLATE_SPEC), codes
