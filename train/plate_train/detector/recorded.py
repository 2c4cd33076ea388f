"""The synthetic scenes of a detector, rendered again from the record in its file."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..loop.recorded import training_again, validation_again
from ..loop.shards import Render
from ..networks.weights_file import ModelMeta
from ..synthetic.scenes.labels import decode
from ..synthetic.scenes.shard import shard
from ..synthetic.scenes.spec import Corners
from .targets import outline


@dataclass(frozen=True)
class SceneSet:
    """Scenes, uint8 (n, h, w), as the runtime's preprocessing gives them.

    Attributes:
        plates: of each scene, corners in pixels of the input and text. ignored: the same for plates that are cropped,
            hidden, too small or too faint: a detection there is neither right nor wrong.
    """

    name: str
    pictures: NDArray[np.uint8]
    plates: list[list[tuple[Corners, str]]]
    ignored: list[list[tuple[Corners, str]]]

    def __len__(self) -> int:
        return len(self.plates)


def validation_scenes(meta: ModelMeta, render: Render | None = None) -> tuple[SceneSet, str]:
    """Render the recorded validation set again, and return it with its digest.

    Raises:
        DataError: nothing was recorded, or the generator renders something else now.
    """
    pictures, texts, digest = validation_again(meta, "detector", render or shard)
    return _scene_set("drawn-scenes/val", pictures, texts), digest


def training_scenes(meta: ModelMeta, count: int, render: Render | None = None) -> SceneSet:
    """Render `count` of the scenes that the network was trained on last.

    Raises:
        DataError: nothing was recorded, or the fonts are missing.
    """
    pictures, texts = training_again(meta, "detector", count, render or shard)
    return _scene_set("drawn-scenes/train", pictures, texts)


def _scene_set(name: str, pictures: NDArray[np.uint8], texts: list[str]) -> SceneSet:
    labels = [decode(text) for text in texts]

    def of(required: bool) -> list[list[tuple[Corners, str]]]:
        return [
            [(outline(label.corners), label.text) for label in scene if label.required == required] for scene in labels
        ]

    return SceneSet(name, pictures, of(True), of(False))
