"""The steps of a run on scenes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from plate_runtime.results import Detection

from ..loop.steps import Steps
from .score import DetectorScore, FrameSet, detect, score


@dataclass
class DetectorSteps(Steps):
    """One piece of a run on scenes. `val`: synthetic scenes; `watch`: real frames, which are only scored."""

    val: FrameSet
    watch: Mapping[str, FrameSet]

    score_name: ClassVar[str] = "% found"

    @property
    def sets(self) -> dict[str, FrameSet]:
        """The synthetic scenes, named "drawn", and every watched set."""
        return {"drawn": self.val, **self.watch}

    def detections(self) -> dict[str, list[list[Detection]]]:
        """Return the detections in every set with the averaged weights, in one pass each."""
        return {name: detect(self.training.read, frames) for name, frames in self.sets.items()}

    def scores(self) -> dict[str, DetectorScore]:
        """Score the averaged weights on every set."""
        return {name: score(found, self.sets[name]) for name, found in self.detections().items()}
