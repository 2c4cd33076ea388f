"""Effects on gray pictures: light, blur, noise, threshold, contrast, JPEG compression.

Unless noted otherwise a picture is float32 (h, w) with ink 1 and background 0. Random numbers come from a
`RandomSource`, so that a seed determines the picture.
"""

from __future__ import annotations

import io
import math

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from plate_runtime.pictures.open_picture import open_picture

from .random_source import Gray, NoiseFields, RandomSource


def to_gray(picture: Image.Image) -> Gray:
    """Convert a picture of mode "L" to float32 (h, w), 0..1."""
    return np.asarray(picture, np.float32) * np.float32(1 / 255)


def to_bytes(gray: Gray) -> NDArray[np.uint8]:
    """Convert float32 (h, w) to uint8; values outside 0..1 are clipped."""
    return np.asarray(np.clip(gray * 255.0 + 0.5, 0, 255), np.uint8)


def blur(picture: Image.Image, radius: float) -> Image.Image:
    """Blur a picture of mode "L" like a lens out of focus; the radius is in pixels."""
    return picture.filter(ImageFilter.GaussianBlur(radius)) if radius > 0.15 else picture


def motion_blur(gray: Gray, rng: RandomSource, length: float) -> Gray:
    """Blur by motion over `length` pixels, mostly along the plate."""
    steps = max(1, round(length))
    axis = 1 if rng.chance(0.75) else 0
    shifted = [np.roll(gray, step, axis) for step in range(-(steps // 2), steps - steps // 2)]
    return np.asarray(np.mean(shifted, axis=0), np.float32)


def shade(gray: Gray, rng: RandomSource, strength: float) -> Gray:
    """Add light from one side; 35 % of the pictures get the hard edge of a shadow instead."""
    height, width = gray.shape
    x = np.linspace(-0.5, 0.5, width, dtype=np.float32)[None, :]
    y = np.linspace(-0.5, 0.5, height, dtype=np.float32)[:, None]
    angle = rng.uniform(0, 2 * math.pi)
    slope = math.cos(angle) * x + math.sin(angle) * y
    if rng.chance(0.35):
        slope = np.tanh((slope - rng.uniform(-0.3, 0.3)) * rng.uniform(4, 30)) * 0.5
    return np.asarray(gray + np.float32(strength) * slope, np.float32)


def emboss(gray: Gray, rng: RandomSource, strength: float) -> Gray:
    """Light one edge of raised letters and darken the other."""
    down, right = rng.choice((-1, 0, 1)), rng.choice((-1, 1))
    return gray + np.float32(strength) * (gray - np.roll(gray, (down, right), (0, 1)))


def binarise(gray: Gray, rng: RandomSource, noise_fields: NoiseFields, threshold: float, roughness: float) -> Gray:
    """Binarise with noise: a low threshold thickens the ink, noise makes its edges rough."""
    noise = noise_fields.window((gray.shape[0], gray.shape[1]), rng, rng.choice((1, 1, 2, 2, 3)))
    return np.asarray(gray + roughness * noise > threshold, np.float32)


def stretch_contrast(gray: Gray, rng: RandomSource) -> Gray:
    """Stretch the tones to about 0..1, like automatic contrast."""
    low, high = float(gray.min()), float(gray.max())
    span = max(high - low, 1e-3)
    black, white = rng.uniform(-0.12, 0.2), rng.uniform(0.75, 1.15)
    return np.float32(black) + (gray - low) * np.float32((white - black) / span)


def jpeg(pixels: NDArray[np.uint8], quality: int) -> NDArray[np.uint8]:
    """Write and read uint8 (h, w) as JPEG."""
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=quality)
    return open_picture(file.getvalue()).gray()
