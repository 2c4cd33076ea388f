"""Shards of drawn scenes: fixed numbers of pictures, each shard drawn by itself, on any process, always the same."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from plate_runtime.manifest import InputSpec

from ..fonts import installed_fonts
from .labels import Mark, encode
from .painter import ScenePainter
from .spec import SCENE_SPEC

_SAMPLE = 24


def shard(
    seed: int,
    number: int,
    count: int,
    spec: InputSpec = SCENE_SPEC,
    part: str = "train",
    *,
    advance: Callable[[], object] = lambda: None,
) -> tuple[NDArray[np.uint8], list[str]]:
    """Draw one shard.

    Args:
        seed: of the generator. number: which shard; shards of one count never share a picture. count: pictures in it.
        spec: the detector's input. part: see `ScenePainter`. advance: called after each picture.

    Returns:
        Pictures uint8 (count, height, width), each at the top left of its input, and the `labels` of each.

    Raises:
        DataError: fonts are missing; the message names the command that fetches them.
    """
    painter = _painter(seed, part)
    pictures, marks = np.zeros((count, *spec.shape[:2]), np.uint8), []
    for place in range(count):
        scene = painter.scene(number * count + place)
        pictures[place, : scene.picture.shape[0], : scene.picture.shape[1]] = scene.picture
        found = [Mark(corners, text) for corners, text in scene.plates]
        marks.append(encode(found + [Mark(corners, text, False) for corners, text in scene.ignored]))
        advance()
    return pictures, marks


def digest(part: str = "train") -> str:
    """Return a SHA-256 of what is drawn: of a few pictures and their plates."""
    pictures, marks = shard(0, 0, _SAMPLE, part=part)
    return hashlib.sha256(pictures.tobytes() + "\n".join(marks).encode()).hexdigest()


@functools.lru_cache(maxsize=4)
def _painter(seed: int, part: str) -> ScenePainter:
    return ScenePainter(installed_fonts(), seed, part)
