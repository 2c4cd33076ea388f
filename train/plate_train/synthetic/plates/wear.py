"""Wear of a plate: worn letters, dirt, scratches."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw

from ..random_source import NoiseFields, RandomSource
from .canvas import PlateFace


def wear(face: PlateFace, rng: RandomSource, noise_fields: NoiseFields) -> None:
    """Age a painted plate in place; 66 % stay new."""
    value = rng.random()
    if value < 0.66:
        return
    size = face.picture.size
    window = (max(8, size[1] // 2), max(8, size[0] // 2))
    noise = noise_fields.window(window, rng, rng.choice((1, 2, 3, 4)))
    tones = np.asarray(face.picture, np.float32)
    field = np.asarray(Image.fromarray(noise).resize(size, Image.Resampling.BILINEAR), np.float32)
    if value < 0.84:
        strength, tone = rng.uniform(0.05, 0.4), rng.uniform(30, 190)
        opacity = np.clip(field - rng.uniform(-0.5, 1.5), 0, 1) * np.float32(strength)
        tones = tones + opacity * (np.float32(tone) - tones)
    else:
        rubbed = np.asarray(face.ink, np.float32) / 255 * np.clip(field - rng.uniform(0.2, 1.6), 0, 0.75)
        left, top, right, bottom = (round(edge) for edge in face.plate)
        ground = float(np.median(tones[top:bottom, left:right]))
        tones = tones + rubbed * (np.float32(ground) - tones)
    face.picture = Image.fromarray(np.clip(tones, 0, 255).astype(np.uint8))
    if rng.chance(0.3):
        pen = ImageDraw.Draw(face.picture)
        for _ in range(rng.randint(1, 5)):
            x, y = rng.uniform(0, size[0]), rng.uniform(0, size[1])
            end = (x + rng.normal(40), y + rng.normal(15))
            pen.line((x, y, *end), fill=rng.randint(0, 255), width=1)
