"""Shards of drawn plates: fixed numbers of pictures, each shard drawn by itself, on any process, always the same."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from plate_runtime.manifest import InputSpec
from plate_runtime.preprocess import resize_picture

from ..fonts import installed_fonts
from .painter import PLATE_SPEC, PlatePainter

_SAMPLE = 64


def shard(
    seed: int,
    number: int,
    count: int,
    spec: InputSpec = PLATE_SPEC,
    part: str = "train",
    *,
    advance: Callable[[], object] = lambda: None,
) -> tuple[NDArray[np.uint8], list[str]]:
    """Draw one shard.

    Args:
        seed: of the generator. number: which shard; shards of one count never share a picture. count: pictures in it.
        spec: the network's input; its contrast rule is not applied, so that training can change tones before.
        part: see `PlatePainter`. advance: called after each picture.

    Returns:
        Pictures uint8 (count, height, width), and their texts.

    Raises:
        DataError: fonts are missing; the message names the command that fetches them.
    """
    painter = _painter(seed, part)
    plain = InputSpec(shape=spec.shape, polarity=spec.polarity, resize=spec.resize)
    height, width, _ = spec.shape
    pictures, texts = np.empty((count, height, width), np.uint8), []
    for place in range(count):
        crop, text = painter.paint(number * count + place)
        pictures[place] = resize_picture(crop, plain)
        texts.append(text)
        advance()
    return pictures, texts


def digest(part: str = "train") -> str:
    """Return a SHA-256 of what is drawn: of a few pictures and their texts.

    Code that draws the same keeps it; new fonts, layouts, formats, or a library that draws otherwise change it.
    """
    pictures, texts = shard(0, 0, _SAMPLE, part=part)
    return hashlib.sha256(pictures.tobytes() + "\n".join(texts).encode()).hexdigest()


@functools.lru_cache(maxsize=4)
def _painter(seed: int, part: str) -> PlatePainter:
    return PlatePainter(installed_fonts(), seed, part)
