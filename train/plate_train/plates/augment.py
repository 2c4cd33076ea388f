"""Augmentation of plate crops: fast, so that a crop can be used several times and never twice the same."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..networks.tensorflow_setup import import_tensorflow

Random = np.random.Generator


def augmented(pictures: NDArray[np.uint8], random: Random) -> NDArray[np.uint8]:
    """Return uint8 (n, h, w) translated, scaled, brightened, blurred and noisy, each picture with other parameters."""
    tf = import_tensorflow()
    count, height, width = pictures.shape
    warped = tf.raw_ops.ImageProjectiveTransformV3(
        images=pictures[..., None].astype(np.float32),
        transforms=_transforms(count, height, width, random),
        output_shape=(height, width),
        interpolation="BILINEAR",
        fill_mode="NEAREST",
        fill_value=0.0,
    )
    pixels: NDArray[np.float32] = warped.numpy()[..., 0]
    _blur(pixels, random)
    _tone(pixels, random)
    _noise(pixels, random)
    result: NDArray[np.uint8] = np.clip(pixels + 0.5, 0, 255).astype(np.uint8)
    return result


def _transforms(count: int, height: int, width: int, random: Random) -> NDArray[np.float32]:
    """One affine map a picture, output to input, around the centre; half of them are weak."""
    strength = np.where(random.random(count) < 0.5, 0.3, 1.0)
    across, down = 1 + strength * random.uniform(-0.05, 0.05, (2, count))
    slant = strength * random.uniform(-0.12, 0.12, count)
    tilt = strength * random.uniform(-0.02, 0.02, count)
    left = strength * random.uniform(-5, 5, count)
    up = strength * random.uniform(-2.5, 2.5, count)
    x, y = width / 2, height / 2
    return np.stack(
        [across, slant, left + x - across * x - slant * y, tilt, down, up + y - tilt * x - down * y]
        + [np.zeros(count)] * 2,
        axis=1,
    ).astype(np.float32)


def _blur(pixels: NDArray[np.float32], random: Random) -> None:
    """Mix every eighth picture with its neighbours, across and down."""
    chosen = np.flatnonzero(random.random(len(pixels)) < 0.125)
    weight = random.uniform(0.05, 0.3, (len(chosen), 1, 1)).astype(np.float32)
    for axis in (1, 2):
        patch = pixels[chosen]
        wide = np.pad(patch, [(0, 0), *((1, 1) if axis == side else (0, 0) for side in (1, 2))], mode="edge")
        before, after = (wide[:, :-2], wide[:, 2:]) if axis == 1 else (wide[:, :, :-2], wide[:, :, 2:])
        pixels[chosen] = (1 - 2 * weight) * patch + weight * (before + after)


def _tone(pixels: NDArray[np.float32], random: Random) -> None:
    """Gamma for 25 %, contrast and brightness for all, 2 % inverted."""
    count = len(pixels)
    chosen = np.flatnonzero(random.random(count) < 0.25)
    exponents = np.exp(random.uniform(-0.5, 0.5, (len(chosen), 1, 1))).astype(np.float32)
    pixels[chosen] = 255 * np.clip(pixels[chosen] / 255, 0, 1) ** exponents
    gain = random.uniform(0.6, 1.2, (count, 1, 1)).astype(np.float32)
    shift = random.uniform(-30, 30, (count, 1, 1)).astype(np.float32)
    pixels -= 128
    pixels *= gain
    pixels += 128 + shift
    inverted = np.flatnonzero(random.random(count) < 0.02)
    pixels[inverted] = 255 - pixels[inverted]


def _noise(pixels: NDArray[np.float32], random: Random) -> None:
    """Noise of random strength for every third picture."""
    chosen = np.flatnonzero(random.random(len(pixels)) < 0.33)
    strength = random.uniform(1, 12, (len(chosen), 1, 1)).astype(np.float32)
    pixels[chosen] += strength * random.standard_normal((len(chosen), *pixels.shape[1:]), np.float32)
