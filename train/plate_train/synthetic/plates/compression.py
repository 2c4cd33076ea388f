"""Strong compression of small crops: JPEG of low quality, or blocks of a video."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from plate_runtime.errors import missing_extra

from ..effects import jpeg
from ..random_source import RandomSource

try:
    import cv2
except ImportError as error:
    raise missing_extra("rendering plates needs OpenCV", "train") from error

COARSE_QUALITIES = (8, 20)
"""JPEG quality."""


def coarsened(pixels: NDArray[np.uint8], rng: RandomSource) -> NDArray[np.uint8]:
    """Compress gray (h, w) strongly: as a JPEG of low quality, or as a video that drops small changes in a block."""
    if rng.chance(0.4):
        pixels = video_blocks(pixels, rng.uniform(2, 8), (rng.randrange(8), rng.randrange(8)))
        if rng.chance(0.5):
            return pixels
    return jpeg(pixels, round(rng.uniform(*COARSE_QUALITIES)))


def video_blocks(pixels: NDArray[np.uint8], least: float, offset: tuple[int, int]) -> NDArray[np.uint8]:
    """Smooth the blocks of 8x8 pixels that differ by less than `least` levels from their coarse version.

    Args:
        pixels: gray (h, w). offset: pixels of the first block outside the picture, (down, right).
    """
    height, width = pixels.shape
    down, right = offset
    below, beyond = -(height + down) % 8, -(width + right) % 8
    padded = cv2.copyMakeBorder(pixels, down, below, right, beyond, cv2.BORDER_REPLICATE)
    size = (padded.shape[1], padded.shape[0])
    coarse = cv2.resize(padded, (size[0] // 4, size[1] // 4), interpolation=cv2.INTER_AREA)
    coarse = cv2.resize(coarse, size, interpolation=cv2.INTER_LINEAR)
    apart = cv2.absdiff(padded, coarse).astype(np.float32)
    per_block = cv2.resize(apart, (size[0] // 8, size[1] // 8), interpolation=cv2.INTER_AREA)
    flat = cv2.resize(per_block, size, interpolation=cv2.INTER_NEAREST) < least
    whole = np.where(flat, coarse, padded)
    return np.asarray(whole[down : down + height, right : right + width], np.uint8)
