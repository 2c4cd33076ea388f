"""Drawn scenes of a locator, drawn again by what its file recorded of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from plate_runtime.errors import DataError

from ..draw.scenes.labels import Mark, decode
from ..draw.scenes.spec import Corners
from ..plates.recorded import drawings_digest
from ..plates.shards import TRAINING_PART, VALIDATION_PART, Draw
from ..weights_file import ModelMeta
from .targets import outline

_HINT = "name data with --data DIR"


@dataclass(frozen=True)
class SceneSet:
    """Scenes, uint8 (n, h, w) as the runtime's preprocessing leaves them.

    Attributes:
        plates: by scene, corners in pixels of the input and text. ignored: the same of plates that are cut by the
            edge, hidden, or too small or too faint to be asked for: a detection there is neither right nor wrong.
    """

    name: str
    pictures: NDArray[np.uint8]
    plates: list[list[tuple[Corners, str]]]
    ignored: list[list[tuple[Corners, str]]]

    def __len__(self) -> int:
        return len(self.plates)


def validation_scenes(meta: ModelMeta, draw: Draw | None = None) -> tuple[SceneSet, str]:
    """Draw the recorded validation set again, and return it with its digest.

    Raises:
        DataError: nothing was recorded, or the generator draws something else by now.
    """
    record = _record(meta)
    try:
        recorded = record["sets"]["val"]
        seed, number, count = (int(recorded[key]) for key in ("seed", "number", "count"))
        expected = str(recorded["digest"])
    except (KeyError, TypeError, ValueError) as error:
        raise DataError(f"the model's record of its drawings is incomplete; {_HINT}") from error
    pictures, texts = (draw or _own_generator())(seed, number, count, meta.input, VALIDATION_PART)
    found = drawings_digest(pictures, texts)
    if found != expected:
        raise DataError(f"the generator draws other scenes than those that were recorded; {_HINT}, or train again")
    return _scene_set("drawn-scenes/val", pictures, texts), found


def training_scenes(meta: ModelMeta, count: int, draw: Draw | None = None) -> SceneSet:
    """Draw `count` of the scenes that the network was trained on last.

    Raises:
        DataError: nothing was recorded, or the fonts are missing.
    """
    record = _record(meta)
    try:
        seed, first = int(record["drawing_seed"]), int(record["generators"][-1]["first_shard"])
        size = int(record["settings"]["shard"])
    except (KeyError, IndexError, TypeError, ValueError) as error:
        raise DataError(f"the model's record of its drawings is incomplete; {_HINT}") from error
    count = min(count, size)
    # Scenes are numbered through: the first whole lot of `count` that lies in that shard or after it.
    pictures, texts = (draw or _own_generator())(seed, -(-first * size // count), count, meta.input, TRAINING_PART)
    return _scene_set("drawn-scenes/train", pictures, texts)


def _scene_set(name: str, pictures: NDArray[np.uint8], texts: list[str]) -> SceneSet:
    marks = [decode(text) for text in texts]

    def of(counts: bool) -> list[list[tuple[Corners, str]]]:
        return [[(outline(mark.corners), mark.text) for mark in scene if mark.counts == counts] for scene in marks]

    return SceneSet(name, pictures, of(True), of(False))


def _record(meta: ModelMeta) -> Any:
    if meta.kind != "locator" or meta.training.get("kind") != "drawn":
        raise DataError(f"the model does not say what it was trained on; {_HINT}")
    return meta.training


def _own_generator() -> Draw:
    from ..draw.scenes.pool import shard

    return shard


__all__ = ["Mark", "SceneSet", "training_scenes", "validation_scenes"]
