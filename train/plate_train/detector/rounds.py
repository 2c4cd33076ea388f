"""Batches of a detector: augmented scenes of a window of shards."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ..loop.rounds import Batch, Rounds
from ..loop.shards import Shard
from ..synthetic.random_source import RandomSource
from ..synthetic.scenes.labels import PlateLabel, decode
from .augment import augmented
from .targets import targets


class SceneRounds(Rounds):
    """As `plates.rounds.Rounds`; a batch is uint8 (n, h, w) and the `targets` of every picture.

    Scenes are not copied from their shards: together they have a gigabyte.
    """

    def take(self, shards: Sequence[Shard]) -> None:
        """Use the shards of a round."""
        self._scenes = [picture for shard in shards for picture in shard.pictures]
        self._marks: list[list[PlateLabel]] = [decode(text) for shard in shards for text in shard.texts]

    def make(self, chosen: NDArray[np.intp], step: int) -> Batch:
        """Make the batch of a step."""
        pictures, expected = [], []
        for place, scene in enumerate(chosen.tolist()):
            rng = RandomSource(f"{self.seed} change {step} {place}")
            picture, labels = augmented(self._scenes[scene], self._marks[scene], rng)
            pictures.append(picture)
            expected.append(targets(labels, (picture.shape[0], picture.shape[1])))
        return np.stack(pictures), np.stack(expected)
