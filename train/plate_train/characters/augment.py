"""Changes of pictures by cameras and cropping: random ones in training, single ones in tests of robustness.

Plain numpy, and every change a function of the generator given, so that a run can be repeated to the bit.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Pictures = NDArray[np.uint8]


@dataclass(frozen=True)
class Strength:
    """How far pictures are changed; every change leaves some pictures as they are.

    Attributes:
        shift: largest translation in pixels, in each direction.
        rotation: largest angle in degrees, in each direction.
        shear: largest slant, pixels sideways per pixel of height.
        zoom: largest relative change of size, in each direction.
        squeeze: narrowest width a glyph keeps, as a fraction of the stretched one (aspect kept instead of stretched).
        blur: largest sigma of a Gaussian, in pixels.
        noise: largest standard deviation, in grey levels of 255.
        invert: fraction of inverted pictures.
        plain: fraction of unchanged pictures.
    """

    shift: float = 3.0
    rotation: float = 12.0
    shear: float = 0.15
    zoom: float = 0.1
    squeeze: float = 0.4
    blur: float = 1.6
    noise: float = 40.0
    invert: float = 0.25
    plain: float = 0.15

    def scaled(self, factor: float) -> Strength:
        """Return the same changes `factor` times as strong; fractions of pictures stay."""
        return Strength(
            self.shift * factor, self.rotation * factor, self.shear * factor, self.zoom * factor,
            1 - (1 - self.squeeze) * factor, self.blur * factor, self.noise * factor, self.invert, self.plain,
        )  # fmt: skip


def background(pictures: Pictures, polarity: str) -> NDArray[np.float32]:
    """Return the tone around each glyph of uint8 (n, h, w), float32 (n,): known by polarity, or the border's median."""
    if polarity == "any":
        border = np.concatenate([pictures[:, 0], pictures[:, -1], pictures[:, :, 0], pictures[:, :, -1]], axis=1)
        return np.asarray(np.median(border, axis=1), np.float32)
    return np.full(len(pictures), 255 if polarity == "dark-on-light" else 0, np.float32)


def augment(pictures: Pictures, random: np.random.Generator, strength: Strength, polarity: str) -> Pictures:
    """Return changed copies of uint8 (n, h, w); the same generator state gives the same copies."""
    count = len(pictures)

    def sometimes(fraction: float) -> NDArray[np.float64]:
        return (random.random(count) < fraction).astype(np.float64)

    def swing() -> NDArray[np.float64]:
        return random.uniform(-1, 1, count)

    moved = sometimes(0.8)
    squeezed = sometimes(0.4) * random.random(count)
    zoom = 1 + moved * swing() * strength.zoom
    changed = warp(
        pictures,
        background(pictures, polarity),
        across=moved * swing() * strength.shift,
        down=moved * swing() * strength.shift,
        degrees=sometimes(0.5) * swing() * strength.rotation,
        shear=sometimes(0.3) * swing() * strength.shear,
        width=zoom * (1 - squeezed * (1 - strength.squeeze)),
        height=zoom * (1 + moved * swing() * strength.zoom / 2),
    )
    changed = blur(changed, sometimes(0.4) * random.random(count) * strength.blur)
    grain = (
        random.standard_normal(pictures.shape) * (sometimes(0.3) * random.random(count) * strength.noise)[:, None, None]
    )
    result = _as_pixels(changed + grain)
    inverted = random.random(count) < strength.invert
    result[inverted] = 255 - result[inverted]
    untouched = random.random(count) < strength.plain
    result[untouched] = pictures[untouched]
    return result


def perturbations(pictures: Pictures, polarity: str) -> dict[str, Pictures]:
    """Return the pictures of a robustness table, each change alone: name -> uint8 (n, h, w).

    Directions take turns from picture to picture; the noise is the same for the same number of pictures.
    """
    count = len(pictures)
    tone = background(pictures, polarity)
    turns = np.arange(count) % 4
    sign = np.where(turns % 2 == 0, 1.0, -1.0)
    noise = np.random.default_rng(0).standard_normal(pictures.shape) * 40
    return {
        "clean": pictures,
        "shift by 2 px": _as_pixels(
            warp(pictures, tone, across=np.where(turns < 2, 2 * sign, 0.0), down=np.where(turns < 2, 0.0, 2 * sign))
        ),
        "rotation by 10 degrees": _as_pixels(warp(pictures, tone, degrees=10 * sign)),
        "aspect kept (0.6 wide)": _as_pixels(warp(pictures, tone, width=np.full(count, 0.6))),
        "blur, sigma 1.5 px": _as_pixels(blur(pictures.astype(np.float32), np.full(count, 1.5))),
        "noise, sigma 40 of 255": _as_pixels(pictures + noise),
        "inverted": 255 - pictures,
    }


