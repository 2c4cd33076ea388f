"""Backgrounds under the letters: plain paint, gradients, mountains, blobs, security patterns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw

from ..random_source import Gray, NoiseFields, RandomSource
from . import emblems

KINDS = {
    "train": ("gradient", "horizon", "horizon", "blobs", "waves", "corner", "checks", "centre"),
    "measure": ("rays", "patches", "rings"),
}
"""Kinds of pictures, by split."""
_COARSE = 2


@dataclass(frozen=True)
class ToneRange:
    """Tones within `reach` of `middle`."""

    middle: int
    reach: int


def background(
    size: tuple[int, int], tones: ToneRange, kind: str, rng: RandomSource, noise_fields: NoiseFields
) -> Image.Image:
    """Render a background of (width, height) pixels, mode "L", within the tones; `kind`: "plain" or one of `KINDS`."""
    width, height = size
    if kind == "plain":
        return Image.new("L", size, tones.middle)
    small = (max(8, width // _COARSE), max(8, height // _COARSE))
    field = _render(small, kind, rng, noise_fields)
    low, high = float(field.min()), float(field.max())
    scaled = tones.middle - tones.reach + (field - low) * (2.0 * tones.reach / max(high - low, 1e-3))
    picture = Image.fromarray(np.clip(scaled, 0, 255).astype(np.uint8))
    return picture.resize(size, Image.Resampling.BILINEAR)


def _render(size: tuple[int, int], kind: str, rng: RandomSource, noise_fields: NoiseFields) -> Gray:
    width, height = size
    across, down = rng.uniform(-0.4, 0.4), rng.uniform(-1, 1)
    x = np.linspace(-1, 1, width, dtype=np.float32)[None, :]
    y = np.linspace(-1, 1, height, dtype=np.float32)[:, None]
    tones = np.asarray(across * x + down * y, np.float32)
    if rng.chance(0.4):
        tones = np.asarray(np.tanh(tones * rng.uniform(1, 6)), np.float32)
    if kind in ("horizon", "corner", "patches", "centre"):
        return _silhouettes(tones, kind, rng)
    if kind == "blobs":
        tones = tones + np.float32(rng.uniform(0.2, 0.8)) * noise_fields.window((height, width), rng, 4)
    elif kind == "waves":
        bend = np.sin(y * rng.uniform(1, 4) + rng.random() * 6) * rng.uniform(0, 1.5)
        tones = tones + np.float32(rng.uniform(0.2, 0.8)) * np.sign(np.sin(x * rng.uniform(3, 30) + bend))
    elif kind == "rays":
        angle = np.arctan2(y - rng.uniform(-1, 1), x - rng.uniform(-1, 1))
        tones = tones + np.float32(0.5) * np.sign(np.sin(angle * rng.randint(6, 24)))
    elif kind == "rings":
        far = np.hypot(x - rng.uniform(-1, 1), y - rng.uniform(-1, 1))
        tones = tones + np.float32(0.4) * np.sign(np.sin(far * rng.uniform(8, 30)))
    elif kind == "checks":
        tones = tones + np.float32(0.3) * np.sin(x * rng.uniform(20, 60)) * np.sin(y * rng.uniform(10, 40))
    return np.asarray(tones, np.float32)


def _silhouettes(tones: Gray, kind: str, rng: RandomSource) -> Gray:
    """Mountains along the lower edge, or shapes in a corner or the middle, some soft, some hard."""
    height, width = tones.shape
    layer = Image.fromarray(np.clip(tones * 60 + 128, 0, 255).astype(np.uint8))
    pen = ImageDraw.Draw(layer)
    for _ in range(rng.randint(1, 3)):
        tone = rng.randint(0, 255)
        if kind == "horizon":
            pen.polygon(_ridge(width, height, rng), fill=tone)
            continue
        spread = rng.uniform(0.15, 0.45)
        x = width * (rng.uniform(0.3, 0.7) if kind == "centre" else rng.choice((0.1, 0.2, 0.85, rng.random())))
        y = height * rng.uniform(0.2, 0.9)
        outline = [(x + a * spread * height * 1.2, y + b * spread * height) for a, b in emblems.blob(rng)]
        pen.polygon(outline, fill=tone)
    return np.asarray(layer, np.float32)


def _ridge(width: int, height: int, rng: RandomSource) -> Sequence[tuple[float, float]]:
    level, rough, count = rng.uniform(0.35, 0.95), rng.uniform(0.02, 0.25), rng.randint(3, 24)
    from_top = rng.chance(0.25)
    peaks = [(width * i / count, height * (level + rough * rng.uniform(-1, 1))) for i in range(count + 1)]
    if from_top:
        return [(0, 0), *[(x, height - y) for x, y in peaks], (width, 0)]
    return [(0, height), *peaks, (width, height)]
