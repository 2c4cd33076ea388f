"""What lies under the letters: plain paint, gradients, pictures of mountains and orchards, security patterns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw

from ..effects import Dice, Grain, Gray
from . import emblems

KINDS = {
    "train": ("gradient", "horizon", "horizon", "blobs", "waves", "corner", "checks", "centre"),
    "measure": ("rays", "patches", "rings"),
}
"""Kinds of pictures, by part."""
_COARSE = 2


@dataclass(frozen=True)
class Range:
    """Tones within `reach` of `middle`."""

    middle: int
    reach: int


def ground(size: tuple[int, int], tones: Range, kind: str, dice: Dice, grain: Grain) -> Image.Image:
    """Draw a ground of (width, height) pixels, mode "L", within the tones; `kind` is "plain" or one of `KINDS`."""
    width, height = size
    if kind == "plain":
        return Image.new("L", size, tones.middle)
    small = (max(8, width // _COARSE), max(8, height // _COARSE))
    drawn = _draw(small, kind, dice, grain)
    low, high = float(drawn.min()), float(drawn.max())
    scaled = tones.middle - tones.reach + (drawn - low) * (2.0 * tones.reach / max(high - low, 1e-3))
    picture = Image.fromarray(np.clip(scaled, 0, 255).astype(np.uint8))
    return picture.resize(size, Image.Resampling.BILINEAR)


def _draw(size: tuple[int, int], kind: str, dice: Dice, grain: Grain) -> Gray:
    width, height = size
    across, down = dice.uniform(-0.4, 0.4), dice.uniform(-1, 1)
    x = np.linspace(-1, 1, width, dtype=np.float32)[None, :]
    y = np.linspace(-1, 1, height, dtype=np.float32)[:, None]
    tones = np.asarray(across * x + down * y, np.float32)
    if dice.chance(0.4):
        tones = np.asarray(np.tanh(tones * dice.uniform(1, 6)), np.float32)
    if kind in ("horizon", "corner", "patches", "centre"):
        return _silhouettes(tones, kind, dice)
    if kind == "blobs":
        tones = tones + np.float32(dice.uniform(0.2, 0.8)) * grain.window((height, width), dice, 4)
    elif kind == "waves":
        bend = np.sin(y * dice.uniform(1, 4) + dice.random() * 6) * dice.uniform(0, 1.5)
        tones = tones + np.float32(dice.uniform(0.2, 0.8)) * np.sign(np.sin(x * dice.uniform(3, 30) + bend))
    elif kind == "rays":
        turn = np.arctan2(y - dice.uniform(-1, 1), x - dice.uniform(-1, 1))
        tones = tones + np.float32(0.5) * np.sign(np.sin(turn * dice.randint(6, 24)))
    elif kind == "rings":
        far = np.hypot(x - dice.uniform(-1, 1), y - dice.uniform(-1, 1))
        tones = tones + np.float32(0.4) * np.sign(np.sin(far * dice.uniform(8, 30)))
    elif kind == "checks":
        tones = tones + np.float32(0.3) * np.sin(x * dice.uniform(20, 60)) * np.sin(y * dice.uniform(10, 40))
    return np.asarray(tones, np.float32)


def _silhouettes(tones: Gray, kind: str, dice: Dice) -> Gray:
    """Mountains along the lower edge, or shapes in a corner or the middle, some soft, some hard."""
    height, width = tones.shape
    layer = Image.fromarray(np.clip(tones * 60 + 128, 0, 255).astype(np.uint8))
    pen = ImageDraw.Draw(layer)
    for _ in range(dice.randint(1, 3)):
        tone = dice.randint(0, 255)
        if kind == "horizon":
            pen.polygon(_ridge(width, height, dice), fill=tone)
            continue
        spread = dice.uniform(0.15, 0.45)
        x = width * (dice.uniform(0.3, 0.7) if kind == "centre" else dice.choice((0.1, 0.2, 0.85, dice.random())))
        y = height * dice.uniform(0.2, 0.9)
        outline = [(x + a * spread * height * 1.2, y + b * spread * height) for a, b in emblems.blob(dice)]
        pen.polygon(outline, fill=tone)
    return np.asarray(layer, np.float32)


def _ridge(width: int, height: int, dice: Dice) -> Sequence[tuple[float, float]]:
    level, rough, count = dice.uniform(0.35, 0.95), dice.uniform(0.02, 0.25), dice.randint(3, 24)
    from_top = dice.chance(0.25)
    peaks = [(width * i / count, height * (level + rough * dice.uniform(-1, 1))) for i in range(count + 1)]
    if from_top:
        return [(0, 0), *[(x, height - y) for x, y in peaks], (width, 0)]
    return [(0, height), *peaks, (width, height)]
