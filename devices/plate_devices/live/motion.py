"""Whether a frame shows anything new: a cheap look that spares the networks a street where nothing moves."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Blocks = NDArray[np.float32]

ACROSS = 160
"""About as many blocks a picture is wide: a plate that can be read covers seven or more in a row."""

# A block changes by more than this many times its noise, and by more than a gray level or two, as rounding does.
_SURE, _LEAST = 4.5, 1.6
# Noise is learned over about this many frames, and a restless block is at most so much noisier than most.
_MEMORY, _RESTLESS = 32.0, 3.0
# What moves in all of a small ROI must not pass for noise: the level follows slowly, and upwards most slowly.
_FIRST_NOISE, _LEAST_NOISE, _RISE, _FALL = 0.3, 0.1, 1.01, 1.05
# Less than this differs only where the same frame came twice.
_SAME = 0.02
_DARK = 8.0
_SAMPLES = 4


class Changes:
    """Compares each frame with the last one that was read, not the last one seen: what creeps adds up.

    Light that changes everywhere alike is taken out, as one factor and one offset for all of the picture. What is left
    in a block counts where it exceeds what differs between one frame and the next anyway; two blocks side by side that
    do make a change. It takes about 0.4 ms for 1280x720.
    """

    def __init__(self) -> None:
        self._kept: Blocks | None = None
        self._last: Blocks | None = None
        self._level = _FIRST_NOISE
        self._noise: Blocks | None = None

    def look(self, picture: NDArray[np.uint8]) -> bool:
        """Take the next frame, uint8 (height, width, 3), and say whether it differs from the one that was kept."""
        blocks = blocks_of(picture)
        last, self._last = self._last, blocks
        if last is None or self._kept is None or last.shape != blocks.shape or self._kept.shape != blocks.shape:
            self._noise = None
            return True
        noise = self._level if self._noise is None else self._noise
        changed = _unlike(blocks, self._kept) > np.maximum(_LEAST, _SURE * noise)
        self._learn(_unlike(blocks, last))
        return bool((changed[:, 1:] & changed[:, :-1]).any() or (changed[1:] & changed[:-1]).any())

    def keep(self) -> None:
        """The last frame was read: what comes is compared with it."""
        self._kept = self._last

    def _learn(self, unlike: Blocks) -> None:
        """Take what differs between a frame and the one before for noise, as far as it does so in most blocks."""
        seen = 1.48 * _median(unlike)
        if seen < _SAME:
            return
        self._level = max(_LEAST_NOISE, min(max(seen, self._level / _FALL), self._level * _RISE))
        if self._noise is None:
            self._noise = np.full(unlike.shape, self._level, np.float32)
        self._noise += (1.25 * unlike - self._noise) / _MEMORY
        np.clip(self._noise, self._level, _RESTLESS * self._level, out=self._noise)


def blocks_of(picture: NDArray[np.uint8]) -> Blocks:
    """Mean brightness of square blocks, float32 (rows, columns), each from 16 of its pixels; green is brightness."""
    step = max(1, picture.shape[1] // (ACROSS * _SAMPLES))
    green = picture[::step, ::step, 1]
    rows, columns = green.shape[0] // _SAMPLES, green.shape[1] // _SAMPLES
    if not rows or not columns:
        return green.astype(np.float32)
    part = green[: rows * _SAMPLES, : columns * _SAMPLES].reshape(rows, _SAMPLES, columns * _SAMPLES)
    lines = part.sum(axis=1, dtype=np.uint16)
    whole = lines[:, ::4] + lines[:, 1::4] + lines[:, 2::4] + lines[:, 3::4]
    blocks: Blocks = whole.astype(np.float32) / _SAMPLES**2
    return blocks


def _unlike(now: Blocks, then: Blocks) -> Blocks:
    """How far two pictures differ, block by block, but for a change of light that all of it shares."""
    factor = _median((now + _DARK) / (then + _DARK))
    left = now - np.float32(factor) * then
    left -= np.float32(_median(left))
    unlike: Blocks = np.abs(left)
    return unlike


def _median(values: Blocks) -> float:
    """The median of every third block; numpy's own costs a tenth of a second at the first call."""
    some = values.ravel()[::3]
    return float(np.partition(some, some.size // 2)[some.size // 2])
