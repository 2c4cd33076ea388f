"""What years do to a plate: worn letters, dirt, scratches."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw

from ..effects import Dice, Grain
from .easel import Face


def wear(face: Face, dice: Dice, grain: Grain) -> None:
    """Age a painted plate in place; two in three stay new."""
    throw = dice.random()
    if throw < 0.66:
        return
    size = face.picture.size
    window = (max(8, size[1] // 2), max(8, size[0] // 2))
    noise = grain.window(window, dice, dice.choice((1, 2, 3, 4)))
    tones = np.asarray(face.picture, np.float32)
    field = np.asarray(Image.fromarray(noise).resize(size, Image.Resampling.BILINEAR), np.float32)
    if throw < 0.84:
        strength, tone = dice.uniform(0.05, 0.4), dice.uniform(30, 190)
        share = np.clip(field - dice.uniform(-0.5, 1.5), 0, 1) * np.float32(strength)
        tones = tones + share * (np.float32(tone) - tones)
    else:
        rubbed = np.asarray(face.ink, np.float32) / 255 * np.clip(field - dice.uniform(0.2, 1.6), 0, 0.75)
        left, top, right, bottom = (round(edge) for edge in face.plate)
        ground = float(np.median(tones[top:bottom, left:right]))
        tones = tones + rubbed * (np.float32(ground) - tones)
    face.picture = Image.fromarray(np.clip(tones, 0, 255).astype(np.uint8))
    if dice.chance(0.3):
        pen = ImageDraw.Draw(face.picture)
        for _ in range(dice.randint(1, 5)):
            x, y = dice.uniform(0, size[0]), dice.uniform(0, size[1])
            end = (x + dice.bell(40), y + dice.bell(15))
            pen.line((x, y, *end), fill=dice.randint(0, 255), width=1)
