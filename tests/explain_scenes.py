"""A rendered car with a plate, 640x480, for the tests of explanations."""

from __future__ import annotations

import numpy as np
from PIL import Image

from plate_devices.imaging.plate_picture import draw_plate
from plate_devices.sources.demo_scene import paint_car, paint_place


def car_scene(scale: float = 1.0, text: str = "KR59ABC") -> Image.Image:
    """Render a car with the middle of its plate near (320, 336); `scale` makes all of it smaller or larger."""
    scene, car = paint_place(), paint_car((120, 24, 28))
    if text:
        plate = draw_plate(text, 116, width=528).resize((240, 53), Image.Resampling.LANCZOS)
        car.paste(plate, (200, 310))
    size = round(car.width * scale), round(car.height * scale)
    car = car.resize(size, Image.Resampling.LANCZOS)
    scene.paste(car, (320 - size[0] // 2, 336 - round(336 * scale)), car)
    grain = np.random.default_rng(2).normal(0, 2, (*np.asarray(scene).shape[:2], 1))
    return Image.fromarray(np.clip(np.asarray(scene) + grain, 0, 255).astype(np.uint8))
