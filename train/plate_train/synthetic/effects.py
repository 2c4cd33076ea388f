"""What happens to a character between the plate and the file: light, lens, noise, threshold, compression.

Every function takes and gives a gray picture as float32 (h, w), ink 1 and ground 0 unless said otherwise, and draws its
numbers from `Dice`, so that a seed fixes the picture.
"""

from __future__ import annotations

import io
import math
import random

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from plate_runtime.pictures.open_picture import open_picture

Gray = NDArray[np.float32]

_FIELD_SIZE = 384
_GRAINS = (0.0, 0.8, 1.4, 2.2, 3.5)
"""Correlation lengths of the noise fields, in pixels."""


class Dice(random.Random):
    """Random numbers with a few more ways to be thrown; scalars are ten times faster than numpy's."""

    def chance(self, probability: float) -> bool:
        """True with the given probability."""
        return self.random() < probability

    def log_uniform(self, low: float, high: float) -> float:
        """A number whose logarithm is evenly spread."""
        return math.exp(self.uniform(math.log(low), math.log(high)))

    def bell(self, deviation: float, limit: float = 2.5) -> float:
        """A normal number around 0, cut at `limit` deviations."""
        return max(-limit, min(limit, self.gauss(0.0, 1.0))) * deviation


class Grain:
    """Fields of noise of several grain sizes, made once; windows of them are taken at random places."""

    def __init__(self, seed: int) -> None:
        rng = np.random.default_rng([seed, 0x6E])
        self._fields: list[Gray] = []
        for length in _GRAINS:
            field = rng.standard_normal((_FIELD_SIZE, _FIELD_SIZE)).astype(np.float32)
            if length:
                field = _smooth_periodic(field, length)
            self._fields.append(np.asarray(field / field.std(), np.float32))

    def window(self, shape: tuple[int, int], dice: Dice, grain: int) -> Gray:
        """Return noise of deviation 1 and shape (h, w); `grain` 0 is fine, 4 is blotchy."""
        height, width = shape
        top, left = dice.randrange(_FIELD_SIZE - height), dice.randrange(_FIELD_SIZE - width)
        field: Gray = self._fields[grain]
        return field[top : top + height, left : left + width]


def _smooth_periodic(field: Gray, length: float) -> Gray:
    frequency = np.fft.fftfreq(field.shape[0])
    falloff = np.exp(-2 * (np.pi * length * frequency) ** 2)
    smoothed = np.fft.ifft2(np.fft.fft2(field) * falloff[:, None] * falloff[None, :])
    return np.asarray(smoothed.real, np.float32)


def to_gray(picture: Image.Image) -> Gray:
    """Turn a picture of mode "L" into float32 (h, w), 0..1."""
    return np.asarray(picture, np.float32) * np.float32(1 / 255)


def to_bytes(gray: Gray) -> NDArray[np.uint8]:
    """Turn float32 (h, w) into uint8, cutting what leaves 0..1."""
    return np.asarray(np.clip(gray * 255.0 + 0.5, 0, 255), np.uint8)


def blur(picture: Image.Image, radius: float) -> Image.Image:
    """Blur a picture of mode "L" as a lens out of focus does; the radius is in pixels."""
    return picture.filter(ImageFilter.GaussianBlur(radius)) if radius > 0.15 else picture


def smear(gray: Gray, dice: Dice, length: float) -> Gray:
    """Blur by motion over `length` pixels, mostly along the plate."""
    steps = max(1, round(length))
    axis = 1 if dice.chance(0.75) else 0
    moved = [np.roll(gray, step, axis) for step in range(-(steps // 2), steps - steps // 2)]
    return np.asarray(np.mean(moved, axis=0), np.float32)


def shade(gray: Gray, dice: Dice, strength: float) -> Gray:
    """Add light from one side and, now and then, the hard edge of a shadow."""
    height, width = gray.shape
    x = np.linspace(-0.5, 0.5, width, dtype=np.float32)[None, :]
    y = np.linspace(-0.5, 0.5, height, dtype=np.float32)[:, None]
    angle = dice.uniform(0, 2 * math.pi)
    slope = math.cos(angle) * x + math.sin(angle) * y
    if dice.chance(0.35):
        slope = np.tanh((slope - dice.uniform(-0.3, 0.3)) * dice.uniform(4, 30)) * 0.5
    return np.asarray(gray + np.float32(strength) * slope, np.float32)


def emboss(gray: Gray, dice: Dice, strength: float) -> Gray:
    """Light one edge of raised letters and darken the other."""
    down, right = dice.choice((-1, 0, 1)), dice.choice((-1, 1))
    return gray + np.float32(strength) * (gray - np.roll(gray, (down, right), (0, 1)))


def ragged(gray: Gray, dice: Dice, grain: Grain, threshold: float, roughness: float) -> Gray:
    """Threshold as a binarising program does: a low threshold swells the ink, noise frays its edges."""
    noise = grain.window((gray.shape[0], gray.shape[1]), dice, dice.choice((1, 1, 2, 2, 3)))
    return np.asarray(gray + roughness * noise > threshold, np.float32)


def full_range(gray: Gray, dice: Dice) -> Gray:
    """Stretch the tones to 0..1, a little short of it or beyond, as automatic contrast does."""
    low, high = float(gray.min()), float(gray.max())
    span = max(high - low, 1e-3)
    black, white = dice.uniform(-0.12, 0.2), dice.uniform(0.75, 1.15)
    return np.float32(black) + (gray - low) * np.float32((white - black) / span)


def jpeg(pixels: NDArray[np.uint8], quality: int) -> NDArray[np.uint8]:
    """Write and read uint8 (h, w) as JPEG."""
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=quality)
    return open_picture(file.getvalue()).gray()
