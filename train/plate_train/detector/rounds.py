"""What a detector is shown at each step: drawn scenes of a window of shards, each changed anew."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ..loop.shards import Shard
from ..plates.rounds import Batch, Rounds
from ..synthetic.effects import Dice
from ..synthetic.scenes.labels import Mark, decode
from .augment import changed
from .targets import targets


class SceneRounds(Rounds):
    """As `plates.rounds.Rounds`; a batch is uint8 (n, h, w) and the `targets` of every picture.

    Shards are looked into where they are: together they have a gigabyte.
    """

    def take(self, shards: Sequence[Shard]) -> None:
        """Take over the shards of a round."""
        self._scenes = [picture for shard in shards for picture in shard.pictures]
        self._marks: list[list[Mark]] = [decode(text) for shard in shards for text in shard.texts]

    def make(self, chosen: NDArray[np.intp], step: int) -> Batch:
        """Make the batch of a step."""
        pictures, wanted = [], []
        for place, scene in enumerate(chosen.tolist()):
            dice = Dice(f"{self.seed} change {step} {place}")
            picture, marks = changed(self._scenes[scene], self._marks[scene], dice)
            pictures.append(picture)
            wanted.append(targets(marks, (picture.shape[0], picture.shape[1])))
        return np.stack(pictures), np.stack(wanted)
