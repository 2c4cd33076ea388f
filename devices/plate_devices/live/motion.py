"""Motion detection: a cheap check that saves the networks from reading unchanged frames."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Blocks = NDArray[np.float32]

BLOCKS_ACROSS = 160
"""Approximate number of blocks across a picture: a readable plate covers seven or more in a row."""

# A block has changed if it differs by more than so many times its noise, and by more than so many gray levels.
_NOISE_FACTOR, _LEAST = 4.5, 1.6
# Noise is learned over about so many frames; a block is at most so many times noisier than most.
_MEMORY, _NOISIEST = 32.0, 3.0
# Motion in all of a small ROI must not count as noise: the level rises slowly, and falls faster.
_FIRST_NOISE, _LEAST_NOISE, _RISE, _FALL = 0.3, 0.1, 1.01, 1.05
# A smaller difference means that the same frame came twice.
_SAME = 0.02
_DARK = 8.0
_SAMPLES = 4


class MotionDetector:
    """Compares each frame with the last one that was read, so that slow motion adds up.

    A change of light in all of the picture is removed, as one factor and one offset. The remaining difference of a
    block counts if it exceeds the noise between frames. Two adjacent blocks make a change. It takes about 0.4 ms for
    1280x720.
    """

    def __init__(self) -> None:
        self._kept: Blocks | None = None
        self._last: Blocks | None = None
        self._level = _FIRST_NOISE
        self._noise: Blocks | None = None

    def has_changed(self, picture: NDArray[np.uint8]) -> bool:
        """Return whether the next frame, uint8 (height, width, 3), differs from the kept one."""
        blocks = block_means(picture)
        last, self._last = self._last, blocks
        if last is None or self._kept is None or last.shape != blocks.shape or self._kept.shape != blocks.shape:
            self._noise = None
            return True
        noise = self._level if self._noise is None else self._noise
        changed = _difference(blocks, self._kept) > np.maximum(_LEAST, _NOISE_FACTOR * noise)
        self._learn(_difference(blocks, last))
        return bool((changed[:, 1:] & changed[:, :-1]).any() or (changed[1:] & changed[:-1]).any())

    def keep(self) -> None:
        """Keep the last frame, which was read, for the comparison."""
        self._kept = self._last

    def _learn(self, difference: Blocks) -> None:
        """Learn the noise from the differences of consecutive frames in most blocks."""
        level = 1.48 * _median(difference)
        if level < _SAME:
            return
        self._level = max(_LEAST_NOISE, min(max(level, self._level / _FALL), self._level * _RISE))
        if self._noise is None:
            self._noise = np.full(difference.shape, self._level, np.float32)
        self._noise += (1.25 * difference - self._noise) / _MEMORY
        np.clip(self._noise, self._level, _NOISIEST * self._level, out=self._noise)


def block_means(picture: NDArray[np.uint8]) -> Blocks:
    """Return the mean of green in square blocks, float32 (rows, columns), each from 16 of its pixels."""
    step = max(1, picture.shape[1] // (BLOCKS_ACROSS * _SAMPLES))
    green = picture[::step, ::step, 1]
    rows, columns = green.shape[0] // _SAMPLES, green.shape[1] // _SAMPLES
    if not rows or not columns:
        return green.astype(np.float32)
    part = green[: rows * _SAMPLES, : columns * _SAMPLES].reshape(rows, _SAMPLES, columns * _SAMPLES)
    lines = part.sum(axis=1, dtype=np.uint16)
    whole = lines[:, ::4] + lines[:, 1::4] + lines[:, 2::4] + lines[:, 3::4]
    blocks: Blocks = whole.astype(np.float32) / _SAMPLES**2
    return blocks


def _difference(now: Blocks, then: Blocks) -> Blocks:
    """Return the difference of two pictures per block, without a change of light in all of it."""
    factor = _median((now + _DARK) / (then + _DARK))
    left = now - np.float32(factor) * then
    left -= np.float32(_median(left))
    difference: Blocks = np.abs(left)
    return difference


def _median(values: Blocks) -> float:
    """Return the median of every third block; numpy's own takes a tenth of a second at its first call."""
    some = values.ravel()[::3]
    return float(np.partition(some, some.size // 2)[some.size // 2])
