"""The steps of a run on plates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from plate_runtime.decode import decode_logits
from plate_runtime.manifest import InputSpec
from plate_runtime.script import LATIN

from ..loop.steps import Steps
from .score import CropSet, PlateScore, predict, score


@dataclass
class PlateSteps(Steps):
    """One piece of a run on plates.

    Attributes:
        val: synthetic crops. watch: real ones, which are only scored. spec, decoding: of the network.
    """

    val: CropSet
    watch: Mapping[str, CropSet]
    spec: InputSpec
    decoding: str

    score_name: ClassVar[str] = "% folded"

    def logits(self) -> dict[str, NDArray[np.float32]]:
        """Return the averaged network's logits for the synthetic crops, named "drawn", and every watched set."""
        return {name: predict(self.training.read, entry.pictures, self.spec) for name, entry in self.sets.items()}

    @property
    def sets(self) -> dict[str, CropSet]:
        """The synthetic crops, named "drawn", and every watched set."""
        return {"drawn": self.val, **self.watch}

    def scores(self) -> dict[str, PlateScore]:
        """Score the averaged weights on every set."""
        return {
            name: score(decode_logits(logits, self.decoding, LATIN, 1.0), self.sets[name].texts)
            for name, logits in self.logits().items()
        }
