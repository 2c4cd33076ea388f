"""Shards of synthetic scenes: each can be rendered alone, in any process, and is always the same."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from plate_runtime.manifest import InputSpec

from ..fonts import installed_fonts
from .labels import PlateLabel, encode
from .renderer import SceneRenderer
from .spec import SCENE_SPEC

_SAMPLE = 24


def shard(
    seed: int,
    number: int,
    count: int,
    spec: InputSpec = SCENE_SPEC,
    split: str = "train",
    *,
    advance: Callable[[], object] = lambda: None,
) -> tuple[NDArray[np.uint8], list[str]]:
    """Render one shard.

    Args:
        seed: of the generator. number: which shard; shards of one count never share a picture. count: pictures in it.
        spec: the detector's input. split: see `SceneRenderer`. advance: called after each picture.

    Returns:
        Pictures uint8 (count, height, width), each at the top left of its input, and the `labels` of each.

    Raises:
        DataError: fonts are missing; the message names the command that fetches them.
    """
    renderer = _renderer(seed, split)
    pictures, labels = np.zeros((count, *spec.shape[:2]), np.uint8), []
    for place in range(count):
        scene = renderer.render(number * count + place)
        pictures[place, : scene.picture.shape[0], : scene.picture.shape[1]] = scene.picture
        required = [PlateLabel(corners, text) for corners, text in scene.plates]
        labels.append(encode(required + [PlateLabel(corners, text, False) for corners, text in scene.ignored]))
        advance()
    return pictures, labels


def digest(split: str = "train") -> str:
    """Return the SHA-256 of a few pictures and their labels, which identifies the generator."""
    pictures, labels = shard(0, 0, _SAMPLE, split=split)
    return hashlib.sha256(pictures.tobytes() + "\n".join(labels).encode()).hexdigest()


@functools.lru_cache(maxsize=4)
def _renderer(seed: int, split: str) -> SceneRenderer:
    return SceneRenderer(installed_fonts(), seed, split)
