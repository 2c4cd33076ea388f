"""Shards of synthetic plates: each can be rendered alone, in any process, and is always the same."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from plate_runtime.manifest import InputSpec
from plate_runtime.preprocess import resize_picture

from ..fonts import installed_fonts
from .renderer import PlateRenderer
from .spec import PLATE_SPEC

_SAMPLE = 64


def shard(
    seed: int,
    number: int,
    count: int,
    spec: InputSpec = PLATE_SPEC,
    split: str = "train",
    *,
    advance: Callable[[], object] = lambda: None,
) -> tuple[NDArray[np.uint8], list[str]]:
    """Render one shard.

    Args:
        seed: of the generator. number: which shard; shards of one count never share a picture. count: pictures in it.
        spec: the network's input; its contrast rule is not applied, so that augmentation can change tones first.
        split: see `PlateRenderer`. advance: called after each picture.

    Returns:
        Pictures uint8 (count, height, width), and their texts.

    Raises:
        DataError: fonts are missing; the message names the command that fetches them.
    """
    renderer = _renderer(seed, split)
    plain = InputSpec(shape=spec.shape, polarity=spec.polarity, resize=spec.resize)
    height, width, _ = spec.shape
    pictures, texts = np.empty((count, height, width), np.uint8), []
    for place in range(count):
        crop, text = renderer.render(number * count + place)
        pictures[place] = resize_picture(crop, plain)
        texts.append(text)
        advance()
    return pictures, texts


def digest(split: str = "train") -> str:
    """Return the SHA-256 of a few pictures and their texts, which identifies the generator.

    It changes with fonts, layouts, formats, or a library that renders differently.
    """
    pictures, texts = shard(0, 0, _SAMPLE, split=split)
    return hashlib.sha256(pictures.tobytes() + "\n".join(texts).encode()).hexdigest()


@functools.lru_cache(maxsize=4)
def _renderer(seed: int, split: str) -> PlateRenderer:
    return PlateRenderer(installed_fonts(), seed, split)
