"""Renders the sample pictures: `python tools/draw_samples.py [FOLDER]`.

Plates and characters are our own drawings, so that no fonts, photographs or other licences are involved.
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import plate_devices
from plate_devices.imaging.plate_picture import BLUE, DARK_ON_LIGHT, LIGHT_ON_DARK, YELLOW, Style, draw_plate

if TYPE_CHECKING:
    from PIL import Image

SAMPLES = Path(plate_devices.__file__).parent / "samples"


class Sample(NamedTuple):
    """One sample: file name, text (`/` starts a second row), style, width in pixels, and effects."""

    file: str
    text: str
    style: Style
    width: int
    tilt: float = 0.0
    blur: float = 0.0
    grain: float = 0.0
    gray: bool = False


# Spaces are painted, but are not part of the text. Confusable characters (0 and O, 1 and I) are avoided, because they
# look the same in this lettering.
LIST = (
    Sample("dark-on-light.png", "BC37 FYK", DARK_ON_LIGHT, 320),
    Sample("yellow.jpg", "WG24 PX 8796", YELLOW, 360, grain=5),
    Sample("light-on-dark.png", "AMR 7884", LIGHT_ON_DARK, 300),
    Sample("blue.jpg", "TT 749 PT", BLUE, 280, blur=0.8, grain=4),
    Sample("two-rows.png", "KA25/MH 6728", DARK_ON_LIGHT, 200),
    Sample("tilted.jpg", "F552 FLF", DARK_ON_LIGHT, 300, tilt=3.5, grain=4),
    Sample("far-away.png", "VM79 FNZ", DARK_ON_LIGHT, 120, blur=0.5),
    Sample("gray-night.png", "URS 5746", LIGHT_ON_DARK, 240, blur=0.7, grain=9, gray=True),
)


def draw(sample: Sample) -> Image.Image:
    """Draw one sample, RGB or gray; the same every time."""
    import numpy as np
    from PIL import Image, ImageFilter

    rows = sample.text.count("/") + 1
    height = round(sample.width * (0.24 if rows == 1 else 0.5))
    plate = draw_plate(sample.text, 2 * height, sample.style, 2 * sample.width)
    if sample.tilt:
        body = tuple(90 + 20 * (place == 2) for place in range(3))
        plate = plate.rotate(sample.tilt, Image.Resampling.BICUBIC, expand=True, fillcolor=body)
    picture = plate.resize((plate.width // 2, plate.height // 2), Image.Resampling.LANCZOS)
    if sample.blur:
        picture = picture.filter(ImageFilter.GaussianBlur(sample.blur))
    if sample.grain:
        chance = np.random.default_rng(len(sample.text))
        noisy = np.asarray(picture, np.float64) + chance.normal(0, sample.grain, (picture.height, picture.width, 1))
        picture = Image.fromarray(np.clip(noisy, 0, 255).astype(np.uint8))
    return picture.convert("L") if sample.gray else picture


def draw_all(folder: Path = SAMPLES) -> None:
    """Draw every sample into `folder`, with its labels.csv."""
    folder.mkdir(parents=True, exist_ok=True)
    for sample in LIST:
        draw(sample).save(folder / sample.file, quality=88)
    with (folder / "labels.csv").open("w", newline="", encoding="utf-8") as stream:
        table = csv.writer(stream, lineterminator="\n")
        table.writerow(("image", "text"))
        table.writerows((sample.file, label(sample)) for sample in LIST)


def label(sample: Sample) -> str:
    """Return the text that a reader should read."""
    return sample.text.replace(" ", "").replace("/", "")


if __name__ == "__main__":
    draw_all(Path(sys.argv[1]) if len(sys.argv) > 1 else SAMPLES)
