"""Plates drawn in cells of one size, in Pillow's own font, and the weights of a network that reads them untrained."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from tiny_models import draw_character

from plate_runtime.alphabet import ALPHABET, fold
from plate_runtime.manifest import InputSpec
from plate_runtime.preprocess import crop_to_ink

CELL = 20
HEIGHT = 48
_DARK, _LIGHT, _NOISE = 40, 200, 12


def draw_cells(
    seed: int,
    number: int,
    count: int,
    _spec: InputSpec,
    part: str = "train",
    advance: Callable[[int], object] = lambda _count: None,
) -> tuple[NDArray[np.uint8], list[str]]:
    """Draw plates as the project's generator is called: five to eight signs, none beside itself or its twin."""
    random = np.random.default_rng([seed, number, len(part)])
    texts = [_text(random) for _ in range(count)]
    advance(count)
    return np.stack([_plate(text, random) for text in texts]), texts


def template_weights() -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return kernel (48, 20, 1, 37) and bias (37,) of a convolution whose largest answer is the sign in a cell."""
    signs = np.stack([_sign(sign) for sign in ALPHABET]).astype(np.float32)
    signs -= signs.mean(axis=(1, 2), keepdims=True)
    signs /= np.sqrt((signs**2).sum(axis=(1, 2), keepdims=True))
    kernel = np.zeros((HEIGHT, CELL, 1, len(ALPHABET) + 1), np.float32)
    kernel[..., 0, :-1] = np.moveaxis(2 * signs, 0, -1)
    bias = np.zeros(len(ALPHABET) + 1, np.float32)
    bias[-1] = 4  # an empty cell is like no sign
    return kernel, bias


def _text(random: np.random.Generator) -> str:
    text = ""
    for _ in range(random.integers(5, 160 // CELL + 1)):
        text += random.choice([sign for sign in ALPHABET if fold(sign) != fold(text[-1:])])
    return text


def _plate(text: str, random: np.random.Generator) -> NDArray[np.uint8]:
    picture = np.full((HEIGHT, 160), _LIGHT, np.float32)
    for place, sign in enumerate(text):
        picture[:, place * CELL : (place + 1) * CELL] = _sign(sign)
    return np.clip(picture + random.normal(0, _NOISE, picture.shape), 0, 255).astype(np.uint8)


@cache
def _sign(sign: str) -> NDArray[np.uint8]:
    """A sign, dark on light, uint8 (48, 20)."""
    ink = Image.fromarray(crop_to_ink(draw_character(sign))).resize((CELL - 4, HEIGHT - 8))
    cell = np.zeros((HEIGHT, CELL), np.float32)
    cell[4:-4, 2:-2] = np.asarray(ink, np.float32) / 255
    return np.rint(_LIGHT - (_LIGHT - _DARK) * cell).astype(np.uint8)