def warp(
    pictures: Pictures,
    tone: NDArray[np.float32],
    *,
    across: NDArray[np.float64] | float = 0.0,
    down: NDArray[np.float64] | float = 0.0,
    degrees: NDArray[np.float64] | float = 0.0,
    shear: NDArray[np.float64] | float = 0.0,
    width: NDArray[np.float64] | float = 1.0,
    height: NDArray[np.float64] | float = 1.0,
) -> NDArray[np.float32]:
    """Scale, slant, turn and then move each of uint8 (n, h, w) about its centre, bilinear; float32 (n, h, w).

    Arguments are one number or one a picture: `across`, `down` in pixels, `width`, `height` as factors. What comes
    into view from outside has the picture's `tone`, float32 (n,).
    """
    count, rows, columns = pictures.shape
    padded = np.empty((count, rows + 2, columns + 2), np.float32)
    padded[:] = tone[:, None, None]
    padded[:, 1:-1, 1:-1] = pictures

    def each(value: NDArray[np.float64] | float) -> NDArray[np.float32]:
        return np.broadcast_to(np.asarray(value, np.float32), (count,))[:, None, None]

    y, x = np.mgrid[:rows, :columns].astype(np.float32)
    x = x - (columns - 1) / 2 - each(across)
    y = y - (rows - 1) / 2 - each(down)
    angle = np.deg2rad(each(degrees))
    turned_x, turned_y = np.cos(angle) * x + np.sin(angle) * y, np.cos(angle) * y - np.sin(angle) * x
    source_x = (turned_x - each(shear) * turned_y) / each(width) + (columns - 1) / 2 + 1
    source_y = turned_y / each(height) + (rows - 1) / 2 + 1
    return _sample(padded, np.clip(source_x, 0, columns + 1), np.clip(source_y, 0, rows + 1))


def blur(pictures: NDArray[np.float32], sigma: NDArray[np.float64]) -> NDArray[np.float32]:
    """Blur each of (n, h, w) with its own sigma in pixels, (n,); below 0.2 it stays sharp."""
    soft = np.flatnonzero(sigma >= 0.2)
    if soft.size == 0:
        return pictures
    radius = 4
    offsets = np.arange(-radius, radius + 1)
    weights = np.exp(-0.5 * (offsets / sigma[soft, None]) ** 2)
    weights = (weights / weights.sum(axis=1, keepdims=True)).astype(np.float32)
    result = pictures.astype(np.float32)
    blurred = result[soft]
    for axis in (1, 2):
        margins = [(0, 0), (0, 0), (0, 0)]
        margins[axis] = (radius, radius)
        edged = np.pad(blurred, margins, mode="edge")
        length = blurred.shape[axis]
        blurred = sum(
            (weights[:, place, None, None] * _slice(edged, axis, place, length) for place in range(len(offsets))),
            np.zeros_like(blurred),
        )
    result[soft] = blurred
    return result


def _sample(padded: NDArray[np.float32], x: NDArray[np.float32], y: NDArray[np.float32]) -> NDArray[np.float32]:
    count, rows, columns = padded.shape
    left, top = np.minimum(x.astype(np.int32), columns - 2), np.minimum(y.astype(np.int32), rows - 2)
    right_share, low_share = x - left, y - top
    start = (np.arange(count, dtype=np.int32) * (rows * columns))[:, None, None] + top * columns + left
    flat = padded.reshape(-1)
    upper = flat[start] * (1 - right_share) + flat[start + 1] * right_share
    lower = flat[start + columns] * (1 - right_share) + flat[start + columns + 1] * right_share
    return np.asarray(upper * (1 - low_share) + lower * low_share, np.float32)


def _slice(pictures: NDArray[np.float32], axis: int, start: int, length: int) -> NDArray[np.float32]:
    return pictures[:, start : start + length] if axis == 1 else pictures[:, :, start : start + length]


def _as_pixels(values: NDArray[np.floating[Any]]) -> Pictures:
    return np.asarray(np.clip(np.rint(values), 0, 255), np.uint8)
