"""Small drawn plates for the tests of training, in Pillow's own font: plain, fast and easily read."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from plate_runtime.manifest import InputSpec

LETTERS = "1234ABCD"


def small_shard(seed: int, number: int, count: int, spec: InputSpec, part: str) -> tuple[NDArray[np.uint8], list[str]]:
    """Draw `count` plates of two or three characters, as the project's generator would be called."""
    random = np.random.default_rng([seed, number, len(part)])
    texts = ["".join(random.choice(list(LETTERS), random.integers(2, 4))) for _ in range(count)]
    return np.stack([_plate(text, random, spec) for text in texts]), texts


def _plate(text: str, random: np.random.Generator, spec: InputSpec) -> NDArray[np.uint8]:
    height, width, _ = spec.shape
    picture = Image.new("L", (width, height), int(random.integers(150, 250)))
    left = int(random.integers(2, 12))
    ImageDraw.Draw(picture).text((left, 2), " ".join(text), fill=20, font=ImageFont.load_default(36))
    return np.asarray(picture)
